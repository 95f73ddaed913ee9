"""The forms that each database can read and write."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.contract.resource import Field
from charter.sql.dialect import Dialect
from charter.sql.existing.mysql import MYSQL_FORMS
from charter.sql.existing.postgres import POSTGRES_FORMS
from charter.sql.existing.sqlite import SQLITE_FORMS
from charter.sql.existing.storage import Forms, Storage, form_of, kind_of
from charter.sql.fragment import EMPTY, Fragment, qualified
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sources import Source
from charter.sql.sqlite import SQLITE

_FORMS: Mapping[str, Forms] = MappingProxyType(
    {SQLITE.name: SQLITE_FORMS, POSTGRES.name: POSTGRES_FORMS, MYSQL.name: MYSQL_FORMS}
)


def has_existing(dialect: Dialect) -> bool:
    """Whether existing tables of this kind of database can be served."""
    return dialect.name in _FORMS


def storage_of(dialect: Dialect, field: Field) -> Storage | None:
    """How a field of an existing table is stored; None where the database has no such form."""
    return _FORMS.get(dialect.name, {}).get((kind_of(field), form_of(field)))


def read_column(dialect: Dialect, field: Field, alias: Fragment = EMPTY) -> Fragment:
    """The column of an existing table, under an alias or none, in Charter's own form."""
    column = qualified(alias, field.column_name)
    storage = storage_of(dialect, field)
    return column if storage is None else storage.read(column, field)


def written(dialect: Dialect, field: Field, source: Source) -> Fragment:
    """A value as the column stores it."""
    storage = None if field.stored is None else storage_of(dialect, field)
    if storage is None:
        return dialect.argument(source, field.type)
    return storage.write(dialect, source, field)
