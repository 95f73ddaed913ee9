"""Search over existing tables, which have no columns of folded texts: texts are folded as they
are read. Every search reads every row."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from charter.contract.resource import Field
from charter.sql.dialect import Dialect
from charter.sql.existing.forms import read_column
from charter.sql.fragment import Fragment, sql
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE

FOLD_FUNCTION = "charter_fold"
"""What connections to SQLite call `charter.core.text.fold`."""


def folded_column(dialect: Dialect, field: Field) -> Fragment:
    """The folded text of a field of an existing table."""
    return _FOLDS[dialect.name](read_column(dialect, field))


def _sqlite(text: Fragment) -> Fragment:
    return sql("charter_fold({})", text)


def _postgres(text: Fragment) -> Fragment:
    """Small letters are nearly what folding gives: they tell `ß` from `ss`."""
    return sql("normalize(lower(normalize({}, NFKC)), NFKC)", text)


_FOLDS: Mapping[str, Callable[[Fragment], Fragment]] = MappingProxyType(
    {SQLITE.name: _sqlite, POSTGRES.name: _postgres}
)
