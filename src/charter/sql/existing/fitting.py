"""Columns of Charter's own tables that refer to existing ones, where a foreign key has to have
just the type of the key that it names."""

from dataclasses import replace

from charter.contract.contract import Contract
from charter.sql.dialect import Dialect
from charter.sql.schema import Schema, Table


def fitted(contract: Contract, dialect: Dialect, wanted: Schema, found: Schema) -> Schema:
    """The schema with the types of the keys that were found."""
    if not dialect.keys_alike:
        return wanted
    types = {
        name: column.type
        for name, resource in contract.mapped_named.items()
        if (table := found.table_named.get(name)) is not None
        for column in table.columns
        if column.name == resource.key.column_name
    }
    return Schema(tuple(_fitted(table, types) for table in wanted.tables))


def _fitted(table: Table, types: dict[str, str]) -> Table:
    changed = {
        key.columns[0]: types[key.target] for key in table.foreign_keys if key.target in types
    }
    if not changed:
        return table
    columns = (
        replace(column, type=changed.get(column.name, column.type)) for column in table.columns
    )
    return replace(table, columns=tuple(columns))
