"""What the rows of a page's statement mean (see `ManyPlan`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from charter.plan.plan import ManyPlan
from charter.sql.dialect import Dialect

BETWEEN = ",\n"


@dataclass(frozen=True, slots=True)
class Page:
    """The bodies of a page, with commas and line ends between them.

    `last` has the sort values of its last row where more rows follow, typed or as they are in
    JSON; `total` the count where one was asked for.
    """

    rows: str
    last: tuple[Any, ...] | None = None
    total: int | None = None


def page_of(dialect: Dialect, plan: ManyPlan, rows: Sequence[Sequence[Any]]) -> Page:
    """The page that the answer of a statement is; `rows` has at least one row unless all that
    the plan asks for is rows."""
    total = rows[0][-1] if rows and plan.count != "none" else None
    if dialect.gathers_pages and plan.limit is not None:
        return _gathered(dialect, plan, plan.limit, rows, total)
    bodies = [row[0] for row in rows if row[0] is not None]
    if plan.limit is None or len(bodies) <= plan.limit:
        return Page(BETWEEN.join(bodies), None, total)
    last = _sort_values(dialect, plan, rows[plan.limit - 1][1:])
    return Page(BETWEEN.join(bodies[: plan.limit]), last, total)


def _gathered(
    dialect: Dialect,
    plan: ManyPlan,
    limit: int,
    rows: Sequence[Sequence[Any]],
    total: int | None,
) -> Page:
    text, present, *keys = rows[0]
    if present <= limit:
        return Page(text or "", None, total)
    rows_text = text[: text.rindex(BETWEEN)]
    if plan.shown_sort:
        shown = msgspec.json.decode(rows_text[rows_text.rfind("\n") + 1 :])
        return Page(rows_text, tuple(shown[name] for name in plan.shown_sort), total)
    return Page(rows_text, _sort_values(dialect, plan, keys), total)


def _sort_values(dialect: Dialect, plan: ManyPlan, keys: Sequence[Any]) -> tuple[Any, ...]:
    decoders = [dialect.told_decoder(part.type) for part in plan.sort]
    return tuple(
        raw if decode is None else decode(raw) for decode, raw in zip(decoders, keys, strict=False)
    )
