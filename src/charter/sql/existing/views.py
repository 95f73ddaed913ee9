"""The columns of views that a contract maps. The catalogs of SQLite and MySQL leave views out: one
that is broken would make every reading of them fail."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from charter.contract.contract import Contract
from charter.contract.types import TEXT
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, checked, sql
from charter.sql.mysql import MYSQL
from charter.sql.schema import Column, Schema
from charter.sql.sqlite import SQLITE
from charter.sql.statement import Statement


def _sqlite(name: Fragment) -> Fragment:
    return sql("SELECT name, type FROM pragma_table_xinfo({}) ORDER BY cid", name)


def _mysql(name: Fragment) -> Fragment:
    return sql(
        "SELECT column_name, column_type FROM information_schema.columns"
        " WHERE table_schema = database() AND table_name = {} ORDER BY ordinal_position",
        name,
    )


_ASKS: Mapping[str, Callable[[Fragment], Fragment]] = MappingProxyType(
    {SQLITE.name: _sqlite, MYSQL.name: _mysql}
)


def unread_views(
    contract: Contract, dialect: Dialect, found: Schema
) -> Iterator[tuple[str, Statement]]:
    """The mapped views whose columns are not known yet, each with what asks for them."""
    asks = _ASKS.get(dialect.name)
    if asks is None:
        return
    for name in contract.mapped_named:
        table = found.table_named.get(name)
        if table is not None and table.modifiers == "a view":
            named = checked(dialect.literal(name, TEXT))
            yield name, dialect.statement(asks(named), "catalog: view")


def with_columns(found: Schema, name: str, rows: Sequence[Sequence[Any]]) -> Schema:
    """The schema with the columns of a view, of which no more is told than this."""
    columns = tuple(Column(column, kind, nullable=True) for column, kind in rows)
    return Schema(
        tuple(
            replace(table, columns=columns) if table.name == name else table
            for table in found.tables
        )
    )
