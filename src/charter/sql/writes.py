"""Writes of single tables: rows in, rows changed, rows out, and the pairs of links.

The values of each statement stand in the order that its function says.
"""

from collections.abc import Iterable, Sequence

from charter.contract.contract import Contract
from charter.contract.resource import Field, Link, Made, OnDelete, Resource
from charter.sql.checks import check, inbound, load, state
from charter.sql.dialect import Dialect
from charter.sql.existing.forms import written
from charter.sql.folding import folded
from charter.sql.fragment import EMPTY, Fragment, identifier, listed, number, parameter, sql
from charter.sql.names import FOLDED
from charter.sql.sources import NowValue, SlotValue
from charter.sql.statement import Statement

__all__ = [
    "check",
    "delete",
    "inbound",
    "insert",
    "insert_fragment",
    "insert_values",
    "link_add",
    "link_clear",
    "load",
    "provision",
    "state",
    "stored_columns",
    "stored_values",
    "touch",
    "update",
]


def insert(
    dialect: Dialect, resource: Resource, columns: Sequence[str], rows: int = 1
) -> Statement:
    """New rows; the values stand row by row.

    Gives the keys where the database makes them, in the order of the rows.
    """
    made = resource.key.default is Made.SERIAL and "id" not in columns
    returning = dialect.returning(_key_column(resource)) if made else EMPTY
    fragment = sql("{}{}", insert_fragment(dialect, resource, columns, rows), returning)
    return dialect.statement(fragment, f"insert {resource.name}")


def insert_fragment(
    dialect: Dialect, resource: Resource, columns: Sequence[str], rows: int = 1
) -> Fragment:
    """INSERT of new rows, with the folded texts of search fields from the same values."""
    fields = [resource.field_named[column] for column in columns]
    width = len(fields)
    values = (
        [
            value
            for place, field in enumerate(fields)
            for value in stored_values(dialect, resource, field, row * width + place)
        ]
        for row in range(rows)
    )
    names = [name for field in fields for name in stored_columns(resource, field)]
    return insert_values(resource.table_name, names, values)


def insert_values(
    table: str, columns: Iterable[Fragment], rows: Iterable[Iterable[Fragment]]
) -> Fragment:
    """INSERT of rows of these values."""
    values = (sql("({})", listed(row)) for row in rows)
    return sql("INSERT INTO {} ({}) VALUES {}", identifier(table), listed(columns), listed(values))


def provision(dialect: Dialect, user: Resource, columns: Sequence[str]) -> Statement:
    """The row of a user who comes for the first time, unless it is there."""
    row = insert_fragment(dialect, user, columns)
    fragment = dialect.unless_there(row, [sql("id")])
    return dialect.statement(fragment, f"provision {user.name}")


def update(dialect: Dialect, resource: Resource, columns: Sequence[str]) -> Statement:
    """One row changed: the values are those of the columns, then the key. Gives its new version."""
    fields = [resource.field_named[column] for column in columns]
    settings = [
        sql("{} = {}", name, value)
        for place, field in enumerate(fields)
        for name, value in zip(
            stored_columns(resource, field),
            stored_values(dialect, resource, field, place),
            strict=True,
        )
    ]
    return dialect.statement(
        _update(dialect, resource, settings, len(fields)), f"update {resource.name}"
    )


def touch(dialect: Dialect, resource: Resource) -> Statement:
    """A row whose parts have changed: the value is its key. Gives its new version."""
    return dialect.statement(_update(dialect, resource, [], 0), f"touch {resource.name}")


def _update(
    dialect: Dialect, resource: Resource, settings: Sequence[Fragment], key: int
) -> Fragment:
    """The row is written even where nothing is set: whoever waits for it has to look again."""
    changes = list(settings)
    changed, version = (resource.field_named.get(name) for name in ("updated_at", "version"))
    if changed is not None:
        now = written(dialect, changed, NowValue())
        changes.append(sql("{} = {}", identifier(changed.column_name), now))
    counted = number(0)
    if version is not None:
        counted = identifier(version.column_name)
        changes.append(sql("{} = {}", counted, dialect.counted(sql("{} + 1", counted))))
    own = _key_column(resource)
    return sql(
        "UPDATE {} SET {} WHERE {} = {}{}",
        identifier(resource.table_name), listed(changes or [sql("{} = {}", own, own)]), own,
        _key(dialect, resource, key), dialect.returning(counted),
    )  # fmt: skip


def delete(contract: Contract, dialect: Dialect, resource: Resource) -> Statement:
    """A row gone: the value is its key. Heavy where rows of other tables change with it."""
    fragment = sql(
        "DELETE FROM {} WHERE {} = {}",
        identifier(resource.table_name), _key_column(resource), _key(dialect, resource, 0),
    )  # fmt: skip
    return dialect.statement(
        fragment, f"delete {resource.name}", heavy=_takes_others_along(contract, resource)
    )


def _takes_others_along(contract: Contract, resource: Resource) -> bool:
    return any(
        field.references == resource.name and field.on_delete is not OnDelete.RESTRICT
        for other in contract.resources
        for field in other.fields
    ) or any(
        relation.link is not None and resource.name in {other.name, relation.target}
        for other in contract.resources
        for relation in other.relations
    )


def link_add(dialect: Dialect, link: Link, rows: int) -> Statement:
    """Pairs that a link is to have, near key before far key; those that it has stay."""
    values = (
        sql("({}, {})", dialect.key(SlotValue(2 * row)), dialect.key(SlotValue(2 * row + 1)))
        for row in range(rows)
    )
    key = [identifier(link.near), identifier(link.far)]
    fragment = sql(
        "INSERT INTO {} ({}) VALUES {}", identifier(link.table), listed(key), listed(values)
    )
    return dialect.statement(dialect.unless_there(fragment, key), f"link {link.table}")


def link_clear(dialect: Dialect, link: Link, among: Fragment = EMPTY) -> Statement:
    """All pairs of one row gone: the value is its key, which is the near one.

    Where `among` selects keys, only the pairs with one of them.
    """
    some = sql(" AND {} IN ({})", identifier(link.far), among) if among else EMPTY
    fragment = sql(
        "DELETE FROM {} WHERE {} = {}{}",
        identifier(link.table), identifier(link.near), dialect.key(SlotValue(0)), some,
    )  # fmt: skip
    return dialect.statement(fragment, f"unlink {link.table}")


def _key(dialect: Dialect, resource: Resource, place: int) -> Fragment:
    return dialect.argument(SlotValue(place), resource.key.type)


def _key_column(resource: Resource) -> Fragment:
    return identifier(resource.key.column_name)


def stored_columns(resource: Resource, field: Field) -> list[Fragment]:
    """The columns that hold a field: its own, and that of the folded text of a search field."""
    names = [field.column_name]
    if field.search and resource.mapped is None:
        names.append(field.name + FOLDED)
    return [identifier(name) for name in names]


def stored_values(dialect: Dialect, resource: Resource, field: Field, place: int) -> list[Fragment]:
    """What these columns get of the value in a slot."""
    value = written(dialect, field, SlotValue(place))
    if not field.search or resource.mapped is not None:
        return [value]
    return [value, parameter(SlotValue(place), folded, dialect.cast(field.type))]
