"""What `charter_meta` notes of Charter's tables, changed with each table that comes or goes."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.contract.types import TEXT
from charter.sql.dialect import Dialect
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.sql.system import META, TABLES_ENTRY

_NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        SQLITE.name: (
            "json_group_array(named.value)",
            "SELECT value FROM json_each(charter_meta.value)",
        ),
        POSTGRES.name: (
            "coalesce(json_agg(named.value ORDER BY named.value COLLATE \"C\"), '[]')::text",
            "SELECT json_array_elements_text(charter_meta.value::json) AS value",
        ),
    }
)
"""By dialect: how names become a JSON array, and an array names (in a column `value`)."""


def noted(dialect: Dialect, *, come: str | None = None, gone: str | None = None) -> str:
    """The statement that adds one table to the note, or takes one away, or both.

    It changes the note as it is, so that migrations of several branches each add their own.
    """
    array, names = _NAMES[dialect.name]
    where = "" if gone is None else f" WHERE value <> {dialect.literal(gone, TEXT)}"
    found = f"SELECT value FROM ({names}) AS before{where}"  # noqa: S608
    if come is not None:
        found = f"{found} UNION SELECT {dialect.literal(come, TEXT)}"
    entry = dialect.literal(TABLES_ENTRY, TEXT)
    return (
        f"UPDATE {META} SET value = (SELECT {array} FROM ({found} ORDER BY 1) AS named)"  # noqa: S608
        f" WHERE name = {entry}"
    )
