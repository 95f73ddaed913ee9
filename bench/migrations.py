"""Does a migration keep anybody waiting? `python -m bench.migrations`

For each kind of change: a release serves a table of a million rows on PostgreSQL, clients read and
write without pause, `charter migrate apply` runs beside, the new release starts, the old one ends,
and the last phase of the migration runs while clients use the new one. A request that waits for a
lock for longer than the lock timeout fails. Prints what came of each, and keeps it in
`bench/results/`; `python -m bench.page` shows it in `docs/benchmarks.md`. It runs in the
environment of the tests, the page is written in that of the benchmarks.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from bench.migrated import HEADINGS, Migrated, cells, keep
from bench.postgres import postgres
from bench.stock import fill, keys, watched
from charter.access.rates.settings import RatesSettings
from charter.access.settings import AccessSettings
from charter.language.load import load_contract
from charter.migrate.file import written
from charter.migrate.folder import FOLDER, read_folder
from charter.migrate.history import noted
from charter.migrate.migration import Migration
from charter.migrate.planning import Said, planned
from charter.migrate.renames import Answers
from charter.serve.asgi import AsgiApp
from charter.serve.process import Process
from charter.serve.settings.model import ServeSettings, Settings
from charter.store.address import dialect_of
from charter.store.settings import StoreSettings

SUMMARY = "Migrate a large table under load, in every way, and look who had to wait."
LARGE = 1_000_000
LOCK_TIMEOUT = 2.0
"""Seconds, of the migration and of the release alike."""
ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
COMMAND = "import sys; from charter.cli.main import main; sys.exit(main(sys.argv[1:]))"
CONTRACT = """
from datetime import datetime
from decimal import Decimal

from charter import Actor, Contract, Policy, Resource, allow, field

stock = Contract("stock")


@stock.resource
class Maker(Resource):
    name: str = field(max_length=100)


{decorator}
class {name}(Resource):
{fields}
{more}

@stock.policy(Maker)
def maker_policy(maker: Maker, actor: Actor) -> Policy:
    yield allow("*")


@stock.policy({name})
def thing_policy(thing: {name}, actor: Actor) -> Policy:
    yield allow("*")
"""
FIELDS = {
    "name": "str = field(max_length=100)",
    "rank": "int = field(ge=0, default=0)",
    "tag": "str | None = field(default=None, max_length=40)",
}
Written = Callable[[int], dict[str, Any]]


def _names(number: int) -> dict[str, Any]:
    return {"name": f"name {number}"}


def _tags(number: int) -> dict[str, Any]:
    return {"tag": f"written {number}"}


@dataclass(frozen=True, slots=True)
class Side:
    """The contract of one release, and what its clients write."""

    fields: dict[str, str] = field(default_factory=lambda: dict(FIELDS))
    more: str = ""
    decorator: str = "@stock.resource"
    name: str = "Thing"
    writes: Written = _names

    @property
    def text(self) -> str:
        fields = "\n".join(f"    {name}: {text}" for name, text in self.fields.items())
        return CONTRACT.format(
            decorator=self.decorator, name=self.name, fields=fields, more=self.more
        )

    @property
    def path(self) -> str:
        return f"/v1/{self.name.lower()}s"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change: the contract before and after it, and what is said to the plan."""

    name: str
    old: Side
    new: Side
    drops: tuple[str, ...] = ()


def _with(**fields: str) -> dict[str, str]:
    return {**FIELDS, **fields}


def _renamed() -> dict[str, str]:
    fields = {name: text for name, text in FIELDS.items() if name != "tag"}
    return {**fields, "label": 'str | None = field(default=None, max_length=40, was="tag")'}


PLAIN = Side()
KINDS = (
    Kind("add a field", PLAIN, Side(_with(note="str | None = field(default=None)"))),
    Kind("add a required field", PLAIN, Side(_with(size="int = field(ge=0, default=1)"))),
    Kind(
        "require a field",
        replace(PLAIN, writes=_tags),
        Side(_with(tag='str = field(max_length=40, default="none")'), writes=_tags),
    ),
    Kind("make a field optional", PLAIN, Side(_with(rank="int | None = field(ge=0, default=0)"))),
    Kind(
        "make a field unique",
        replace(PLAIN, writes=_tags),
        Side(
            _with(tag="str | None = field(default=None, max_length=40, unique=True)"), writes=_tags
        ),
    ),
    Kind("add an index", PLAIN, Side(more='\n\nstock.index(Thing, "rank", "-name")\n')),
    Kind("add a check", PLAIN, Side(_with(rank="int = field(ge=0, le=10000000, default=0)"))),
    Kind("search a field", PLAIN, Side(_with(name="str = field(max_length=100, search=True)"))),
    Kind(
        "rename a field",
        replace(PLAIN, writes=_tags),
        Side(_renamed(), writes=lambda number: {"label": f"written {number}"}),
    ),
    Kind(
        "change a type",
        replace(PLAIN, writes=lambda number: {"rank": number}),
        Side(
            _with(rank="Decimal = field(ge=0, digits=12, places=2, default=Decimal(0))"),
            writes=lambda number: {"rank": f"{number}.00"},
        ),
    ),
    Kind("refer to another table", PLAIN, Side(_with(maker="Maker | None = None"))),
    Kind(
        "drop a field",
        replace(PLAIN, writes=_tags),
        Side({name: text for name, text in FIELDS.items() if name != "tag"}),
        drops=("things.tag",),
    ),
    Kind(
        "rename a table",
        PLAIN,
        Side(decorator='@stock.resource(was="Thing")', name="Item"),
    ),
    Kind(
        "add a table",
        PLAIN,
        Side(more="    \n\n@stock.resource\nclass Shelf(Resource):\n    thing: Thing\n\n"
             "@stock.policy(Shelf)\ndef shelf_policy(shelf: Shelf, actor: Actor) -> Policy:\n"
             '    yield allow("*")\n'),
    ),
)  # fmt: skip


@dataclass
class Heard:
    """What clients were answered: how many requests, the longest one (s), and those that failed."""

    requests: int = 0
    slowest: float = 0.0
    waited: float = 0.0
    """The longest that the server has seen one of them wait for a lock (s)."""
    failures: list[str] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.waited = max(self.waited, seconds)

    def note(self, answer: httpx2.Response, seconds: float) -> None:
        self.requests += 1
        self.slowest = max(self.slowest, seconds)
        if answer.status_code >= 400:
            said = f"{answer.request.method} {answer.status_code}: {answer.text[:300]}"
            self.failures.append(said)


async def measured(kind: Kind, url: str, folder: Path, rows: int) -> Migrated:
    """Make the database of the old contract, migrate it under load, and tell how it went."""
    old = await _released(kind.old, url, folder / "old", ())
    steps = _planned(kind, folder, dialect_of(url))
    await fill(url, rows)
    before, heard = Heard(), Heard()
    path = folder / "new" / "contract.py"
    chosen = await keys(url)
    async with _clients(kind.old, old, chosen, before):
        await asyncio.sleep(1)
    async with watched(url, heard.wait), _clients(kind.old, old, chosen, heard):
        started = time.perf_counter()
        await _apply(path, url)
        expand = time.perf_counter() - started
        migrations = read_folder(path.parent / FOLDER)
        new = await _released(kind.new, url, folder / "new", noted(migrations))
        async with _clients(kind.new, new, chosen, heard):
            await asyncio.sleep(0.5)
    await old.stop()
    async with watched(url, heard.wait), _clients(kind.new, new, chosen, heard):
        started = time.perf_counter()
        await _apply(path, url, *steps)
        contract = time.perf_counter() - started
    await new.stop()
    number = len(migrations[-1].changes[dialect_of(url)].steps)
    return Migrated(
        kind.name, rows, number, expand, contract, heard.requests, before.slowest, heard.slowest,
        heard.waited, tuple(before.failures + heard.failures),
    )  # fmt: skip


def _planned(kind: Kind, folder: Path, dialect: str) -> list[str]:
    """Write both migrations beside the new contract; the words that allow its last steps."""
    new = folder / "new"
    (new / FOLDER).mkdir(parents=True)
    (new / "contract.py").write_text(kind.new.text)
    so_far: list[Migration] = []
    for name, side, drops in (("1_first", "old", ()), ("2_change", "new", kind.drops)):
        contract = load_contract(folder / side / "contract.py")
        said = Said(Answers(drops=frozenset(drops)))
        found = planned(contract, so_far, [dialect], name, said)
        if found is None:
            raise AssertionError(f"{kind.name} changes nothing")
        (new / FOLDER / f"{name}.toml").write_text(written(found))
        so_far.append(found)
    lossy = [step.name for step in so_far[-1].changes[dialect].steps if step.loses]
    return [word for name in lossy for word in ("--allow", name)]


async def _released(side: Side, url: str, folder: Path, known: Sequence[Any]) -> Process:
    path = _contract(side, folder)
    settings = Settings(
        serve=ServeSettings(database=url, docs=False),
        store=StoreSettings(lock_timeout=LOCK_TIMEOUT),
        auth=AccessSettings(secret="a secret of the benchmark, and of nothing else"),
        rates=RatesSettings(enabled=False),
    )
    process = Process(load_contract(path), settings, noted=tuple(known))
    await process.start()
    return process


def _contract(side: Side, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "contract.py"
    path.write_text(side.text)
    return path


def _plain_environment() -> dict[str, str]:
    """Without what would be a setting of the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CHARTER_")}


async def _apply(path: Path, url: str, *more: str) -> None:
    """`charter migrate apply` in a process of its own. Raises AssertionError with what it says."""
    command = [sys.executable, "-c", COMMAND, "migrate", "apply", str(path), "--database", url]
    process = await asyncio.create_subprocess_exec(
        *command, "--lock-timeout", f"{LOCK_TIMEOUT:g}", *more,
        env={**_plain_environment(), "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    # 3: what loses data has to be named, which is for the last phase.
    if process.returncode not in ({0} if more else {0, 3}):
        raise AssertionError(said.decode())


@asynccontextmanager
async def _clients(
    side: Side, process: Process, keys: Sequence[str], heard: Heard
) -> AsyncIterator[None]:
    """Two that read, one that lists, two that write and one that creates, without pause."""
    transport = httpx2.ASGITransport(AsgiApp(process))
    done = asyncio.Event()
    async with httpx2.AsyncClient(transport=transport, base_url="http://stock") as http:

        async def one(method: str, number: int) -> None:
            while not done.is_set():
                number += 1
                key = keys[number * 7919 % len(keys)]
                target, body = f"{side.path}/{key}", None
                match method:
                    case "LIST":
                        target = f"{side.path}?limit=20"
                    case "POST":
                        target, body = side.path, {"name": f"made {number}", **side.writes(number)}
                    case "PATCH":
                        body = side.writes(number)
                started = time.perf_counter()
                verb = "GET" if method == "LIST" else method
                answer = await http.request(verb, target, json=body)
                heard.note(answer, time.perf_counter() - started)

        first = time.monotonic_ns() % 10**9
        methods = ("GET", "GET", "LIST", "PATCH", "PATCH", "POST")
        tasks = [
            asyncio.create_task(one(method, first + 10**9 * place))
            for place, method in enumerate(methods)
        ]
        try:
            yield
        finally:
            done.set()
            await asyncio.gather(*tasks)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all kinds; the exit status is 1 where a request failed or waited for too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.migrations", description=SUMMARY)
    parser.add_argument("--rows", type=int, default=LARGE, help="rows of the table")
    parser.add_argument("--kind", action="append", help="only this kind; may be given again")
    parser.add_argument("--no-save", dest="save", action="store_false", help="only print")
    options = parser.parse_args(arguments)
    console = Console()
    chosen = [kind for kind in KINDS if not options.kind or kind.name in options.kind]
    found = []
    for kind in chosen:
        with (
            console.status(f"{kind.name}, with {options.rows:,} rows"),
            postgres() as server,
            tempfile.TemporaryDirectory(prefix="charter-bench-") as folder,
        ):
            found.append(asyncio.run(measured(kind, server.url, Path(folder), options.rows)))
        console.print(line(found[-1]), highlight=False, soft_wrap=True)
        for failure in found[-1].failures[:3]:
            console.print(failure, style="red", markup=False)
        if options.save:
            keep(RESULTS, found, [kind.name for kind in KINDS])
    show(console, found)
    well = all(not one.failures and one.waited < LOCK_TIMEOUT for one in found)
    return 0 if well else 1


def line(one: Migrated) -> str:
    """One kind, while the others are still to come."""
    slowest = f"slowest {one.slowest * 1000:.0f} ms ({one.before * 1000:.0f} ms before)"
    waited = f"longest wait for a lock {one.waited * 1000:.0f} ms"
    took = f"expand {one.expand:.0f} s, contract {one.contract:.0f} s"
    failed = f"{one.requests:,} requests, {len(one.failures)} failed"
    return f"{one.kind}: {failed}, {slowest}, {waited}; {took}"


def show(console: Console, found: Sequence[Migrated]) -> None:
    """A row for each kind."""
    table = Table(*HEADINGS)
    for one in found:
        table.add_row(*cells(one))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
