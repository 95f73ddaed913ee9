"""How long does a read take as the data grows, on each database? `python -m bench.scale`

Charter alone, one client at a time: a filtered list, a page deep in a list, and an order with its
customer, lines and products, among 1,000 to 1,000,000 orders. Prints the medians, keeps them in
`bench/results/`, draws `docs/scale.svg` and writes `docs/benchmarks.md` anew.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import dataset, load, report
from bench.answers import Disagreement
from bench.growth import walk, write_pages
from bench.mariadb import mariadb
from bench.plot import Line, drawn
from bench.postgres import postgres
from bench.run import RESULTS
from bench.servers import ROOT, SERVERS, Server, charter_python, missing, started
from bench.stores import prime, seed_mysql, seed_postgres, seed_sqlite_url, sqlite_url
from bench.workloads import Request, Shop, Workload, read_nested, shop_of, write_requests

SUMMARY = "Measure how long Charter's reads take as the data grows, on each database."
SIZES = (1_000, 10_000, 100_000, 1_000_000)
CUSTOMERS = 100
PLOT = ROOT / "docs" / "scale.svg"


def shipped_since(shop: Shop, rng: random.Random) -> Request:
    """The caller's 20 newest shipped orders of the first half year."""
    caller = rng.choice(shop.callers)
    path = "/v1/orders?status=shipped&created_at[lt]=2025-07-01T00:00:00Z&limit=20&sort=-created_at"
    return Request("GET", path, caller.owner, caller.token)


WORKLOADS = (
    Workload("filter", "a filtered list of 20", shipped_since),
    Workload("nested", "an order with its relations", read_nested),
)
PAGES = "a page deep in a list"


@dataclass(frozen=True, slots=True)
class Place:
    """A database of the measurement: the server on it, an empty one, and how it is filled."""

    title: str
    server: str
    empty: Callable[[], AbstractContextManager[str]]
    fill: Callable[[str, dataset.Dataset], None]


@contextmanager
def sqlite_file() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="charter-bench-") as directory:
        yield sqlite_url(Path(directory) / "shop.db")


@contextmanager
def postgres_database() -> Iterator[str]:
    with postgres() as server:
        yield server.url


PLACES = (
    Place("SQLite", "charter_sqlite", sqlite_file, seed_sqlite_url),
    Place("PostgreSQL", "charter", postgres_database, seed_postgres),
    Place("MariaDB", "charter_mariadb", mariadb, seed_mysql),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all of them; the exit status is 1 when a server fails."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=SUMMARY)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="orders, at most")
    parser.add_argument("--seconds", type=float, default=2.0, help="measured, each")
    parser.add_argument("--charter-python", default=charter_python(), metavar="PATH")
    parser.add_argument("--no-save", dest="save", action="store_false", help="only print")
    options = parser.parse_args(arguments)
    console = Console()
    try:
        found = measure(options, console)
    except (Disagreement, load.LoadFailed, RuntimeError) as error:
        console.print(str(error), style="red", markup=False)
        return 1
    show(console, found)
    if options.save:
        report.save_scale(RESULTS, found)
        PLOT.write_text(drawn(lines(found), "orders in the database", "ms, median"))
        report.write_page(ROOT / "docs" / "benchmarks.md", RESULTS)
    return 0


def measure(options: argparse.Namespace, console: Console) -> list[report.Scale]:
    """Each size on each database, one after the other."""
    found: list[report.Scale] = []
    servers = {server.name: server for server in SERVERS}
    for size in (size for size in SIZES if size <= options.largest):
        with console.status(f"Making {size:,} orders"):
            data = dataset.make(dataset.Size(CUSTOMERS, 1_000, size))
        for place in PLACES:
            server = servers[place.server]
            if reason := missing(server, options.charter_python):
                console.print(f"[yellow]left out: {place.title}: {reason}")
                continue
            with console.status(f"{place.title}: {size:,} orders"):
                found += at(place, server, data, options)
    return found


def at(
    place: Place, server: Server, data: dataset.Dataset, options: argparse.Namespace
) -> Iterator[report.Scale]:
    """The medians of one size on one database."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="charter-bench-")))
        url = stack.enter_context(place.empty())
        prime(server, url, options.charter_python, directory)
        place.fill(url, data)
        amount = load.Load(connections=1, warmup=0.5, seconds=options.seconds)
        generator = load.Generator(load.build(directory), directory, None, amount)
        shop = shop_of(data, CUSTOMERS)
        for workload in WORKLOADS:
            write_requests(directory / workload.name, workload, shop, count=2_000)
        process = started(server, url, options.charter_python, directory)
        running = stack.enter_context(process)
        write_pages(directory / "pages", walk(running))
        titles = {workload.name: workload.title for workload in WORKLOADS} | {"pages": PAGES}
        for name, title in titles.items():
            sample = load.run(generator, running, name, 0)
            yield report.Scale(place.title, title, len(data.orders), sample.p50_ms)


def lines(found: Sequence[report.Scale]) -> list[Line]:
    """A line for each read on each database."""
    kinds = dict.fromkeys((one.what, one.database) for one in found)
    return [
        Line(
            f"{what}, {database}",
            tuple(
                (one.orders, one.p50_ms)
                for one in found
                if (one.what, one.database) == (what, database)
            ),
            group=what,
        )
        for what, database in kinds
    ]


def show(console: Console, found: Sequence[report.Scale]) -> None:
    """The medians as a table."""
    table = Table(title="Median of one read, ms")
    for heading in report.scale_headings(found):
        table.add_column(heading, justify="left" if heading in {"read", "database"} else "right")
    for row in report.scale_rows(found):
        table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
