"""What does each guard cost? `python -m bench.guards`

Charter alone on PostgreSQL, with more and more of its guards on: reading one order, and creating
one. Prints the requests per second and what of the unguarded figure is left, keeps them in
`bench/results/` and writes `docs/benchmarks.md` anew.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bench import dataset, load, report
from bench.postgres import Postgres, postgres
from bench.run import RESULTS
from bench.servers import (
    CHARTER_ENV,
    ROOT,
    SERVERS,
    Running,
    Server,
    charter_python,
    missing,
    started,
)
from bench.stores import prime
from bench.tokens import token
from bench.workloads import Caller, Shop, Workload, create, read_one, shop_of, write_requests

SUMMARY = "Measure what Charter's guards cost."
SHOP, OPEN, GUARDED = (f"bench/charter_{name}.py" for name in ("shop", "open", "guarded"))
NOT_REMEMBERED = {"CHARTER_AUTH_CACHE": "0"}
LIMITED = {
    "CHARTER_RATES_ENABLED": "true",
    "CHARTER_RATES_ACTOR": "10000000/1m",
    "CHARTER_RATES_ADDRESS": "10000000/1m",
}
ACCOUNTS = {
    "CHARTER_IDENTITY_PUBLIC_URL": "https://shop.example",
    "CHARTER_IDENTITY_MAIL": "smtp://127.0.0.1:9",
}
GUARDED_DATABASE = "guarded"
SESSION = "session-of-"


@dataclass(frozen=True, slots=True)
class Guard:
    """One way to run Charter. `of` is what it is compared with, by its title."""

    title: str
    workload: str
    contract: str
    env: Mapping[str, str]
    of: str | None = None
    goal: float = report.NO_GOAL

    @property
    def sends(self) -> str:
        """Which requests are sent: without tokens, with tokens, or with tokens of sessions."""
        if self.contract == GUARDED:
            return f"{self.workload} with sessions"
        return f"{self.workload} with nothing" if self.of is None else self.workload


READ = "read one: no guard"
CREATE = "create with two lines: token and policy"
GUARDS = (
    Guard(READ, "read", OPEN, {}),
    Guard("token, remembered", "read", OPEN, {}, READ),
    Guard("token, verified each time", "read", OPEN, NOT_REMEMBERED, READ),
    Guard("token and policy", "read", SHOP, {}, READ),
    Guard("token and rate limit", "read", OPEN, LIMITED, READ),
    Guard("token, policy and session", "read", GUARDED, ACCOUNTS, READ),
    Guard("all of them", "read", GUARDED, ACCOUNTS | LIMITED, READ, 0.6),
    Guard(CREATE, "create", SHOP, {}, CREATE),
    Guard("all of them, and audited", "create", GUARDED, ACCOUNTS | LIMITED, CREATE),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all; the exit status is 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.guards", description=SUMMARY)
    parser.add_argument("--seconds", type=float, default=4.0, help="measured, per guard and round")
    parser.add_argument("--warmup", type=float, default=1.0, help="seconds before each of them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--charter-python", default=charter_python(), metavar="PATH")
    parser.add_argument("--no-save", dest="save", action="store_false", help="only print")
    options = parser.parse_args(arguments)
    console = Console()
    server = next(server for server in SERVERS if server.name == "charter")
    if reason := missing(server, options.charter_python):
        console.print(f"[red]{reason}")
        return 1
    try:
        found = measure(server, options, console)
    except (load.LoadFailed, RuntimeError) as error:
        console.print(str(error), style="red", markup=False)
        return 1
    show(console, found)
    if options.save:
        report.save_guards(RESULTS, found)
        report.write_page(ROOT / "docs" / "benchmarks.md", RESULTS)
    return 0 if all(one.reached for one in found) else 1


def measure(
    server: Server, options: argparse.Namespace, console: Console
) -> list[report.GuardCost]:
    """Every guard, every round: the median of its rounds, beside what it is compared with."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="charter-bench-")))
        with console.status("Making the shop's rows and its databases"):
            data = dataset.make(dataset.Size())
            shop = shop_of(data)
            write_all(directory, shop)
            database = stack.enter_context(postgres())
            urls = fill(server, database, data, shop, options.charter_python, directory)
        running = []
        for place, guard in enumerate(GUARDS):
            own = variant(server, guard, place)
            process = started(own, urls[guard.contract], options.charter_python, directory)
            running.append((guard, stack.enter_context(process)))
        amount = load.Load(options.connections, options.warmup, options.seconds)
        generator = load.Generator(load.build(directory), directory, database.pid, amount)
        samples = sampled(running, generator, urls, options.rounds, console)
    return [cost(guard, samples) for guard in GUARDS]


def variant(server: Server, guard: Guard, place: int) -> Server:
    """Charter, run so that just this guard is on."""
    command = tuple(guard.contract if word == SHOP else word for word in server.command)
    return replace(server, name=f"guard{place}", command=command, env={**CHARTER_ENV, **guard.env})


def write_all(directory: Path, shop: Shop) -> None:
    """The files of requests, by what they send."""
    sessions = Shop(
        tuple(
            Caller(one.owner, token(one.owner, role=[], sid=SESSION + one.owner), one.orders)
            for one in shop.callers
        ),
        shop.products,
    )
    nobody = Shop(tuple(replace(one, token=None) for one in shop.callers), shop.products)
    for name, make in (("read", read_one), ("create", create)):
        for suffix, senders in (
            ("", shop),
            (" with nothing", nobody),
            (" with sessions", sessions),
        ):
            workload = Workload(name + suffix, name, make)
            write_requests(directory / workload.name, workload, senders)


def fill(
    server: Server,
    database: Postgres,
    data: dataset.Dataset,
    shop: Shop,
    charter: str,
    logs: Path,
) -> dict[str, str]:
    """Two databases of the same rows: with accounts and an audit log, and without."""
    plain = database.url
    guarded = plain.rpartition("/")[0] + f"/{GUARDED_DATABASE}"
    asyncio.run(_execute(plain, f"CREATE DATABASE {GUARDED_DATABASE}"))
    prime(server, plain, charter, logs)
    prime(variant(server, GUARDS[-1], 0), guarded, charter, logs)
    asyncio.run(dataset.seed(plain, data))
    given = "ALTER TABLE users ALTER email_verified {} DEFAULT"
    asyncio.run(_execute(guarded, given.format("SET") + " true"))
    asyncio.run(dataset.seed(guarded, data))
    asyncio.run(_execute(guarded, given.format("DROP")))
    asyncio.run(_sign_in(guarded, [caller.owner for caller in shop.callers]))
    return {SHOP: plain, OPEN: plain, GUARDED: guarded}


async def _execute(url: str, text: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(text)
    finally:
        await connection.close()


async def _sign_in(url: str, accounts: Sequence[str]) -> None:
    """A session for each account, as a sign-in leaves it."""
    now = datetime.now(UTC)
    columns = (
        "id", "account", "methods", "level", "signed_in_at", "created_at", "seen_at",
        "expires_at", "ends_at",
    )  # fmt: skip
    later = now + timedelta(days=1)
    rows = [(SESSION + one, one, "pwd", "aal1", now, now, now, later, later) for one in accounts]
    connection = await asyncpg.connect(url)
    try:
        await connection.copy_records_to_table("charter_sessions", records=rows, columns=columns)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def sampled(
    running: Sequence[tuple[Guard, Running]],
    generator: load.Generator,
    urls: Mapping[str, str],
    rounds: int,
    console: Console,
) -> dict[str, list[load.Sample]]:
    """The samples of every guard, by its title."""
    found: dict[str, list[load.Sample]] = {guard.title: [] for guard, _ in running}
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=rounds * len(running))
        for round in range(rounds):
            for guard, process in running[round % len(running) :] + running[: round % len(running)]:
                progress.update(task, description=guard.title)
                found[guard.title].append(load.run(generator, process, guard.sends, round))
                if guard.workload == "create":
                    asyncio.run(dataset.forget_writes(urls[guard.contract]))
                progress.advance(task)
    return found


def cost(guard: Guard, samples: Mapping[str, Sequence[load.Sample]]) -> report.GuardCost:
    """What is left of the throughput that it is compared with."""
    own = samples[guard.title]
    rate = median(one.requests_per_second for one in own)
    base = median(one.requests_per_second for one in samples[guard.of or guard.title])
    return report.GuardCost(
        guard.title,
        rate,
        median(one.server_cpu_us for one in own),
        median(one.database_cpu_us for one in own),
        rate / base,
        guard.goal,
    )


def show(console: Console, found: Sequence[report.GuardCost]) -> None:
    """Print what was found."""
    table = Table(*report.GUARD_HEADINGS, title="Guards")
    for one in found:
        table.add_row(*report.guard_cells(one), style="" if one.reached else "red")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
