"""What came of migrating a large table under load: kept as JSON, and as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MIGRATIONS = "migrations.json"
HEADINGS = (
    *("change", "steps", "expand", "contract", "requests", "failed"),
    *("slowest before", "slowest", "longest wait for a lock"),
)


@dataclass(frozen=True, slots=True)
class Migrated:
    """What came of one kind of change. Times are seconds: `before` is the slowest request while
    nothing was migrated, `slowest` that of all others, `waited` the longest wait for a lock."""

    kind: str
    rows: int
    steps: int
    expand: float
    contract: float
    requests: int
    before: float
    slowest: float
    waited: float
    failures: tuple[str, ...]


def cells(one: Migrated) -> tuple[str, ...]:
    """One line of the table."""
    return (
        one.kind,
        str(one.steps),
        f"{one.expand:.1f} s",
        f"{one.contract:.1f} s",
        f"{one.requests:,}",
        str(len(one.failures)),
        f"{one.before * 1000:.0f} ms",
        f"{one.slowest * 1000:.0f} ms",
        f"{one.waited * 1000:.0f} ms",
    )


def kept(results: Path) -> tuple[Migrated, ...]:
    """What was found so far."""
    path = results / MIGRATIONS
    raw = json.loads(path.read_text()) if path.exists() else []
    return tuple(Migrated(**{**one, "failures": tuple(one["failures"])}) for one in raw)


def keep(results: Path, found: Sequence[Migrated], order: Sequence[str]) -> None:
    """Keep what was found beside what was of other kinds, in this order of kinds."""
    results.mkdir(exist_ok=True)
    by_kind = {one.kind: one for one in (*kept(results), *found)}
    ordered = [asdict(by_kind[kind]) for kind in order if kind in by_kind]
    (results / MIGRATIONS).write_text(json.dumps(ordered, indent=2) + "\n")
