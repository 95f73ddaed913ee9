"""Contract → schema: the tables in which one database keeps what the contract promises.

A declared index ends with the row's key, so that keyset pages in its order need no sort.

Indexes that nobody declared: one on each reference, followed by the row's key, so that the rows
of one owner come in the order of their keys without a sort. There is none where a key or a declared
index has the rows in that order, or where a reference leads to one row at most; and none on
`created_at`: keys that Charter or the database makes sort by time.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from charter.contract.contract import Contract
from charter.contract.expression import Expression
from charter.contract.resource import Index, Link, Made, OnDelete, Resource
from charter.contract.types import TEXT
from charter.sql.audit import audit_tables
from charter.sql.bounds import bounds
from charter.sql.dialect import Dialect
from charter.sql.expressions import row_condition, row_value
from charter.sql.identity.tables import identity_tables
from charter.sql.indexed import characters, indexed_names
from charter.sql.names import FOLDED
from charter.sql.naming import Names
from charter.sql.own.history import history_tables
from charter.sql.schema import (
    CheckRule,
    Column,
    ForeignKey,
    IndexedColumn,
    PrimaryKey,
    Schema,
    Table,
    TableIndex,
    UniqueKey,
)
from charter.sql.system import PAIR_MODIFIERS, TABLE_MODIFIERS, system_tables
from charter.sql.triggers import triggers

# Not RESTRICT, which both databases check too early for rows that the same delete takes along.
_ON_DELETE: Mapping[OnDelete, str] = MappingProxyType(
    {
        OnDelete.RESTRICT: "no action",
        OnDelete.CASCADE: "cascade",
        OnDelete.SET_NULL: "set null",
    }
)


def schema_of(contract: Contract, dialect: Dialect) -> Schema:
    """The tables of resources, of many-to-many relations, and of Charter itself: all but those
    that are there already.

    Supposes a contract that is feasible on the database (`feasible`).
    """
    system = (
        *system_tables(dialect),
        *history_tables(dialect),
        *identity_tables(contract, dialect),
        *audit_tables(contract, dialect),
    )
    links = dict(_links(contract))
    taken = [table.name for table in system]
    taken += [part.name for table in system for part in (*table.constraints, *table.indexes)]
    taken += [resource.table_name for resource in contract.resources]
    taken += [link.table for link in links]
    names = Names(taken)
    return Schema(
        (
            *(
                _Deriver(item, contract, dialect, names).table()
                for item in contract.resources
                if item.mapped is None
            ),
            *(
                _link_table(link, ends, dialect, names)
                for link, ends in links.items()
                if not link.mapped
            ),
            *system,
        )
    )


class _Deriver:
    """Derives the table of one resource."""

    def __init__(
        self, resource: Resource, contract: Contract, dialect: Dialect, names: Names
    ) -> None:
        self._resource = resource
        self._contract = contract
        self._dialect = dialect
        self._names = names

    def table(self) -> Table:
        key = PrimaryKey(self._name("pkey"), (self._resource.key.name,))
        foreign_keys = tuple(self._foreign_keys())
        uniques = tuple(self._uniques())
        indexes = tuple(self._declared_indexes())
        served = {*key.columns, *self._served(uniques, indexes)}
        return Table(
            self._resource.table,
            tuple(self._columns()),
            key,
            foreign_keys,
            uniques,
            tuple(self._checks()),
            (
                *indexes,
                *self._reference_indexes(foreign_keys, served),
                *self._search_indexes(),
            ),
            TABLE_MODIFIERS.get(self._dialect.name, ""),
            tuple(triggers(self._resource, self._dialect, self._names)),
        )

    def _name(self, *parts: str, seed: str = "") -> str:
        return self._names.give(self._resource.table, *parts, seed=seed)

    def _columns(self) -> Iterator[Column]:
        text = self._dialect.column_type(TEXT)
        in_indexes = indexed_names(self._resource)
        for field in self._resource.fields:
            kind = self._dialect.column_type(field.type)
            if field.name in in_indexes:
                kind = self._dialect.indexed_type(field.type, characters(field))
            yield Column(field.name, kind, field.optional, identity=field.default is Made.SERIAL)
        for computed in self._resource.computed:
            if computed.stored:
                kind = self._dialect.column_type(computed.type)
                value = row_value(self._contract, self._dialect, self._resource, computed)
                yield Column(computed.name, kind, computed.optional, generated=value)
        for field in self._resource.search_fields:
            yield Column(field.name + FOLDED, text, field.optional)

    def _foreign_keys(self) -> Iterator[ForeignKey]:
        for field in self._resource.fields:
            if field.references is not None:
                target = self._contract.resource_named[field.references]
                yield ForeignKey(
                    self._name(field.name, "fkey"),
                    (field.name,),
                    target.table_name,
                    (target.key.column_name,),
                    _ON_DELETE[field.on_delete],
                )

    def _uniques(self) -> Iterator[UniqueKey]:
        resource = self._resource
        alone = ((field.name,) for field in resource.fields if field.unique)
        together = (unique.fields for unique in resource.uniques)
        wanted = dict.fromkeys((*alone, *together))
        wanted.pop((resource.key.name,), None)
        for columns in wanted:
            yield UniqueKey(self._name(*columns, "key"), columns)

    def _checks(self) -> Iterator[CheckRule]:
        for field in self._resource.fields:
            if field.default is Made.SERIAL and not self._dialect.checks_numbered:
                continue
            text = bounds(field.name, field.type, self._dialect)
            # A reference has the bounds of the key that it names.
            if text is not None and field.references is None:
                name = self._name(field.name, "check")
                yield CheckRule(name, text, columns=(field.name,))
        for check in self._resource.checks:
            # A CHECK takes null for true; a rule of the contract that is null does not hold.
            text = f"({self._condition(check.expression)}) IS TRUE"
            name = self._name(check.name, "check", seed="rule")
            yield CheckRule(name, text, rule=check.name)

    def _declared_indexes(self) -> Iterator[TableIndex]:
        for index in self._resource.indexes:
            columns = self._total(tuple(_indexed(name) for name in index.fields))
            where = None if index.where is None else self._condition(index.where)
            include = self._carried(index, columns)
            columns += tuple(map(IndexedColumn, () if self._dialect.covers else include))
            seed = f"{index.fields} {where}" + (f" {index.include}" if index.include else "")
            if not self._dialect.indexes_parts:
                # An index of all rows serves whatever one of some of them does.
                where = None
            fields = (field.removeprefix("-") for field in index.fields)
            name = self._name(*fields, "idx", seed=seed)
            include = include if self._dialect.covers else ()
            yield TableIndex(name, columns, where, include=include)

    def _total(self, columns: tuple[IndexedColumn, ...]) -> tuple[IndexedColumn, ...]:
        """The columns and the key behind them: what a page sorted by them is read from."""
        key = self._resource.key.name
        if key in {column.name for column in columns}:
            return columns
        return (*columns, IndexedColumn(key, columns[-1].descending))

    def _search_indexes(self) -> Iterator[TableIndex]:
        resource = self._resource
        if resource.search_index and self._dialect.trigrams:
            columns = tuple(IndexedColumn(item.name + FOLDED) for item in resource.search_fields)
            yield TableIndex(self._name("search", "idx"), columns, trigrams=True)

    def _carried(self, index: Index, columns: tuple[IndexedColumn, ...]) -> tuple[str, ...]:
        """What an index carries along: columns that it is not sorted by."""
        sorted_by = {column.name for column in columns}
        return tuple(name for name in index.include if name not in sorted_by)

    def _condition(self, expression: Expression) -> str:
        return row_condition(self._contract, self._dialect, self._resource, expression)

    def _served(
        self, uniques: tuple[UniqueKey, ...], indexes: tuple[TableIndex, ...]
    ) -> Iterator[str]:
        """The columns by each of whose values the rows come in the order of their keys."""
        key = self._resource.key.name
        ordered = [unique.columns for unique in uniques]
        ordered += [
            tuple(column.name for column in index.columns)
            for index in indexes
            if index.where is None
        ]
        for columns in ordered:
            if columns[1:2] == (key,):
                yield columns[0]
        yield from (unique.columns[0] for unique in uniques if len(unique.columns) == 1)

    def _reference_indexes(
        self, foreign_keys: tuple[ForeignKey, ...], served: set[str]
    ) -> Iterator[TableIndex]:
        key = IndexedColumn(self._resource.key.name)
        for part in foreign_keys:
            column = part.columns[0]
            if column not in served:
                name = self._name(column, "idx", seed="reference")
                yield TableIndex(name, (IndexedColumn(column), key))


def _indexed(field: str) -> IndexedColumn:
    return IndexedColumn(field.removeprefix("-"), field.startswith("-"))


Ends = tuple[Resource, Resource]


def _links(contract: Contract) -> Iterator[tuple[Link, Ends]]:
    """Each table of pairs once, with the resources at its two ends."""
    seen: set[str] = set()
    for resource in contract.resources:
        for relation in resource.relations:
            link = relation.link
            if link is not None and link.table not in seen:
                seen.add(link.table)
                yield link, (resource, contract.resource_named[relation.target])


def _link_table(link: Link, ends: Ends, dialect: Dialect, names: Names) -> Table:
    columns = (link.near, link.far)
    return Table(
        link.table,
        tuple(
            Column(name, dialect.indexed_type(end.key.type, characters(end.key)))
            for name, end in zip(columns, ends, strict=True)
        ),
        PrimaryKey(names.give(link.table, "pkey"), columns),
        tuple(
            ForeignKey(
                names.give(link.table, name, "fkey"),
                (name,),
                end.table_name,
                (end.key.column_name,),
                _ON_DELETE[OnDelete.CASCADE],
            )
            for name, end in zip(columns, ends, strict=True)
        ),
        indexes=(
            TableIndex(
                names.give(link.table, link.far, link.near, "idx"),
                (IndexedColumn(link.far), IndexedColumn(link.near)),
            ),
        ),
        modifiers=PAIR_MODIFIERS.get(dialect.name, ""),
    )
