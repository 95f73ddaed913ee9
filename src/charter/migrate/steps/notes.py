"""What `charter_meta` notes of Charter's tables, changed with each table that comes or goes."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.contract.types import TEXT
from charter.sql.dialect import Dialect
from charter.sql.mysql import COLLATED, MYSQL
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


_ITEM = f"(value longtext CHARACTER SET utf8mb4 {COLLATED} PATH '$')"
# It does not read what it changes, but by a table of its own.
_ON_MYSQL = (
    "UPDATE {meta} JOIN (SELECT concat_ws('' COLLATE utf8mb4_bin, '[', "  # noqa: S608
    "group_concat(json_quote(named.value) ORDER BY named.value SEPARATOR ', '), ']') AS found"
    " FROM (SELECT item.value FROM {meta} AS held"
    f" JOIN JSON_TABLE(held.value, '$[*]' COLUMNS {_ITEM}) AS item"
    " WHERE held.name = {entry}{gone}{come}) AS named) AS made"
    " SET {meta}.value = made.found WHERE {meta}.name = {entry}"
)


def noted(dialect: Dialect, *, come: str | None = None, gone: str | None = None) -> str:
    """The statement that adds one table to the note, or takes one away, or both.

    It changes the note as it is, so that migrations of several branches each add their own.
    """
    entry = dialect.literal(TABLES_ENTRY, TEXT)
    added = "" if come is None else f" UNION SELECT {dialect.literal(come, TEXT)}"
    if dialect.name == MYSQL.name:
        left = "" if gone is None else f" AND item.value <> {dialect.literal(gone, TEXT)}"
        return _ON_MYSQL.format(meta=META, entry=entry, gone=left, come=added)
    array, names = _NAMES[dialect.name]
    where = "" if gone is None else f" WHERE value <> {dialect.literal(gone, TEXT)}"
    found = f"SELECT value FROM ({names}) AS before{where}{added}"  # noqa: S608
    return (
        f"UPDATE {META} SET value = (SELECT {array} FROM ({found} ORDER BY 1) AS named)"  # noqa: S608
        f" WHERE name = {entry}"
    )
