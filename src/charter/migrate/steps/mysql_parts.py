"""MySQL: constraints and indexes of tables that others use."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from charter.migrate.changes import Part
from charter.migrate.locks_mysql import Operation
from charter.migrate.step import Need, Phase, Step, Work
from charter.migrate.steps.building import count_where, doubles, strays
from charter.migrate.steps.kit import Placed
from charter.migrate.steps.mysql_ddl import (
    CHECKS_OFF,
    CHECKS_ON,
    Ddl,
    add_checks,
    add_constraint,
    add_reference,
    alter,
    build_index,
    drop_checks,
    drop_constraint,
    drop_index,
    drop_reference,
    modify,
    quote,
    session,
    step,
    there,
)
from charter.sql.mysql import MYSQL
from charter.sql.schema import (
    CheckRule,
    Column,
    ForeignKey,
    IndexedColumn,
    PrimaryKey,
    Table,
    TableIndex,
    UniqueKey,
)


def added(table: Table, parts: Sequence[Placed]) -> list[Step]:
    """The steps that add parts to a table that others use. The checks of a phase come together."""
    found: list[Step] = []
    checks: dict[Phase, list[CheckRule]] = {}
    for part, phase in parts:
        match part:
            case TableIndex():
                found.append(_index(table, part, phase, "index"))
            case UniqueKey():
                found.append(_index(table, as_index(part), phase, "unique"))
            case CheckRule():
                checks.setdefault(phase, []).append(part)
            case ForeignKey():
                found += _refers(table, part, phase)
            case PrimaryKey():
                raise ValueError(f"the key of {table.name} cannot change")
    return [*(_checks(table, some, phase) for phase, some in checks.items()), *found]


def as_index(unique: UniqueKey) -> TableIndex:
    """A unique key as the index that it is."""
    return TableIndex(unique.name, tuple(map(IndexedColumn, unique.columns)), unique=True)


def _index(table: Table, index: TableIndex, phase: Phase, word: str) -> Step:
    needs: tuple[Need, ...] = ()
    if index.unique:
        needs = (doubles(table.name, [column.name for column in index.columns], MYSQL),)
    return step(
        f"{word} {index.name}",
        phase,
        f"Builds the index {index.name} of {table.name} beside reads and writes.",
        table.name,
        (build_index(table.name, index),),
        (drop_index(table.name, index.name),),
        needs=needs,
    )


def _checks(table: Table, checks: Sequence[CheckRule], phase: Phase) -> Step:
    names = ", ".join(check.name for check in checks)
    needs = (
        count_where(table.name, f"NOT ({check.expression})", f"do not fit {check.name}", MYSQL)
        for check in checks
    )
    return step(
        f"check {names}",
        phase,
        f"Holds {names} for all rows of {table.name}, which the server writes anew for it.",
        table.name,
        (add_checks(table.name, checks),),
        (drop_checks(table.name, checks),),
        needs=tuple(needs),
    )


def _refers(table: Table, part: ForeignKey, phase: Phase) -> list[Step]:
    need = strays(table.name, part.columns, part.target, part.target_columns, MYSQL)
    add = step(
        f"refer {part.name}",
        phase,
        f"Holds {part.name} for what is written to {table.name} from now on.",
        table.name,
        add_reference(table.name, part),
        (drop_reference(table.name, part),),
        needs=(need,),
    )
    does = f"Makes sure that {part.name} holds for the rows of {table.name} that were there."
    name = f"validate {part.name}"
    sure = Step(name, phase, does, (), (), "", Work.SCAN, table.name, needs=(need,))
    return [add, sure]


def required(
    table: Table, column: Column, name: str, phase: Phase, stores: bool = False
) -> list[Step]:
    """A column that is never null from now on. The table is written anew: beside others, unless
    it stores what the database works out (`stores`)."""
    must, may = replace(column, nullable=False), replace(column, nullable=True)
    needs = (count_where(table.name, f"{quote(name)} IS NULL", f"have no {name}", MYSQL),)
    up, down = Operation.SET_NOT_NULL, Operation.DROP_NOT_NULL
    if stores:
        up, down = Operation.SET_NOT_NULL_STORED, Operation.DROP_NOT_NULL_STORED
    does = f"Makes {table.name}.{name} required."
    ups, downs = (modify(table.name, name, must, up),), (modify(table.name, name, may, down),)
    label = f"require {table.name}.{name}"
    return [step(label, phase, does, table.name, ups, downs, needs=needs)]


def renamed_parts(table: Table, pairs: Iterable[tuple[Part, str, str]], phase: Phase) -> list[Step]:
    """Parts that get another name (part, old, new). Only indexes can: others go and come in one
    statement. Every key is called PRIMARY."""
    found = [item for item in pairs if not isinstance(item[0], PrimaryKey)]
    steps = []
    kinds = ((TableIndex, UniqueKey), (ForeignKey,), (CheckRule,))
    for kind in kinds:
        some = [item for item in found if isinstance(item[0], kind)]
        if some:
            turned = [(part, new, old) for part, old, new in some]
            names = ", ".join(new for _, _, new in some)
            steps.append(
                step(
                    f"name parts of {table.name}",
                    phase,
                    f"Gives constraints and indexes of {table.name} their names: {names}.",
                    table.name,
                    _renamed(table.name, some),
                    _renamed(table.name, turned),
                )
            )
    return steps


def _renamed(table: str, pairs: Sequence[tuple[Part, str, str]]) -> tuple[Ddl, ...]:
    part, _, name = pairs[0]
    if isinstance(part, TableIndex | UniqueKey):
        texts = (f"RENAME INDEX {quote(old)} TO {quote(new)}" for _, old, new in pairs)
        return (alter(table, texts, Operation.RENAME_INDEX, there("index", table, name)),)
    clauses = []
    for found, old, new in pairs:
        if isinstance(found, CheckRule | ForeignKey):
            clauses.append(drop_constraint(replace(found, name=old)))
            clauses.append(add_constraint(replace(found, name=new)))
    ran = there("constraint", table, name)
    if isinstance(part, CheckRule):
        return (alter(table, clauses, Operation.ADD_CHECK, ran),)
    again = alter(table, clauses, Operation.ADD_REFERENCE, ran)
    return session(CHECKS_OFF), again, session(CHECKS_ON)
