"""Serves the example shop on this machine: fills it with orders first, where it is empty."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from charter.cli.main import main as charter
from charter.serve.load import Loader
from charter.serve.service import Service
from examples.shop.contract import shop
from examples.shop.seed import ORDERS, ROWS

CONTRACT = Path(__file__).with_name("contract.py")
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
    finally:
        await service.close()


def run(arguments: list[str]) -> int:
    """Seed once, then serve."""
    url = f"sqlite:///{DATABASE}"
    if not DATABASE.exists():
        DATABASE.parent.mkdir(parents=True, exist_ok=True)
        part = DATABASE.with_suffix(".part")
        for leftover in DATABASE.parent.glob(part.name + "*"):
            leftover.unlink()
        asyncio.run(seed(f"sqlite:///{part}"))
        part.rename(DATABASE)
    return charter(["run", str(CONTRACT), "--database", url, *arguments])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
