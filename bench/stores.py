"""The databases of a run: the shop on PostgreSQL, and on SQLite and MariaDB where a server wants
that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.dataset import Dataset, forget_writes, forget_writes_sqlite, seed, seed_sqlite
from bench.mariadb import forget_writes_mariadb, seed_mariadb
from bench.servers import Kind, Server, started


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the shop's rows are kept: a PostgreSQL URL, a SQLite file, and a MariaDB URL."""

    postgresql: str
    sqlite: Path
    mysql: str | None = None

    def url(self, kind: Kind) -> str:
        """The URL of the database of this kind."""
        match kind:
            case "postgresql":
                return self.postgresql
            case "sqlite":
                return sqlite_url(self.sqlite)
            case "mysql" if self.mysql is not None:
                return self.mysql
            case _:
                raise ValueError(f"no {kind} was started")

    def fill(self, data: Dataset, subjects: Iterable[Server], charter: str, logs: Path) -> None:
        """Let Charter, where it takes part, create the tables from its contract; load them."""
        for server in subjects:
            prime(server, self.url(server.database), charter, logs)
        asyncio.run(seed(self.postgresql, data))
        if self.sqlite.exists():
            seed_sqlite(self.sqlite, data.tables())
        if self.mysql is not None:
            asyncio.run(seed_mariadb(self.mysql, data.tables()))

    def forget_writes(self, kind: Kind) -> None:
        """Delete what a workload wrote."""
        if kind == "postgresql":
            asyncio.run(forget_writes(self.postgresql))
        elif kind == "mysql":
            asyncio.run(forget_writes_mariadb(self.url(kind)))
        else:
            forget_writes_sqlite(self.sqlite)


def seed_postgres(url: str, data: Dataset) -> None:
    """Load the tables of this PostgreSQL database."""
    asyncio.run(seed(url, data))


def seed_sqlite_url(url: str, data: Dataset) -> None:
    """Load the tables of the SQLite file at this URL, which Charter has created."""
    seed_sqlite(Path(url.removeprefix("sqlite:///")), data.tables())


def seed_mysql(url: str, data: Dataset) -> None:
    """Load the tables of this MariaDB database."""
    asyncio.run(seed_mariadb(url, data.tables()))


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path.absolute()}"


def prime(server: Server, database: str, charter: str, logs: Path) -> None:
    """Start Charter once on an empty database, which creates the tables, and stop it."""
    with started(server, database, charter, logs):
        pass
