"""Serves the example shop on this machine: fills it with orders first, where it is empty."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from charter.access.passwords.hashing import hash_password
from charter.cli.main import main as charter
from charter.serve.engine.load import Loader
from charter.serve.engine.service import Service
from charter.serve.engine.startup import SchemaDiffers
from charter.sql.identity.tables import CREDENTIALS
from charter.sql.own import query
from charter.store.database import Transaction
from examples.shop.contract import shop
from examples.shop.seed import ORDERS, PASSWORD, ROWS, SIGN_IN, WORKING, customers

CONTRACT = Path(__file__).with_name("contract.py")
PUBLIC = Path(__file__).with_name("public")
DATABASE = Path("var/shop.db")


async def _lines(rows: Callable[[], Iterator[Any]]) -> AsyncIterator[bytes]:
    for row in rows():
        yield msgspec.json.encode(row)


def _nothing(_: int) -> None:
    """The progress of what is loaded in no time."""


async def seed(url: str) -> None:
    """Create the shop's database and load its rows, with a progress bar for the orders."""
    service = Service(shop.build(), url)
    await service.open()
    try:
        loader = Loader(service.pipeline)
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task("Filling the shop", total=ORDERS)
            for resource, rows in ROWS.items():
                counted = resource == "Order"
                advance = partial(progress.advance, task) if counted else _nothing
                await loader.load(resource, _lines(rows), advance)
        await give_passwords(service)
    finally:
        await service.close()


async def give_passwords(service: Service) -> None:
    """Let some of the customers sign in, as if they had registered."""
    insert = query.insert(service.dialect, CREDENTIALS)
    password, now = hash_password(PASSWORD), datetime.now(UTC)

    async def work(transaction: Transaction) -> None:
        for row in customers():
            if row["id"] in SIGN_IN:
                values = (row["id"], row["email"], row["email"], password, now, now)
                await transaction.execute(insert.statement, insert.arguments(values))

    await service.database.write(work)


async def fits(url: str) -> bool:
    """Whether a database has the schema of the shop as it is now."""
    service = Service(shop.build(), url)
    try:
        await service.open()
    except SchemaDiffers:
        return False
    await service.close()
    return True


def put_away(database: Path) -> Path:
    """Move a database, with the files that SQLite keeps beside it, to where it is kept."""
    kept = database.with_suffix(".old.db")
    for earlier in _files(kept):
        earlier.unlink()
    for file in _files(database):
        file.rename(kept.with_name(kept.name + file.name.removeprefix(database.name)))
    return kept


def _files(database: Path) -> Iterator[Path]:
    """The files of a database that are there."""
    files = (database.with_name(database.name + end) for end in ("", "-wal", "-shm", "-journal"))
    return (file for file in files if file.exists())


def run(arguments: list[str]) -> int:
    """Seed once, and again where the schema has changed since; then serve."""
    url = f"sqlite:///{DATABASE}"
    if DATABASE.exists() and not asyncio.run(fits(url)):
        kept = put_away(DATABASE)
        said = f"The shop has changed since {DATABASE} was made: that is {kept} now."
        Console(stderr=True).print(said, soft_wrap=True)
    if not DATABASE.exists():
        DATABASE.parent.mkdir(parents=True, exist_ok=True)
        part = DATABASE.with_suffix(".part")
        for leftover in _files(part):
            leftover.unlink()
        asyncio.run(seed(f"sqlite:///{part}"))
        part.rename(DATABASE)
    told = Table.grid(padding=(0, 2))
    for who, as_what in (("ada", "a customer"), *WORKING.items()):
        told.add_row(f"{who}@example.com", as_what)
    console = Console()
    console.print("\nPeople to sign in as, with the password", f"[bold]{PASSWORD}[/bold]\n")
    console.print(told)
    public = ["--public", str(PUBLIC)]
    return charter(["run", str(CONTRACT), "--database", url, *public, *arguments])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
