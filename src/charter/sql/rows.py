"""The rows that a SELECT is about: a table, and the to-one rows that are joined to it."""

from dataclasses import dataclass, field, replace

from charter.contract.contract import Contract
from charter.contract.resource import Relation, Resource
from charter.sql.dialect import Dialect
from charter.sql.existing.source import column_of, source
from charter.sql.fragment import EMPTY, Fragment, identifier, joined, listed, qualified, sql
from charter.sql.names import KEYWORDS


@dataclass(slots=True)
class Aliases:
    """Gives out the aliases of one statement: the initials of the table, numbered if taken."""

    taken: set[str] = field(default_factory=set)

    def new(self, table: str) -> Fragment:
        initials = "".join(part[:1] for part in table.split("_")) or "t"
        alias = initials
        count = 1
        while alias in self.taken or alias in KEYWORDS:
            count += 1
            alias = f"{initials}{count}"
        self.taken.add(alias)
        return identifier(alias)


@dataclass(slots=True)
class Joins:
    """The FROM clause of one SELECT while it is made: more rows are joined as they are needed.

    `apart`: each of them through a subselect, so that a lock of the base leaves them alone.
    """

    base: Fragment
    added: dict[tuple[str, ...], tuple["Rows", Fragment]] = field(default_factory=dict)
    apart: bool = False

    def clause(self) -> Fragment:
        return joined(" ", (self.base, *(join for _, join in self.added.values())))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a resource under an alias (or none, within one table), in some SELECT.

    `path` is the way from that SELECT's own table. `optional` tells that there may be no row.
    `bare`: it is an existing table itself, whose columns have their own names and forms.
    """

    contract: Contract
    dialect: Dialect
    resource: Resource
    alias: Fragment
    aliases: Aliases
    joins: Joins
    path: tuple[str, ...] = ()
    optional: bool = False
    bare: bool = False

    def column(self, name: str) -> Fragment:
        if self.bare:
            return column_of(self.dialect, self.resource, self.alias, name)
        return qualified(self.alias, name)

    def every_column(self) -> Fragment:
        """All stored fields. Of an existing table that is not all columns: folded texts are
        worked out only where something is searched."""
        if self.resource.mapped is None:
            return sql("{}.*", self.alias)
        return listed(self.column(field.name) for field in self.resource.fields)

    def follow(self, path: tuple[str, ...]) -> "Rows":
        """The rows that to-one relations lead to, joined where they are not yet."""
        rows = self
        for name in path:
            rows = rows._joined(rows.resource.relation_named[name])
        return rows

    def _joined(self, relation: Relation) -> "Rows":
        path = (*self.path, relation.name)
        if path not in self.joins.added:
            if not self.alias:
                raise ValueError(
                    f"{self.resource.name}.{relation.name}: only one row is known here"
                )
            target = self.contract.resource_named[relation.target]
            alias = self.aliases.new(target.table)
            there = replace(
                self,
                resource=target,
                alias=alias,
                path=path,
                optional=self.optional or relation.optional,
                bare=False,
            )
            table = source(self.dialect, target)
            # An existing table is a subselect already.
            apart = self.joins.apart and target.mapped is None
            join = sql(
                "LEFT JOIN {} AS {} ON {} = {}",
                sql("(SELECT * FROM {})", table) if apart else table, alias,
                qualified(alias, relation.far), self.column(relation.near),
            )  # fmt: skip
            self.joins.added[path] = (there, join)
        return self.joins.added[path][0]

    def clause(self) -> Fragment:
        """What stands after FROM. To be asked for when all columns have been named."""
        return self.joins.clause()


def table_rows(contract: Contract, dialect: Dialect, resource: Resource, aliases: Aliases) -> Rows:
    """All rows of a resource, for a SELECT of their own."""
    alias = aliases.new(resource.table)
    base = sql("{} AS {}", source(dialect, resource), alias)
    return Rows(contract, dialect, resource, alias, aliases, Joins(base))


def locked_rows(contract: Contract, dialect: Dialect, resource: Resource, aliases: Aliases) -> Rows:
    """The same for rows that are to be locked, which those of a subselect may not be."""
    rows = table_rows(contract, dialect, resource, aliases)
    rows.joins.apart = dialect.locks_joined
    if resource.mapped is None or not dialect.locks_joined:
        return rows
    base = sql("{} AS {}", identifier(resource.table_name), rows.alias)
    return replace(rows, joins=Joins(base, apart=True), bare=True)


def derived_rows(rows: Rows, select: Fragment) -> Rows:
    """The rows that a subselect has chosen, with all columns of their table."""
    alias = rows.aliases.new(rows.resource.table)
    base = sql("({}) AS {}", select, alias)
    return replace(rows, alias=alias, joins=Joins(base), path=(), optional=False)


def bare_row(contract: Contract, dialect: Dialect, resource: Resource) -> Rows:
    """One row whose columns need no alias, as in a CHECK constraint."""
    return Rows(contract, dialect, resource, EMPTY, Aliases(), Joins(EMPTY))


def related_rows(start: Rows, path: tuple[str, ...]) -> tuple[Rows, Fragment]:
    """The rows that relations lead to from one row, for a SELECT of their own.

    Gives the rows and the condition that ties them to the row they start from. A row that
    several ways lead to stands there several times.
    """
    rows, tie = _first(start, start.resource.relation_named[path[0]])
    for name in path[1:]:
        relation = rows.resource.relation_named[name]
        further, condition = _first(rows, relation)
        joined = sql("({})" if relation.link else "{}", further.joins.base)
        base = sql("{} JOIN {} ON {}", rows.joins.base, joined, condition)
        rows = replace(further, joins=Joins(base))
    return rows, tie


def _first(start: Rows, relation: Relation) -> tuple[Rows, Fragment]:
    """The rows of one relation: FROM what, and tied to the row they start from by what."""
    target = start.contract.resource_named[relation.target]
    rows = table_rows(start.contract, start.dialect, target, start.aliases)
    near = start.column(relation.near)
    if relation.link is None:
        return rows, sql("{} = {}", rows.column(relation.far), near)
    pair = start.aliases.new(relation.link.table)
    base = sql(
        "{} AS {} JOIN {} ON {} = {}",
        identifier(relation.link.table), pair, rows.joins.base,
        rows.column(relation.far), qualified(pair, relation.link.far),
    )  # fmt: skip
    tie = sql("{} = {}", qualified(pair, relation.link.near), near)
    return replace(rows, joins=Joins(base)), tie
