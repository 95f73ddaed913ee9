"""Backfills of tables whose triggers refuse or mark what is written: they let fills through.

While a batch runs, such a trigger holds for every column but those that are filled.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from charter.migrate.step import Phase, Step
from charter.sql.schema import Trigger

Standing = Mapping[str, Sequence[Trigger]]
"""By the name of a table when it is filled: its triggers that see updates of rows."""
Bracket = Callable[[str, frozenset[str], Phase], tuple[Step, Step]]
"""Makes the steps before and after the fills of some columns of a table."""


def standing(triggers: Sequence[Trigger]) -> tuple[Trigger, ...]:
    """Those of the triggers that see updates of rows."""
    return tuple(item for item in triggers if "UPDATE" in item.timing)


def let_through(steps: Sequence[Step], guarded: Standing, bracket: Bracket) -> list[Step]:
    """The steps phase by phase, with others around the fills of guarded tables."""
    order = list(Phase)
    found: list[Step] = []
    in_order = sorted(steps, key=lambda step: order.index(step.phase))
    for (table, phase), run in groupby(in_order, lambda step: (_filled(step, guarded), step.phase)):
        fills = list(run)
        if table is None:
            found += fills
            continue
        batches = (batch for step in fills for batch in (step.batch, step.batch_down) if batch)
        columns = frozenset(fill.column for batch in batches for fill in batch.fills)
        first, last = bracket(table, columns, phase)
        found += [first, *fills, last]
    return found


def _filled(step: Step, guarded: Standing) -> str | None:
    """The guarded table of which a step fills columns."""
    batch = step.batch or step.batch_down
    return batch.table if batch is not None and guarded.get(batch.table) else None


def let_name(table: str) -> str:
    return f"let fills of {table} through"


def hold_name(table: str) -> str:
    return f"hold all of {table} again"


def let_does(table: str, columns: frozenset[str]) -> str:
    return f"Triggers of {table} do not see to {', '.join(sorted(columns))} meanwhile."


def hold_does(table: str) -> str:
    return f"Triggers of {table} see to every column again."
