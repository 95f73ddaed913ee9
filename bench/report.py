"""From samples to tables: in the terminal, as JSON, and as the page docs/benchmarks.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench import markdown, migrated, spoken
from bench.load import Sample
from bench.servers import SERVERS
from bench.workloads import WORKLOADS

COMPARISON = "comparison.json"
GROWTH = "growth.json"
SCALE = "scale.json"
GUARDS = "guards.json"
SUBJECT = "charter"
ALONE = "charter_sqlite"
"""Shown, and not compared: no other server runs on SQLite."""
TITLES = {server.name: server.title for server in SERVERS}
NO_GOAL = 0.0

GOALS: Mapping[str, Mapping[str, float]] = {
    "read": {"fastapi": 8.0, "fastify": 1.0, "floor": 0.7},
    "list": {"fastapi": 10.0, "fastify": 1.0, "floor": 0.7},
    "nested": {"fastapi": 20.0, "fastify": 1.0, "floor": 0.7},
    "create": {"fastapi": 5.0, "fastify": 1.0, "floor": 0.7},
    "mixed": {"fastify": 1.0, "floor": 0.7},
}
"""How many times as many requests per second Charter is to answer, by workload and server."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and when the samples were taken."""

    when: str
    cpus: int
    memory_gib: int
    system: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """One run: the machine, how it was measured, and every sample."""

    machine: Machine
    connections: int
    seconds: float
    rounds: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One server under one workload: the medians of its rounds."""

    server: str
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    database_cpu_us: float
    memory_mib: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """Charter's requests per second as a multiple of another server's, and the goal if any."""

    other: str
    value: float
    goal: float

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return None if self.goal == NO_GOAL else self.value >= self.goal


@dataclass(frozen=True, slots=True)
class Growth:
    """One thing measured small and large, and whether the goal is reached."""

    what: str
    small: str
    large: str
    goal: str
    reached: bool


HEADINGS = (
    *("server", "requests/s", "p50 ms", "p99 ms"),
    *("server CPU µs", "database CPU µs", "memory MiB"),
)


@dataclass(frozen=True, slots=True)
class GuardCost:
    """What is left of the requests per second with some guards on, and how much has to be."""

    title: str
    requests_per_second: float
    server_cpu_us: float
    database_cpu_us: float
    left: float
    goal: float

    @property
    def reached(self) -> bool:
        return self.goal == NO_GOAL or self.left >= self.goal


GUARD_HEADINGS = ("guards", "requests/s", "server CPU µs", "database CPU µs", "left", "goal")


def guard_cells(one: GuardCost) -> tuple[str, ...]:
    """One line of the table of guards."""
    return (
        one.title,
        f"{one.requests_per_second:,.0f}",
        f"{one.server_cpu_us:,.0f}",
        f"{one.database_cpu_us:,.0f}",
        f"{one.left:.2f}",
        "–" if one.goal == NO_GOAL else f"{one.goal:g}",
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """The median of one kind of read, among so many orders, on one database."""

    database: str
    what: str
    orders: int
    p50_ms: float


def scale_headings(found: Sequence[Scale]) -> tuple[str, ...]:
    sizes = dict.fromkeys(one.orders for one in found)
    return ("read", "database", *(f"{size:,}" for size in sizes))


def scale_rows(found: Sequence[Scale]) -> list[tuple[str, ...]]:
    """A row for each kind of read on each database, with a median for each size."""
    kinds = dict.fromkeys((one.what, one.database) for one in found)
    return [
        (
            *kind,
            *(f"{one.p50_ms:.2f}" for one in found if (one.what, one.database) == kind),
        )
        for kind in sorted(kinds, key=lambda kind: kind[0])
    ]


def lines(result: Result, workload: str) -> list[Line]:
    """The workload's lines, in the order of the table of servers."""
    found = []
    for server in TITLES:
        rounds = [s for s in result.samples if (s.server, s.workload) == (server, workload)]
        if rounds:
            found.append(
                Line(
                    server,
                    median(s.requests_per_second for s in rounds),
                    median(s.p50_ms for s in rounds),
                    median(s.p99_ms for s in rounds),
                    median(s.server_cpu_us for s in rounds),
                    median(s.database_cpu_us for s in rounds),
                    max(s.memory_mib for s in rounds),
                )
            )
    return found


def ratios(measured: Sequence[Line], workload: str) -> list[Ratio]:
    """Charter against each other server of the workload; empty when Charter did not run."""
    rates = {line.server: line.requests_per_second for line in measured}
    if SUBJECT not in rates:
        return []
    goals = GOALS.get(workload, {})
    return [
        Ratio(other, rates[SUBJECT] / rate, goals.get(other, NO_GOAL))
        for other, rate in rates.items()
        if other not in (SUBJECT, ALONE)
    ]


def cells(line: Line) -> tuple[str, ...]:
    """The line as text, in the order of `HEADINGS`."""
    return (
        TITLES[line.server],
        f"{line.requests_per_second:,.0f}",
        f"{line.p50_ms:.2f}",
        f"{line.p99_ms:.2f}",
        f"{line.server_cpu_us:,.0f}",
        f"{line.database_cpu_us:,.0f}",
        f"{line.memory_mib:,.0f}",
    )


def show(console: Console, result: Result) -> None:
    """Print a table for each workload, with the ratios under it."""
    for workload in WORKLOADS:
        measured = lines(result, workload.name)
        if not measured:
            continue
        table = Table(title=workload.title, title_justify="left")
        table.add_column(HEADINGS[0])
        for heading in HEADINGS[1:]:
            table.add_column(heading, justify="right")
        for line in measured:
            table.add_row(*cells(line), style="bold" if line.server == SUBJECT else None)
        console.print(table)
        for ratio in ratios(measured, workload.name):
            style = {True: "green", False: "red", None: "dim"}[ratio.met]
            goal = "" if ratio.met is None else f" (goal {ratio.goal:g}×)"
            text = f"  Charter is {ratio.value:.2f}× {TITLES[ratio.other]}{goal}"
            console.print(text, style=style)


def save(directory: Path, result: Result) -> Path:
    """Write the result as JSON and return where."""
    directory.mkdir(exist_ok=True)
    path = directory / COMPARISON
    path.write_text(json.dumps(asdict(result), indent=1) + "\n")
    return path


def save_growth(directory: Path, found: Sequence[Growth]) -> None:
    """Keep what was found about growth as JSON."""
    directory.mkdir(exist_ok=True)
    (directory / GROWTH).write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")


def save_guards(directory: Path, found: Sequence[GuardCost]) -> None:
    """Keep what was found."""
    directory.mkdir(exist_ok=True)
    text = json.dumps([asdict(one) for one in found], indent=1)
    (directory / GUARDS).write_text(f"{text}\n")


def save_scale(directory: Path, found: Sequence[Scale]) -> None:
    """Keep what was found."""
    directory.mkdir(exist_ok=True)
    text = json.dumps([asdict(one) for one in found], indent=1)
    (directory / SCALE).write_text(f"{text}\n")


def load_result(path: Path) -> Result:
    """The result that `save` wrote."""
    raw = json.loads(path.read_text())
    raw["machine"] = Machine(**raw["machine"])
    raw["samples"] = tuple(Sample(**sample) for sample in raw["samples"])
    return Result(**raw)


def write_page(page: Path, results: Path) -> None:
    """Write the documentation page from the kept results of the comparison and of growth."""
    text = list(_introduction())
    if (results / COMPARISON).exists():
        text += _comparison(load_result(results / COMPARISON))
    if (results / GROWTH).exists():
        kept = json.loads((results / GROWTH).read_text())
        text += _growth([Growth(**one) for one in kept])
    if (results / SCALE).exists():
        kept = json.loads((results / SCALE).read_text())
        text += _scale([Scale(**one) for one in kept])
    if (results / GUARDS).exists():
        kept = json.loads((results / GUARDS).read_text())
        text += _guards([GuardCost(**one) for one in kept])
    text += spoken.page(results)
    text += _migrations(migrated.kept(results))
    page.parent.mkdir(exist_ok=True)
    page.write_text("\n".join(text).rstrip() + "\n")


def _introduction() -> Iterator[str]:
    yield from (Path(__file__).with_name("page.md").read_text().rstrip(), "")


def _comparison(result: Result) -> Iterator[str]:
    machine = result.machine
    versions = ", ".join(f"{name} {number}" for name, number in machine.versions.items())
    yield from ("## The comparison", "")
    yield (
        f"Measured on {machine.when}: {machine.cpus} cores shared by server, PostgreSQL and load "
        f"generator, {machine.memory_gib} GiB, {machine.system}; {result.connections} connections, "
        f"{result.rounds} rounds of {result.seconds:g} s. {versions}."
    )
    yield ""
    for workload in WORKLOADS:
        measured = lines(result, workload.name)
        if not measured:
            continue
        yield from (f"### {workload.title[0].upper()}{workload.title[1:]}", "")
        yield from markdown.table(HEADINGS, [cells(line) for line in measured])
        rows = [
            (TITLES[ratio.other], f"{ratio.value:.2f}×", *_goal_cells(ratio))
            for ratio in ratios(measured, workload.name)
        ]
        if rows:
            yield from markdown.table(("Charter against", "requests/s", "goal", "reached"), rows)


def _goal_cells(ratio: Ratio) -> tuple[str, str]:
    if ratio.met is None:
        return "–", "–"
    return f"{ratio.goal:g}×", yes(ratio.met)


def _growth(found: Sequence[Growth]) -> Iterator[str]:
    yield from ("## Growth", "", "Charter on SQLite (`python -m bench.growth`).", "")
    rows = [(one.what, one.small, one.large, one.goal, yes(one.reached)) for one in found]
    yield from markdown.table(("what", "small", "large", "goal", "reached"), rows)


def _scale(found: Sequence[Scale]) -> Iterator[str]:
    yield from (
        "### By database",
        "",
        "One client, the median in milliseconds among so many orders, three lines each "
        "(`python -m bench.scale`).",
        "",
        "![Medians by the number of orders, on each database](scale.svg)",
        "",
    )
    yield from markdown.table(scale_headings(found), scale_rows(found))


def _guards(found: Sequence[GuardCost]) -> Iterator[str]:
    yield from (
        "## Guards",
        "",
        "What each guard costs, Charter on PostgreSQL (`python -m bench.guards`). A session is "
        "looked up at every request, so that whoever is signed out is out at once.",
        "",
    )
    yield from markdown.table(GUARD_HEADINGS, [guard_cells(one) for one in found])


def _migrations(found: Sequence[migrated.Migrated]) -> Iterator[str]:
    if not found:
        return
    rows = f"{found[0].rows:,}"
    yield from (
        "## Migrations under load",
        "",
        f"Each kind of change on a table of {rows} rows in PostgreSQL, while six clients read, "
        "list, write and create without pause (`python -m bench.migrations`). *Expand* runs "
        "beside the old release, *contract* beside the new one. No request may fail, and none "
        "may wait for a lock for as long as the lock timeout, 2 s. Clients, release and "
        "PostgreSQL share two cores with the migration and with other work on the machine, so "
        "the slowest request says little by itself; *slowest before* is that of one second "
        "without a migration.",
        "",
    )
    yield from markdown.table(migrated.HEADINGS, [migrated.cells(one) for one in found])


def yes(reached: bool) -> str:
    """Whether a goal is reached, in a word."""
    return "yes" if reached else "no"
