"""The Chinook database as NDJSON files that `charter load` takes, one for each resource.

    python -m examples.music.convert Chinook_Sqlite.sqlite build/music

prints the files as `charter load` wants them: RESOURCE=PATH, in the order to load them. Keys and
texts stay as they are; times get their zone (UTC), and prices become decimal texts.
"""

import argparse
import json
import re
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

Row = dict[str, Any]

FILES = {
    "Artist": "artists",
    "Album": "albums",
    "Genre": "genres",
    "MediaType": "media-types",
    "Track": "tracks",
    "Playlist": "playlists",
    "Employee": "employees",
    "Customer": "customers",
    "Invoice": "invoices",
}
"""The tables that become files, in an order in which the files can be loaded."""

WITHIN = {"InvoiceLine": "invoice_id", "PlaylistTrack": "playlist_id"}
"""The tables whose rows go into the rows of another table, and the field that says into which."""

_RENAMED = {"ReportsTo": "reports_to_id"}
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def convert(source: Path, directory: Path) -> dict[str, Path]:
    """Write the files; where the rows of each resource are, in the order to load them.

    Raises `sqlite3.Error` where the source is no Chinook database.
    """
    directory.mkdir(parents=True, exist_ok=True)
    paths = {table: directory / f"{name}.ndjson" for table, name in FILES.items()}
    with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as database:
        for table, path in paths.items():
            with path.open("w", encoding="utf-8") as file:
                for row in _whole(database, table):
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return paths


def _whole(database: sqlite3.Connection, table: str) -> Iterator[Row]:
    """The rows of a table, with what belongs inside them."""
    match table:
        case "Invoice":
            lines = _inside(database, "InvoiceLine")
            return ({**row, "lines": lines[row["id"]]} for row in _rows(database, table))
        case "Playlist":
            links = _inside(database, "PlaylistTrack")
            tracks = {key: [link["track_id"] for link in found] for key, found in links.items()}
            return (
                {**row, "track_ids": tracks.get(row["id"], [])} for row in _rows(database, table)
            )
        case _:
            return _rows(database, table)


def _inside(database: sqlite3.Connection, table: str) -> defaultdict[int, list[Row]]:
    found = defaultdict[int, list[Row]](list)
    for row in _rows(database, table):
        found[row.pop(WITHIN[table])].append(row)
    return found


def _rows(database: sqlite3.Connection, table: str) -> Iterator[Row]:
    """The rows of one table in the order of their keys, under the names that the contract has."""
    columns = database.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
    names = [_name(table, column) for column, _ in columns]
    writers = [_WRITERS.get(declared, _as_is) for _, declared in columns]
    for values in database.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):  # noqa: S608
        yield {
            name: None if value is None else write(value)
            for name, write, value in zip(names, writers, values, strict=True)
        }


def _name(table: str, column: str) -> str:
    if column == f"{table}Id":
        return "id"
    return _RENAMED.get(column) or _WORD.sub("_", column).lower()


def _time(value: str) -> str:
    return value.replace(" ", "T") + "Z"


def _price(value: float) -> str:
    return f"{value:.2f}"


def _as_is(value: Any) -> Any:
    return value


_WRITERS: dict[str, Callable[[Any], Any]] = {"DATETIME": _time, "NUMERIC(10,2)": _price}
"""How values are written, by the declared types of their columns."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.music.convert")
    parser.add_argument("source", type=Path, metavar="CHINOOK.sqlite")
    parser.add_argument("directory", type=Path, metavar="DIRECTORY")
    given = parser.parse_args(arguments)
    for table, path in convert(given.source, given.directory).items():
        sys.stdout.write(f"{table}={path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
