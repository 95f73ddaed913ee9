"""What stands in for existing tables where a wanted schema is tried out: tables of Charter's own
refer to them."""

from charter.contract.contract import Contract
from charter.sql.dialect import Dialect
from charter.sql.indexed import characters
from charter.sql.schema import Column, PrimaryKey, Schema, Table


def with_stubs(contract: Contract, dialect: Dialect, wanted: Schema) -> Schema:
    """The schema, and before it a table with nothing but its key for each existing one that a
    table of it refers to."""
    targets = {key.target for table in wanted.tables for key in table.foreign_keys}
    stubs = []
    for name, resource in contract.mapped_named.items():
        if name in targets:
            key = resource.key.column_name
            kind = dialect.indexed_type(resource.key.type, characters(resource.key))
            column = Column(key, kind)
            stubs.append(Table(name, (column,), PrimaryKey(f"{name}_stub", (key,))))
    return Schema((*stubs, *wanted.tables))


def without_stubs(wanted: Schema, tried: Schema) -> Schema:
    """Of a schema that was tried out, what is wanted."""
    return Schema(tuple(table for table in tried.tables if table.name in wanted.table_named))
