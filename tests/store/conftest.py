"""One database of each kind, empty but for the tables that the tests of the store share."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from charter.core.signals import Listener
from charter.sql.statement import Statement
from charter.store.address import Dialect, dialect_of
from charter.store.database import Database
from charter.store.open import open_database
from charter.store.settings import StoreSettings

TABLES = """
CREATE TABLE author (
    id integer PRIMARY KEY,
    name text NOT NULL CONSTRAINT named UNIQUE,
    books integer NOT NULL DEFAULT 0 CONSTRAINT few CHECK (books >= 0)
);
CREATE TABLE book (
    id integer PRIMARY KEY,
    author integer NOT NULL CONSTRAINT written_by REFERENCES author (id)
);
"""


# There, what a column says of itself is not heard, and a text of a key has a length.
MYSQL_TABLES = """
CREATE TABLE author (
    id integer PRIMARY KEY,
    name varchar(255) NOT NULL,
    books integer NOT NULL DEFAULT 0,
    CONSTRAINT named UNIQUE (name),
    CONSTRAINT few CHECK (books >= 0)
) CHARACTER SET utf8mb4;
CREATE TABLE book (
    id integer PRIMARY KEY,
    author integer NOT NULL,
    CONSTRAINT written_by FOREIGN KEY (author) REFERENCES author (id)
);
"""


def tables_for(url: str) -> str:
    return MYSQL_TABLES if dialect_of(url) is Dialect.MYSQL else TABLES


@dataclass(frozen=True, slots=True)
class Store:
    """A database with its URL. Statements are written with $1, for every dialect; in those that
    run on MySQL each is named once, in order."""

    database: Database
    url: str

    @property
    def dialect(self) -> Dialect:
        return dialect_of(self.url)

    def sql(self, text: str, *, heavy: bool = False) -> Statement:
        match self.dialect:
            case Dialect.SQLITE:
                text = re.sub(r"\$(\d+)", r"?\1", text)
            case Dialect.MYSQL:
                text = re.sub(r"\$\d+", "?", text)
        return Statement(text, label="test", heavy=heavy)

    async def count(self, table: str = "author") -> int:
        rows = await self.database.read(self.sql(f"SELECT count(*) FROM {table}"), ())
        return int(rows[0][0])

    async def names(self) -> list[str]:
        rows = await self.database.read(self.sql("SELECT name FROM author ORDER BY id"), ())
        return [row[0] for row in rows]

    async def add(self, key: int, name: str | None = None) -> None:
        """Write one author in a transaction of its own."""
        await add(self, key, name)


async def add(store: Store, key: int, name: str | None) -> None:
    insert = store.sql("INSERT INTO author (id, name) VALUES ($1, $2)")
    await store.database.write(lambda unit: unit.execute(insert, (key, name or f"author {key}")))


async def opened(url: str, settings: StoreSettings, listener: Listener | None = None) -> Store:
    database = open_database(url, settings, listener)
    await database.open()
    return Store(database, url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def settings() -> StoreSettings:
    """Override in a module to try other settings."""
    return StoreSettings()


@pytest.fixture
async def sqlite(sqlite_url: str, settings: StoreSettings) -> AsyncIterator[Store]:
    store = await opened(sqlite_url, settings)
    await store.database.script(TABLES)
    yield store
    await store.database.close()


@pytest.fixture
async def postgres(postgres_url: str, settings: StoreSettings) -> AsyncIterator[Store]:
    store = await opened(postgres_url, settings)
    await store.database.script(TABLES)
    yield store
    await store.database.close()


@pytest.fixture
async def mysql(mysql_url: str, settings: StoreSettings) -> AsyncIterator[Store]:
    store = await opened(mysql_url, settings)
    await store.database.script(tables_for(mysql_url))
    yield store
    await store.database.close()


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
async def store(url: str, settings: StoreSettings) -> AsyncIterator[Store]:
    """The same tests on each kind of database."""
    store = await opened(url, settings)
    await store.database.script(tables_for(url))
    yield store
    await store.database.close()
