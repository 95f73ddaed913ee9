"""PostgreSQL: constraints and indexes, so that nobody waits for a table that is read through."""

from collections.abc import Iterable
from typing import NamedTuple

from charter.migrate.changes import Part
from charter.migrate.locks import Operation
from charter.migrate.step import Need, Phase, Step
from charter.migrate.steps.building import count_where, doubles, strays
from charter.migrate.steps.postgres_ddl import (
    Ddl,
    add_not_valid,
    alter,
    build_index,
    drop_constraint,
    drop_index,
    drop_not_null,
    quote,
    rename_part,
    set_not_null,
    step,
    validate,
)
from charter.sql.naming import bounded
from charter.sql.postgres import POSTGRES
from charter.sql.schema import (
    CheckRule,
    ForeignKey,
    IndexedColumn,
    PrimaryKey,
    Table,
    TableIndex,
    UniqueKey,
)


def added(table: Table, part: Part, phase: Phase) -> list[Step]:
    """The steps that add a part to a table that others use."""
    match part:
        case TableIndex():
            return [_index(table, part, phase)]
        case UniqueKey():
            return _unique(table, part, phase)
        case CheckRule() | ForeignKey():
            return _checked(table, part, phase)
        case PrimaryKey():
            raise ValueError(f"the key of {table.name} cannot change")


def _index(table: Table, index: TableIndex, phase: Phase) -> Step:
    needs: tuple[Need, ...] = ()
    if index.unique:
        needs = (doubles(table.name, [column.name for column in index.columns], POSTGRES),)
    return step(
        f"index {index.name}",
        phase,
        f"Builds the index {index.name} of {table.name} beside reads and writes.",
        table.name,
        build_index(table, index),
        (drop_index(index.name),),
        transaction=False,
        needs=needs,
    )


def _unique(table: Table, unique: UniqueKey, phase: Phase) -> list[Step]:
    columns = tuple(map(IndexedColumn, unique.columns))
    index = TableIndex(unique.name, columns, unique=True)
    name = quote(unique.name)
    use = alter(
        table.name,
        f"ADD CONSTRAINT {name} UNIQUE USING INDEX {name}",
        Operation.ADD_UNIQUE_BY_INDEX,
    )
    constraint = step(
        f"unique {unique.name}",
        phase,
        f"Makes the index the constraint {unique.name} of {table.name}.",
        table.name,
        (use,),
        (drop_constraint(table.name, unique),),
    )
    return [_index(table, index, phase), constraint]


class _Says(NamedTuple):
    """What the two steps are called, and what they do."""

    add: str
    adds: str
    validate: str
    validates: str


def _held(
    table: Table, part: CheckRule | ForeignKey, phase: Phase, need: Need, says: _Says, down: Ddl
) -> list[Step]:
    """A constraint for what is written from now on, and then for the rows that were there: so
    that the table is not read under a lock that keeps others out."""
    add = (add_not_valid(table.name, part),)
    check = (validate(table.name, part),)
    return [
        step(says.add, phase, says.adds, table.name, add, (down,), needs=(need,)),
        step(says.validate, phase, says.validates, table.name, check, (), needs=(need,)),
    ]


def _checked(table: Table, part: CheckRule | ForeignKey, phase: Phase) -> list[Step]:
    if isinstance(part, CheckRule):
        doubt = f"do not fit {part.name}"
        need = count_where(table.name, f"NOT ({part.expression})", doubt, POSTGRES)
    else:
        need = strays(table.name, part.columns, part.target, part.target_columns, POSTGRES)
    says = _Says(
        f"{'check' if isinstance(part, CheckRule) else 'refer'} {part.name}",
        f"Holds {part.name} for what is written to {table.name} from now on.",
        f"validate {part.name}",
        f"Makes sure that {part.name} holds for the rows of {table.name} that were there.",
    )
    return _held(table, part, phase, need, says, drop_constraint(table.name, part))


def required(table: Table, name: str, phase: Phase) -> list[Step]:
    """A column that is never null from now on: by a check, which PostgreSQL takes as proof."""
    check = CheckRule(bounded(f"{table.name}_{name}_present"), f"{quote(name)} IS NOT NULL")
    need = count_where(table.name, f"{quote(name)} IS NULL", f"have no {name}", POSTGRES)
    says = _Says(
        f"check {table.name}.{name}",
        f"Takes no row of {table.name} without {name} from now on.",
        f"validate {table.name}.{name}",
        f"Makes sure that every row of {table.name} has {name}.",
    )
    down = drop_constraint(table.name, check, if_exists=True)
    last = step(
        f"require {table.name}.{name}",
        phase,
        f"Makes {table.name}.{name} required.",
        table.name,
        (set_not_null(table.name, name), drop_constraint(table.name, check)),
        (drop_not_null(table.name, name),),
    )
    return [*_held(table, check, phase, need, says, down), last]


def renamed_parts(table: str, pairs: Iterable[tuple[Part, str, str]], phase: Phase) -> list[Step]:
    """Parts that get another name (part, old, new)."""
    found = list(pairs)
    up = [rename_part(table, part, old, new) for part, old, new in found]
    down = [rename_part(table, part, new, old) for part, old, new in reversed(found)]
    names = ", ".join(new for _, _, new in found)
    does = f"Gives constraints and indexes of {table} their names: {names}."
    return [step(f"name parts of {table}", phase, does, table, up, down)] if found else []
