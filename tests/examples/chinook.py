"""What plain SQLite answers on the original Chinook file: the other side of the comparison.

Each resource is a temporary table, made from the original ones with the names that the contract
has. Of Charter's own code nothing is used here.
"""

import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.behaviour.clients.base import Both, Either, Has, Row, Unless, Where

SOURCE = Path(__file__).resolve().parents[3] / "shared/data/chinook/Chinook_Sqlite.sqlite"

SIGNED_IN = {2: "leonie"}
"""The customers that have a user: what the tests add to the original."""

DAY = "%Y-%m-%dT%H:%M:%S+00:00"

TABLES = {
    "Artist": """
        SELECT ArtistId AS id, Name AS name,
            (SELECT count(*) FROM main.Album a WHERE a.ArtistId = t.ArtistId) AS album_count
        FROM main.Artist t""",
    "Album": """
        SELECT AlbumId AS id, Title AS title, ArtistId AS artist_id,
            (SELECT coalesce(sum(Milliseconds), 0) FROM main.Track k WHERE k.AlbumId = t.AlbumId)
                AS milliseconds
        FROM main.Album t""",
    "Genre": "SELECT GenreId AS id, Name AS name FROM main.Genre",
    "MediaType": "SELECT MediaTypeId AS id, Name AS name FROM main.MediaType",
    "Track": """
        SELECT TrackId AS id, Name AS name, AlbumId AS album_id, MediaTypeId AS media_type_id,
            GenreId AS genre_id, Composer AS composer, Milliseconds AS milliseconds,
            Bytes AS bytes, UnitPrice AS unit_price
        FROM main.Track""",
    "Playlist": """
        SELECT PlaylistId AS id, Name AS name,
            (SELECT count(*) FROM main.PlaylistTrack p WHERE p.PlaylistId = t.PlaylistId)
                AS track_count
        FROM main.Playlist t""",
    "Employee": f"""
        SELECT EmployeeId AS id, LastName AS last_name, FirstName AS first_name, Title AS title,
            ReportsTo AS reports_to_id, strftime('{DAY}', BirthDate) AS birth_date,
            strftime('{DAY}', HireDate) AS hire_date, Address AS address, City AS city,
            State AS state, Country AS country, PostalCode AS postal_code, Phone AS phone,
            Fax AS fax, Email AS email
        FROM main.Employee""",
    "Customer": """
        SELECT CustomerId AS id, signed_in(CustomerId) AS user_id, FirstName AS first_name,
            LastName AS last_name, Company AS company, Address AS address, City AS city,
            State AS state, Country AS country, PostalCode AS postal_code, Phone AS phone,
            Fax AS fax, Email AS email, SupportRepId AS support_rep_id
        FROM main.Customer""",
    "Invoice": f"""
        SELECT InvoiceId AS id, CustomerId AS customer_id,
            strftime('{DAY}', InvoiceDate) AS invoice_date, BillingAddress AS billing_address,
            BillingCity AS billing_city, BillingState AS billing_state,
            BillingCountry AS billing_country, BillingPostalCode AS billing_postal_code,
            round(Total, 2) AS total
        FROM main.Invoice""",
    "InvoiceLine": """
        SELECT InvoiceLineId AS id, InvoiceId AS invoice_id, TrackId AS track_id,
            UnitPrice AS unit_price, Quantity AS quantity, round(UnitPrice * Quantity, 2) AS amount
        FROM main.InvoiceLine""",
}
PRICES = {"unit_price", "total", "amount"}
"""Real numbers in the original, decimals with two places in the contract."""

LINKED = (
    "SELECT 1 FROM main.PlaylistTrack p WHERE p.PlaylistId = {playlist} AND p.TrackId = {track}"
)
RELATIONS = {
    "Artist": {"albums": ("Album", "{far}.artist_id = {near}.id")},
    "Album": {
        "artist": ("Artist", "{far}.id = {near}.artist_id"),
        "tracks": ("Track", "{far}.album_id = {near}.id"),
    },
    "Genre": {"tracks": ("Track", "{far}.genre_id = {near}.id")},
    "Track": {
        "album": ("Album", "{far}.id = {near}.album_id"),
        "genre": ("Genre", "{far}.id = {near}.genre_id"),
        "media_type": ("MediaType", "{far}.id = {near}.media_type_id"),
        "playlists": (
            "Playlist",
            f"EXISTS ({LINKED.format(playlist='{far}.id', track='{near}.id')})",
        ),
    },
    "Playlist": {
        "tracks": ("Track", f"EXISTS ({LINKED.format(playlist='{near}.id', track='{far}.id')})")
    },
    "Employee": {
        "reports_to": ("Employee", "{far}.id = {near}.reports_to_id"),
        "reports": ("Employee", "{far}.reports_to_id = {near}.id"),
        "customers": ("Customer", "{far}.support_rep_id = {near}.id"),
    },
    "Customer": {
        "support_rep": ("Employee", "{far}.id = {near}.support_rep_id"),
        "invoices": ("Invoice", "{far}.customer_id = {near}.id"),
    },
    "Invoice": {
        "customer": ("Customer", "{far}.id = {near}.customer_id"),
        "lines": ("InvoiceLine", "{far}.invoice_id = {near}.id"),
    },
    "InvoiceLine": {
        "invoice": ("Invoice", "{far}.id = {near}.invoice_id"),
        "track": ("Track", "{far}.id = {near}.track_id"),
    },
}
"""Where the relations of a resource lead, and which rows they relate."""

_ORDERS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def folded(text: str | None) -> str | None:
    """The text without regard to case: NFKC case folding, as Unicode has it."""
    if text is None:
        return None
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True, slots=True)
class Chinook:
    """The original, open for reading."""

    database: sqlite3.Connection

    def rows(
        self,
        resource: str,
        where: Where | None = None,
        sort: str = "id",
        search: tuple[str, Sequence[str]] | None = None,
    ) -> list[Row]:
        """The rows of a resource as a list shows them. `search` is a text and where to look."""
        test, values = self._test(resource, where, search)
        text = f"SELECT * FROM {table(resource)} t0 WHERE {test} ORDER BY {order(sort)}"
        return [
            {name: in_json(name, value) for name, value in row.items()}
            for row in self.select(text, values)
        ]

    def summary(
        self, resource: str, columns: str, group: str = "", where: Where | None = None
    ) -> list[Row]:
        """What SQL works out over a resource, in the order of the groups."""
        test, values = self._test(resource, where, None)
        by = f" GROUP BY {group} ORDER BY {order(group)}" if group else ""
        shown = f"{group}, {columns}" if group else columns
        return self.select(f"SELECT {shown} FROM {table(resource)} t0 WHERE {test}{by}", values)

    def select(self, text: str, values: Sequence[Any] = ()) -> list[Row]:
        return [dict(row) for row in self.database.execute(text, values)]

    def column(self, resource: str, field: str) -> list[Any]:
        """The different values of a field that are there."""
        text = f"SELECT DISTINCT {field} AS value FROM {table(resource)} WHERE {field} IS NOT NULL"
        return [in_json(field, row["value"]) for row in self.select(f"{text} ORDER BY 1")]

    def fields(self, resource: str) -> list[str]:
        found = self.database.execute(f"SELECT * FROM {table(resource)} LIMIT 0")
        return [item[0] for item in found.description]

    def _test(
        self, resource: str, where: Where | None, search: tuple[str, Sequence[str]] | None
    ) -> tuple[str, list[Any]]:
        values: list[Any] = []
        parts = ["TRUE" if where is None else condition(resource, where, 0, values)]
        if search is not None:
            text, fields = search
            for word in text.split():
                found = (f"coalesce(instr(folded({field}), folded(?)), 0)" for field in fields)
                parts.append(f"({' OR '.join(found)})")
                values.extend([word] * len(fields))
        return " AND ".join(parts), values


def opened(absent: Sequence[tuple[str, str]] = ()) -> Chinook:
    """The original, as these tables but for some of their columns; it is not written to."""
    database = sqlite3.connect(f"{SOURCE.as_uri()}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    database.create_function("folded", 1, folded, deterministic=True)
    database.create_function("signed_in", 1, SIGNED_IN.get, deterministic=True)
    for resource, text in TABLES.items():
        database.execute(f"CREATE TABLE {table(resource)} AS {text}")
        for name in (column for owner, column in absent if owner == resource):
            database.execute(f"ALTER TABLE {table(resource)} DROP COLUMN {name}")
        database.execute(f"CREATE UNIQUE INDEX {table(resource)}_id ON the_{resource} (id)")
    return Chinook(database)


@cache
def there() -> Mapping[str, Mapping[str, Sequence[Any]]]:
    """For each resource and field, the different values that are there."""
    with closing(opened().database) as database:
        chinook = Chinook(database)
        return {
            resource: {field: chinook.column(resource, field) for field in chinook.fields(resource)}
            for resource in TABLES
        }


def table(resource: str) -> str:
    return f"temp.the_{resource}"


def in_json(field: str, value: Any) -> Any:
    """A value in the form that it has in JSON."""
    return f"{value:.2f}" if field in PRICES and value is not None else value


def in_sql(field: str, value: Any) -> Any:
    """A value of a filter as the original compares with it."""
    if isinstance(value, list):
        return [in_sql(field, item) for item in value]
    if field in PRICES and isinstance(value, str):
        return float(value)
    if field.endswith("_date") and isinstance(value, str):
        return value.replace("Z", "+00:00")
    return value


def order(sort: str) -> str:
    """Nothing is larger than any value; the key tells the rest apart."""
    names = sort.split(",")
    parts = [
        f"t0.{name} IS NULL DESC, t0.{name} DESC" if descending else f"t0.{name} IS NULL, t0.{name}"
        for name, descending in ((item.removeprefix("-"), item.startswith("-")) for item in names)
    ]
    return ", ".join(parts)


def condition(resource: str, where: Where, depth: int, values: list[Any]) -> str:
    """A filter as SQL with two truth values; the values that it compares with are added."""
    match where:
        case Both(parts):
            return f"({' AND '.join(condition(resource, part, depth, values) for part in parts)})"
        case Either(parts):
            return f"({' OR '.join(condition(resource, part, depth, values) for part in parts)})"
        case Unless(part):
            return f"(NOT {condition(resource, part, depth, values)})"
        case Has(name, comparator, value):
            relation, dot, rest = name.partition(".")
            if not dot:
                return leaf(f"t{depth}.{name}", comparator, in_sql(name, value), values)
            target, on = RELATIONS[resource][relation]
            related = on.format(near=f"t{depth}", far=f"t{depth + 1}")
            inner = condition(target, Has(rest, comparator, value), depth + 1, values)
            return (
                f"EXISTS (SELECT 1 FROM {table(target)} t{depth + 1} WHERE {related} AND {inner})"
            )


def leaf(column: str, comparator: str, value: Any, values: list[Any]) -> str:
    match comparator:
        case "null":
            return f"({column} IS {'' if value else 'NOT '}NULL)"
        case "in" | "nin":
            values.extend(value)
            marks = ", ".join("?" * len(value))
            return f"(coalesce({column} IN ({marks}), FALSE) = {str(comparator == 'in').upper()})"
        case "like":
            values.append(glob(value))
            return f"coalesce({column} GLOB ?, FALSE)"
        case "ilike":
            values.append(folded(glob(value)))
            return f"coalesce(folded({column}) GLOB ?, FALSE)"
        case "eq" | "ne":
            values.append(value)
            return f"(coalesce({column} = ?, FALSE) = {str(comparator == 'eq').upper()})"
        case _:
            values.append(value)
            return f"coalesce({column} {_ORDERS[comparator]} ?, FALSE)"


def glob(pattern: str) -> str:
    """A pattern with `*`, `?` and backslashes, as GLOB has it."""
    return "".join(_globbed(pattern))


def _globbed(pattern: str) -> Iterator[str]:
    characters = iter(pattern)
    for character in characters:
        if character in "*?":
            yield character
        else:
            literal = next(characters) if character == "\\" else character
            yield f"[{literal}]" if literal in "*?[" else literal
