"""The dialects, by the names that database URLs lead to."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {dialect.name: dialect for dialect in (SQLITE, POSTGRES, MYSQL)}
)


def dialect_named(name: str) -> Dialect:
    """The dialect of a name that a database URL leads to."""
    return DIALECTS[name]
