"""Any schema gives a contract that builds, fits its database, and passes the type checkers."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from asyncmy.errors import MySQLError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from charter.sql.dialect import Dialect
from charter.sql.existing.differences import mapped_differences
from charter.sql.feasible import infeasible
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.understand.drafting import drafted
from charter.understand.writing import written
from tests.sql.databases import Mysql
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer
from tests.understand.generated import (
    DrawnTable,
    mysql_statements,
    postgres_script,
    quoted,
    sqlite_script,
    tables,
    values,
)
from tests.understand.places import built, complaints, found_in

CHECKED = 10
"""Contracts that the type checkers read, of those that build."""
SETTINGS = settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to make them smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def understood(url: str, dialect: Dialect, directory: Path) -> str:
    """The text of a contract that builds and fits the database that it was drafted from."""
    found = found_in(url)
    text = written(drafted(found, "shop"))
    contract = built(text, directory)
    assert not infeasible(contract, dialect)
    assert not mapped_differences(contract, dialect, found.schema)
    return text


def test_on_sqlite(tmp_path: Path) -> None:
    texts: list[str] = []

    @SETTINGS
    @given(tables("sqlite"), st.data())
    def law(drawn: tuple[DrawnTable, ...], data: st.DataObject) -> None:
        path = tmp_path / "drawn.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database:
            database.executescript(sqlite_script(drawn))
            for table in drawn:
                fill(database, table, data)
            database.commit()
        texts.append(understood(f"sqlite:///{path}", SQLITE, tmp_path))

    law()
    assert complaints(texts[-CHECKED:], _empty(tmp_path)) == ""


def fill(database: sqlite3.Connection, table: DrawnTable, data: st.DataObject) -> None:
    """Puts some rows into a table, of those that it takes."""
    marks = ", ".join("?" for _ in table.columns)
    for _ in range(data.draw(st.integers(0, 3))):
        row = [data.draw(values) for _ in table.columns]
        with suppress(sqlite3.Error):
            database.execute(f"INSERT INTO {quoted(table.name)} VALUES ({marks})", row)


def test_on_postgresql(postgres_server: PostgresServer, tmp_path: Path) -> None:
    texts: list[str] = []
    postgres_server.create_database("drawn")
    url = postgres_server.url("drawn")

    @settings(SETTINGS, max_examples=15)
    @given(tables("postgresql"))
    def law(drawn: tuple[DrawnTable, ...]) -> None:
        emptied = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"
        postgres_server.execute(emptied + postgres_script(drawn), "drawn")
        texts.append(understood(url, POSTGRES, tmp_path))

    law()
    postgres_server.drop_database("drawn")
    assert complaints(texts[-CHECKED:], _empty(tmp_path)) == ""


def test_on_mysql(mysql_server: MysqlServer, tmp_path: Path) -> None:
    texts: list[str] = []

    @settings(SETTINGS, max_examples=15)
    @given(tables("mysql"))
    def law(drawn: tuple[DrawnTable, ...]) -> None:
        mysql_server.drop_database("drawn")
        mysql_server.create_database("drawn")
        url = mysql_server.url("drawn")
        with asyncio.Runner() as runner:
            database = Mysql(url, runner)
            for text in mysql_statements(drawn):
                with suppress(MySQLError):
                    database.run(text)
            database.close()
        texts.append(understood(url, MYSQL, tmp_path))

    law()
    mysql_server.drop_database("drawn")
    assert complaints(texts[-CHECKED:], _empty(tmp_path)) == ""


def _empty(directory: Path) -> Path:
    made = directory / "files"
    made.mkdir()
    return made
