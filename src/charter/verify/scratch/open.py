"""Opens scratch databases: temporary files, or databases that are made on a server and dropped."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from charter.store.address import Dialect, dialect_of, postgresql_dsn, sqlite_path
from charter.store.errors import MissingDriver
from charter.verify.scratch.model import NotEmpty, Scratch
from charter.verify.scratch.sqlite import SqliteScratch


@asynccontextmanager
async def scratch_beside(url: str | None) -> AsyncIterator[Scratch]:
    """A new empty database of the same kind and place as the one of a URL; it is gone at the end.

    Without a URL, and for SQLite, it is a temporary file; on a server it is a database that is made
    there. What the URL names is not touched. Raises ValueError, MissingDriver, and
    Unavailable.
    """
    if url is None or dialect_of(url) is Dialect.SQLITE:
        with tempfile.TemporaryDirectory(prefix="charter-verify-") as folder:
            scratch = SqliteScratch(Path(folder) / "scratch.db")
            try:
                yield scratch
            finally:
                await scratch.close()
        return
    module, address = _server(url)
    async with module.made_beside(address) as made, module.connected(made) as scratch:
        yield scratch


@asynccontextmanager
async def opened_empty(url: str) -> AsyncIterator[Scratch]:
    """The database of a URL, to be filled and kept. Raises NotEmpty where it has any table."""
    if dialect_of(url) is Dialect.SQLITE:
        path = sqlite_path(url)
        if path is None:
            raise ValueError("a database in memory is gone before anybody can use it")
        scratch = SqliteScratch(path)
        try:
            await _require_empty(scratch)
            yield scratch
        finally:
            await scratch.close()
        return
    module, address = _server(url)
    async with module.connected(address) as found:
        await _require_empty(found)
        yield found


async def _require_empty(scratch: Scratch) -> None:
    if await scratch.has_tables():
        raise NotEmpty("the database has tables; rows are made up for empty ones only")


def _server(url: str) -> tuple[ModuleType, str]:
    """What makes databases on a server, and the URL as that takes it."""
    if dialect_of(url) is Dialect.POSTGRESQL:
        if find_spec("asyncpg") is None:
            raise MissingDriver('PostgreSQL needs its driver: pip install "charter[postgres]"')
        return import_module("charter.verify.scratch.postgres"), postgresql_dsn(url)
    if find_spec("asyncmy") is None:
        raise MissingDriver('MySQL needs its driver: pip install "charter[mysql]"')
    return import_module("charter.verify.scratch.mysql"), url
