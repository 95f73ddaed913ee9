"""Reading the schema of a live database: the statements to run, and what their rows mean.

Databases spell types and conditions in their own way, so what the contract wants is compared in
the database's own spelling: create it in a scratch place, read it back with the same statements,
and compare the two (`differences`).

- SQLite: the scratch place is a `:memory:` database.
- PostgreSQL: run `scratch`, then `ddl.statements`, then the catalog's statements in one
  transaction, and roll it back. The tables go to the session's own temporary schema: no other
  session waits for them, and no more rights are needed than to make temporary tables.
- MySQL: each table is created as a temporary one under its own name, shown, and dropped. It has
  no foreign keys then: they are taken as the contract has them, which needs no spelling.

Triggers and indexes by trigrams are exceptions: they read back as they were given.
"""

from collections.abc import Mapping
from types import MappingProxyType

from charter.sql.catalog_mysql import MYSQL_CATALOG
from charter.sql.catalog_postgres import POSTGRES_CATALOG
from charter.sql.catalog_reading import Catalog
from charter.sql.catalog_sqlite import SQLITE_CATALOG
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE

_CATALOGS: Mapping[str, Catalog] = MappingProxyType(
    {
        SQLITE.name: SQLITE_CATALOG,
        POSTGRES.name: POSTGRES_CATALOG,
        MYSQL.name: MYSQL_CATALOG,
    }
)


def catalog_of(dialect: Dialect) -> Catalog:
    """How to read the schema of a database of this kind."""
    return _CATALOGS[dialect.name]
