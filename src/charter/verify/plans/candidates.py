"""Indexes that could serve a need, in the words of a contract and as the schema has them.

Columns stand in the order in which an index is used: what is equal first, then the order of the
rows; the key comes behind that by itself. What holds for every request makes an index partial.
A contract has no words for columns that are only carried along (covering indexes).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from charter.contract.contract import Contract
from charter.contract.expression import (
    Column,
    Compare,
    Constant,
    Expression,
    IsNull,
    OneOf,
    every,
)
from charter.contract.resource import Index, Resource
from charter.core.names import snake
from charter.sql import ddl
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.feasible import infeasible
from charter.sql.schema import Table, TableIndex
from charter.verify.plans.needs import Need, own_field


@dataclass(frozen=True, slots=True)
class Candidate:
    """An index that could be declared, and what it changes in the database."""

    resource: str
    index: Index
    contract: Contract = field(compare=False, repr=False)
    """The contract with it."""
    makes: tuple[str, ...]
    drops: tuple[str, ...]
    names: tuple[str, ...]
    """The indexes that it makes."""

    @property
    def width(self) -> tuple[int, bool, int]:
        """What is tried first: few columns, no condition, and none that descends."""
        down = sum(name.startswith("-") for name in self.index.fields)
        return len(self.index.fields), self.index.where is not None, down


def candidates(contract: Contract, dialect: Dialect, need: Need) -> Iterator[Candidate]:
    """Indexes for a need, those that the contract lacks, the narrow ones first."""
    resource = contract.resource_named[need.resource]
    seen: set[tuple[tuple[str, ...], Expression | None]] = set()
    found = []
    for fields, where in _ways(resource, need):
        if where is not None and not dialect.indexes_parts:
            continue
        if fields and (fields, where) not in seen:
            seen.add((fields, where))
            made = candidate(contract, dialect, resource, fields, where)
            if made is not None:
                found.append(made)
    yield from sorted(found, key=lambda one: one.width)


def _ways(resource: Resource, need: Need) -> Iterator[tuple[tuple[str, ...], Expression | None]]:
    tenant = (resource.tenant,) if resource.tenant not in (None, "id") else ()
    equal = tuple(name for name in need.equal if name != "id" and name not in tenant)
    order = tuple(
        f"-{name}" if descends else name
        for name, descends in need.order
        if name != "id" and name not in equal
    )
    order = order[:1] if order and _has_key_early(need) else order
    fixed = tuple(dict.fromkeys(name for part in need.fixed if (name := _field(resource, part))))
    spans = tuple(name for name in need.spans if name not in equal)
    first: tuple[str, ...] = tuple(str(name) for name in tenant) + equal
    where = every(*need.fixed) if need.fixed else None
    for condition in dict.fromkeys((None, where)):
        yield first + order, condition
        if spans:
            yield first + spans[:1], condition
        yield first, condition
        if condition is not None and not (first or order):
            yield ("id",), condition
    if fixed:
        yield first + fixed + order, None


def _has_key_early(need: Need) -> bool:
    return len(need.order) > 1 and need.order[0][0] == "id"


def _field(resource: Resource, part: Expression) -> str | None:
    match part:
        case Compare(_, Column() as column, _) | Compare(_, _, Column() as column):
            return own_field(resource, column)
        case IsNull(Column() as column) | OneOf(Column() as column) | (Column() as column):
            return own_field(resource, column)
        case _:
            return None


def candidate(
    contract: Contract,
    dialect: Dialect,
    resource: Resource,
    fields: tuple[str, ...],
    where: Expression | None,
) -> Candidate | None:
    """One index; None where the database has such a one, or can have none."""
    index = Index(f"{resource.table}_{'_'.join(fields)}_advised", fields, where)
    more = with_indexes(contract, ((resource.name, index),))
    makes, drops, names = changes(contract, more, dialect, resource.table)
    # An index that does nothing but change a column is there already.
    if not names or infeasible(more, dialect):
        return None
    return Candidate(resource.name, index, more, makes, drops, names)


def with_indexes(contract: Contract, indexes: tuple[tuple[str, Index], ...]) -> Contract:
    """The contract with more indexes, each with the name of its resource."""
    resources = tuple(
        replace(
            resource,
            indexes=(
                *resource.indexes,
                *(index for name, index in indexes if name == resource.name),
            ),
        )
        for resource in contract.resources
    )
    return replace(contract, resources=resources)


def changes(
    old: Contract, new: Contract, dialect: Dialect, table: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """What leads from one contract's indexes of a table to another's: statements that make
    indexes, statements that drop some, and the names of those that are made."""
    before = schema_of(old, dialect).table_named[table]
    after = schema_of(new, dialect).table_named[table]
    there = {_same(index) for index in before.indexes}
    wanted = {_same(index) for index in after.indexes}
    keyed = {_plain(unique.columns) for unique in (*before.uniques,)}
    new_ones = tuple(
        index
        for index in after.indexes
        if _same(index) not in there and (index.where or _columns(index) not in keyed)
    )
    gone = tuple(index for index in before.indexes if _same(index) not in wanted)
    return (
        (
            *_retyped(before, after, dialect),
            *(ddl.index_text(index, after, dialect) for index in new_ones),
        ),
        tuple(ddl.drop_index_text(index, before, dialect) for index in gone),
        tuple(index.name for index in new_ones),
    )


def _same(index: TableIndex) -> TableIndex:
    return replace(index, name="")


def _plain(columns: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    return tuple((name, False) for name in columns)


def _columns(index: TableIndex) -> tuple[tuple[str, bool], ...]:
    return tuple((column.name, column.descending) for column in index.columns)


def _retyped(before: Table, after: Table, dialect: Dialect) -> Iterator[str]:
    """MySQL keeps texts that stand in an index in columns of another type."""
    for old, new in zip(before.columns, after.columns, strict=True):
        if old.type != new.type:
            yield ddl.change_text(new, after, dialect)


# -- words -------------------------------------------------------------------------------------
def worded(contract: Contract, resource: Resource, index: Index) -> str:
    """The line of a contract that declares an index."""
    named = {relation.near: relation.name for relation in resource.relations if relation.to_one}
    names = [name for name in index.fields if name != resource.tenant] or list(index.fields)
    told = []
    for name in names:
        plain = name.removeprefix("-")
        told.append(f'"{name[: -len(plain)]}{named.get(plain, plain)}"')
    where = "" if index.where is None else f", where={_lambda(resource, index.where)}"
    variable = contract.name.replace("-", "_")
    return f"{variable}.index({resource.name}, {', '.join(told)}{where})"


def _lambda(resource: Resource, where: Expression) -> str:
    row = snake(resource.name)
    parts = getattr(where, "parts", (where,))
    said = [_condition(part, row) for part in parts]
    body = said[0] if len(said) == 1 else f"all_of({', '.join(said)})"
    return f"lambda {row}: {body}"


def _condition(part: Expression, row: str) -> str:
    match part:
        case Compare(_, Column(field=field), Constant(value)) | Compare(
            _, Constant(value), Column(field=field)
        ):
            if isinstance(value, bool):
                return f"{row}.{field}" if value else f"not_({row}.{field})"
            return f"{row}.{field} == {_literal(value)}"
        case IsNull(Column(field=field)):
            return f"is_null({row}.{field})"
        case OneOf(Column(field=field), options):
            given = ", ".join(_literal(one.value) for one in options if isinstance(one, Constant))
            return f"one_of({row}.{field}, {given})"
        case Column(field=field):
            return f"{row}.{field}"
        case _:
            raise ValueError("only plain conditions make an index partial")


def _literal(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
