"""Search over existing tables, which have no columns of folded texts: texts are folded as they
are read. Every search reads every row."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from charter.contract.resource import Field
from charter.contract.types import TEXT
from charter.sql.dialect import Dialect
from charter.sql.existing.forms import read_column
from charter.sql.fragment import EMPTY, Fragment, sql
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE


def folded_column(dialect: Dialect, field: Field, alias: Fragment = EMPTY) -> Fragment:
    """The folded text of a field of an existing table."""
    return _FOLDS[dialect.name](read_column(dialect, field, alias))


def _sqlite(text: Fragment) -> Fragment:
    # What connections to SQLite call `charter.core.text.fold`.
    return sql("charter_fold({})", text)


def _postgres(text: Fragment) -> Fragment:
    """Nearly what folding gives. Which letters are small ones of which is for the database's own
    collation to say: some tell `ß` from `ss`, and that of a `C` database knows ASCII only."""
    large = sql('upper(normalize({}, NFKC) COLLATE "default")', text)
    return sql("normalize(lower({}), NFKC)", large)


def _mysql(text: Fragment) -> Fragment:
    """Nearly what folding gives: the server has no normal forms of texts."""
    plain = MYSQL.exact(text)
    return sql("replace(lower(upper({})), {}, 'ss')", plain, MYSQL.constant("ß", TEXT))


_FOLDS: Mapping[str, Callable[[Fragment], Fragment]] = MappingProxyType(
    {SQLITE.name: _sqlite, POSTGRES.name: _postgres, MYSQL.name: _mysql}
)
