"""The columns of views that a contract maps. SQLite's catalog leaves views out: one that is broken
would make every reading of it fail."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from charter.contract.contract import Contract
from charter.contract.types import TEXT
from charter.sql.dialect import Dialect
from charter.sql.fragment import checked, sql
from charter.sql.schema import Column, Schema
from charter.sql.sqlite import SQLITE
from charter.sql.statement import Statement


def unread_views(
    contract: Contract, dialect: Dialect, found: Schema
) -> Iterator[tuple[str, Statement]]:
    """The mapped views whose columns are not known yet, each with what asks for them."""
    if dialect is not SQLITE:
        return
    for name in contract.mapped_named:
        table = found.table_named.get(name)
        if table is not None and table.modifiers == "a view":
            named = checked(dialect.literal(name, TEXT))
            asked = sql("SELECT name, type FROM pragma_table_xinfo({}) ORDER BY cid", named)
            yield name, dialect.statement(asked, "catalog: view")


def with_columns(found: Schema, name: str, rows: Sequence[Sequence[Any]]) -> Schema:
    """The schema with the columns of a view, of which SQLite tells no more than this."""
    columns = tuple(Column(column, kind, nullable=True) for column, kind in rows)
    return Schema(
        tuple(
            replace(table, columns=columns) if table.name == name else table
            for table in found.tables
        )
    )
