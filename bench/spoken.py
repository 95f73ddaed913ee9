"""What was found about GraphQL, gRPC and live changes, and which goals it reaches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles

from bench import markdown
from bench.fanout import Told
from bench.load import Sample

PROTOCOLS = "protocols.json"
NO_GOAL = 0.0
TOLD_HEADINGS = ("server", "subscribers", "p50 ms", "p99 ms", "slowest ms")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One server under one kind of load: the medians of its rounds. Rates and CPU are by `unit`
    (a request, or a row of a stream)."""

    what: str
    unit: str
    server: str
    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    database_cpu_us: float
    generator_cpu_us: float
    memory_mib: float
    ratio: float
    """Charter's rate as a multiple of this one."""
    goal: float

    @property
    def reached(self) -> bool:
        return self.goal == NO_GOAL or self.ratio >= self.goal

    @property
    def generator_share(self) -> float:
        """How much of one core the generator had to do."""
        return self.generator_cpu_us * self.per_second / 1e6


def spoken(
    what: str,
    unit: str,
    samples: Mapping[str, Sequence[Sample]],
    goals: Mapping[str, float],
    units: int = 1,
) -> list[Spoken]:
    """The lines of a table. `samples` are by the titles of the servers, Charter's first; each
    answer has so many `units`."""
    rates = {
        title: median(one.requests_per_second for one in found) * units
        for title, found in samples.items()
    }
    subject = next(iter(rates.values()))
    return [
        Spoken(
            what,
            unit,
            title,
            rates[title],
            median(one.p50_ms for one in found),
            median(one.p99_ms for one in found),
            median(one.server_cpu_us for one in found) / units,
            median(one.database_cpu_us for one in found) / units,
            median(one.generator_cpu_us for one in found) / units,
            max(one.memory_mib for one in found),
            subject / rates[title],
            goals.get(title, NO_GOAL),
        )
        for title, found in samples.items()
    ]


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of what was measured in the same way."""

    title: str
    headings: Sequence[str]
    lines: Sequence[Spoken]


def tables(found: Sequence[Spoken]) -> list[Table]:
    """A table for each thing that was measured, in the order in which it was."""
    by: dict[tuple[str, str], list[Spoken]] = {}
    for one in found:
        by.setdefault((one.what, one.unit), []).append(one)
    return [Table(what, headings(unit), lines) for (what, unit), lines in by.items()]


def headings(unit: str) -> tuple[str, ...]:
    """The headings of a table whose rates and CPU are by this unit."""
    return (
        *("server", f"{unit}s/s", "p50 ms", "p99 ms", "server CPU µs", "database CPU µs"),
        *("memory MiB", "Charter is", "goal", "reached"),
    )


def cells(one: Spoken) -> tuple[str, ...]:
    """One line of a table, in the order of its headings."""
    compared = one.goal != NO_GOAL
    return (
        one.server,
        f"{one.per_second:,.0f}",
        f"{one.p50_ms:.2f}",
        f"{one.p99_ms:.2f}",
        f"{one.server_cpu_us:,.1f}",
        f"{one.database_cpu_us:,.1f}",
        f"{one.memory_mib:,.0f}",
        f"{one.ratio:.2f}×",
        f"{one.goal:g}×" if compared else "–",
        ("yes" if one.reached else "no") if compared else "–",
    )


def told_cells(told: Told) -> tuple[str, ...]:
    """One line of the table of changes, in the order of `TOLD_HEADINGS`."""
    hundredths = quantiles(told.each_ms, n=100, method="inclusive")
    figures = (median(told.each_ms), hundredths[98], max(told.each_ms))
    return (told.server, f"{told.subscribers:,}", *(f"{figure:.1f}" for figure in figures))


@dataclass(frozen=True, slots=True)
class Kept:
    """All that was found, of one run or of several, and with which versions of what."""

    lines: Sequence[Spoken] = ()
    told: Sequence[Told] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def and_before(self, before: Kept) -> Kept:
        """What was not measured this time stays as it was."""
        lines = {(one.what, one.server): one for one in (*before.lines, *self.lines)}
        told = {one.server: one for one in (*before.told, *self.told)}
        return Kept(
            tuple(lines.values()), tuple(told.values()), {**before.versions, **self.versions}
        )


def save(directory: Path, found: Kept) -> None:
    """Keep what was found."""
    directory.mkdir(exist_ok=True)
    text = json.dumps(asdict(found.and_before(kept(directory))), indent=1)
    (directory / PROTOCOLS).write_text(f"{text}\n")


def kept(directory: Path) -> Kept:
    """What `save` has kept, if it has."""
    path = directory / PROTOCOLS
    if not path.exists():
        return Kept()
    raw = json.loads(path.read_text())
    told = [Told(one["server"], one["subscribers"], tuple(one["each_ms"])) for one in raw["told"]]
    return Kept([Spoken(**one) for one in raw["lines"]], told, raw["versions"])


def page(directory: Path) -> Iterator[str]:
    """What there is of it on the documentation page."""
    found = kept(directory)
    if not found.lines and not found.told:
        return
    yield from (Path(__file__).with_name("spoken.md").read_text().rstrip(), "")
    versions = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    yield from (f"Versions: {versions}.", "")
    for table in tables(found.lines):
        yield from (f"### {table.title}", "")
        yield from markdown.table(table.headings, [cells(one) for one in table.lines])
    if found.told:
        yield from ("### Changes told", "")
        yield from markdown.table(TOLD_HEADINGS, [told_cells(one) for one in found.told])
