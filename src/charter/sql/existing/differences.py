"""Where existing tables are not what a contract says of them, said for people.

Compared is what the contract needs. Further columns that a new row can do without, further
indexes and the table's own checks are its own business.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from charter.contract.contract import Contract
from charter.contract.mapping import Form, Stored, forms_of
from charter.contract.resource import Field, Link, Made, OnDelete, Resource
from charter.contract.types import DEFAULT_TEXT_LENGTH, TEXTUAL
from charter.sql.dialect import Dialect
from charter.sql.differences import Difference
from charter.sql.existing.forms import storage_of
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Column, ForeignKey, Schema, Table
from charter.sql.sqlite import SQLITE

_SIZED: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        POSTGRES.name: re.compile(r"character(?: varying)?\((\d+)\)"),
        MYSQL.name: re.compile(r"(?:var)?char\((\d+)\)"),
    }
)
"""The types whose texts have a longest length. On SQLite none is kept."""
_ACTIONS: Mapping[OnDelete, tuple[str, ...]] = MappingProxyType(
    {
        OnDelete.RESTRICT: ("no action", "restrict"),
        OnDelete.CASCADE: ("cascade",),
        OnDelete.SET_NULL: ("set null",),
    }
)
_SEEN_ONLY = ("a view", "a materialized view")
_NEVER = ("a virtual table", "part of a virtual table")


def mapped_differences(
    contract: Contract, dialect: Dialect, found: Schema
) -> tuple[Difference, ...]:
    """What differs, resource by resource. `found` was read from the database's catalog."""
    return tuple(
        difference
        for resource in contract.resources
        for difference in (
            *(() if resource.mapped is None else _resource(contract, dialect, resource, found)),
            *_links(contract, dialect, resource, found),
        )
    )


def _resource(
    contract: Contract, dialect: Dialect, resource: Resource, found: Schema
) -> Iterator[Difference]:
    name = resource.table_name
    table = found.table_named.get(name)
    if table is None or table.modifiers in _NEVER:
        what = "is missing" if table is None else f"is {table.modifiers}"
        yield Difference(name, None, f"{name}, the table of {resource.name}, {what}")
        return
    if table.modifiers in _SEEN_ONLY and not resource.read_only:
        text = f"{name} is {table.modifiers}: {resource.name} has to be `read_only=True`"
        yield Difference(name, None, text)
    if "row security" in table.modifiers:
        text = f"{name} has row security, which holds for this user: rows would be missing"
        yield Difference(name, None, text)
    there = {column.name: column for column in table.columns}
    for field in resource.fields:
        column = there.pop(field.column_name, None)
        if column is None:
            text = f"{name}.{field.column_name} is missing, {resource.name}.{field.name} needs it"
            yield Difference(name, field.column_name, text)
        else:
            yield from _column(dialect, resource, field, column)
    if table.modifiers not in _SEEN_ONLY:
        yield from _key(dialect, resource, table)
    if not resource.read_only:
        yield from _required(name, resource.name, there)
        yield from _uniques(resource, table)
        yield from _references(contract, resource, table)


def _column(
    dialect: Dialect, resource: Resource, field: Field, column: Column
) -> Iterator[Difference]:
    place, what = f"{resource.table_name}.{column.name}", f"{resource.name}.{field.name}"
    storage = storage_of(dialect, field)
    if storage is not None and not storage.fits(column.type, field):
        text = f"{place} is {column.type}, {what} needs {storage.wants}"
        yield Difference(
            resource.table_name, column.name, text + _other_form(dialect, field, column)
        )
    elif (most := _most(dialect, column)) is not None and _longest(field) > most:
        text = f"{place} takes {most} characters, {what} allows {_longest(field)}: "
        text += f"write `max_length={most}`"
        yield Difference(resource.table_name, column.name, text)
    is_key = field.name == "id"
    if column.nullable != field.optional and not is_key:
        has = "allows null" if column.nullable else "does not allow null"
        remedy = "write `| None`" if column.nullable else "leave `| None` out"
        text = f"{place} {has}, {what} does{' not' if column.nullable else ''}: {remedy}"
        yield Difference(resource.table_name, column.name, text)
    if column.generated is not None and not resource.read_only:
        text = f"{place} is generated: {what} could not be written"
        yield Difference(resource.table_name, column.name, text)


def _most(dialect: Dialect, column: Column) -> int | None:
    """The most characters that a column takes, where its type says it."""
    sized = _SIZED.get(dialect.name)
    found = None if sized is None else sized.match(column.type)
    return None if found is None else int(found[1])


def _longest(field: Field) -> int:
    """The most characters of a text; zero for what is no text, and for keys and references,
    whose lengths a contract does not say: the database refuses what is too long."""
    kind = field.type
    if kind.scalar not in TEXTUAL or kind.many or field.references is not None:
        return 0
    if field.name == "id":
        return 0
    if kind.choices:
        return max(map(len, kind.choices))
    return DEFAULT_TEXT_LENGTH if kind.max_length is None else kind.max_length


def _other_form(dialect: Dialect, field: Field, column: Column) -> str:
    """How the field could say what the column has."""
    # Enumerations have a name of their own on PostgreSQL only.
    named = column.type.strip('"') if dialect is POSTGRES else ""
    for form in sorted(forms_of(field.type)):
        other = replace(field, stored=Stored(form, named if form is Form.ENUM else ""))
        storage = storage_of(dialect, other)
        if storage is not None and storage.fits(column.type, other):
            return f': write `stored="{other.stored}"`'
    return ""


def _key(dialect: Dialect, resource: Resource, table: Table) -> Iterator[Difference]:
    name, key = resource.table_name, resource.key.column_name
    if not _is_unique(table, {key}):
        text = f"{name}.{key} is no key: several rows could have one value"
        yield Difference(name, key, text)
    elif resource.key.default is Made.SERIAL and not resource.read_only:
        column = next((item for item in table.columns if item.name == key), None)
        if column is not None and not _numbered(dialect, table, column):
            text = f"{name}.{key} is not numbered by the database: "
            yield Difference(name, key, f"{text}write `given_keys=True` on {resource.name}")


def _numbered(dialect: Dialect, table: Table, column: Column) -> bool:
    if dialect is SQLITE:
        alone = table.key is not None and table.key.columns == (column.name,)
        return alone and column.type.upper() == "INTEGER" and "ROWID" not in table.modifiers
    return column.identity or (column.default or "").startswith("nextval(")


def _is_unique(table: Table, columns: set[str]) -> bool:
    """Whether no two rows can have the same values in just these columns."""
    sets = [set(unique.columns) for unique in table.uniques if not unique.modifiers]
    sets += [] if table.key is None else [set(table.key.columns)]
    sets += [
        {column.name for column in index.columns}
        for index in table.indexes
        if index.unique and index.where is None and not index.modifiers
    ]
    return columns in sets


def _required(name: str, owner: str, there: Mapping[str, Column]) -> Iterator[Difference]:
    for column in there.values():
        if not (column.nullable or column.default is not None or column.identity):
            text = f"{name}.{column.name} ({column.type}) must have a value, and {owner} "
            yield Difference(name, column.name, f"{text}has no field for it")


def _uniques(resource: Resource, table: Table) -> Iterator[Difference]:
    wanted: set[tuple[str, ...]] = {(item.name,) for item in resource.fields if item.unique}
    wanted |= {unique.fields for unique in resource.uniques}
    for fields in sorted(wanted):
        columns = [resource.field_named[name].column_name for name in fields]
        if not _is_unique(table, set(columns)):
            listed = ", ".join(columns)
            text = f"{table.name} has no unique constraint on ({listed}), {resource.name} wants one"
            yield Difference(table.name, None, text)


def _references(contract: Contract, resource: Resource, table: Table) -> Iterator[Difference]:
    owner = None if resource.owner is None else resource.relation_named[resource.owner].near
    for field in resource.fields:
        target = None if field.references is None else contract.resource_named[field.references]
        if target is None or target.mapped is None or target.read_only:
            continue
        actions = _ACTIONS[field.on_delete]
        if field.name == owner:
            actions = (*actions, *_ACTIONS[OnDelete.RESTRICT])
        yield from _foreign_key(table, field.column_name, target, actions)


def _foreign_key(
    table: Table, column: str, target: Resource, actions: tuple[str, ...]
) -> Iterator[Difference]:
    key = next((item for item in table.foreign_keys if _leads(item, column, target)), None)
    place, there = f"{table.name}.{column}", f"{target.table_name}.{target.key.column_name}"
    if key is None:
        yield Difference(table.name, column, f"{place} has no foreign key to {there}")
    elif key.on_delete not in actions:
        text = f"{place} has the foreign key to {there} on delete {key.on_delete}, the contract "
        yield Difference(table.name, column, f"{text}says {' or '.join(actions)}")


def _leads(key: ForeignKey, column: str, target: Resource) -> bool:
    return (
        key.columns == (column,)
        and key.target.lower() == target.table_name.lower()
        and key.target_columns in {(), (target.key.column_name,)}
    )


def _links(
    contract: Contract, dialect: Dialect, resource: Resource, found: Schema
) -> Iterator[Difference]:
    for relation in resource.relations:
        if relation.link is not None and relation.link.mapped:
            target = contract.resource_named[relation.target]
            yield from _link(dialect, relation.link, (resource, target), found)


def _link(
    dialect: Dialect, link: Link, ends: tuple[Resource, Resource], found: Schema
) -> Iterator[Difference]:
    near, far = ends
    table = found.table_named.get(link.table)
    if table is None:
        text = f"{link.table}, the table of pairs of {near.name} and {far.name}, is missing"
        yield Difference(link.table, None, text)
        return
    there = {column.name: column for column in table.columns}
    for column in (link.near, link.far):
        if there.pop(column, None) is None:
            text = f"{link.table}.{column} is missing, the pairs of {near.name} need it"
            yield Difference(link.table, column, text)
    there = {k: column for k, column in there.items() if not _numbered(dialect, table, column)}
    yield from _required(link.table, f"a pair of {near.name} and {far.name}", there)
    if not _is_unique(table, {link.near, link.far}):
        text = f"{link.table} has no key over ({link.near}, {link.far}): pairs could be there twice"
        yield Difference(link.table, None, text)
    cascade = (*_ACTIONS[OnDelete.CASCADE], *_ACTIONS[OnDelete.RESTRICT])
    for column, end in ((link.near, near), (link.far, far)):
        if end.mapped is not None and not end.read_only:
            yield from _foreign_key(table, column, end, cascade)
