"""The gate: every area of a contract that others rely on, compared with what it was."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from charter.contract.contract import Contract
from charter.plan.breaking.answers import changed_answers
from charter.plan.breaking.errors import changed_errors
from charter.plan.breaking.events import changed_events
from charter.plan.breaking.finding import Finding, Severity
from charter.plan.breaking.graphql import changed_graphql, renamed_graphql
from charter.plan.breaking.grpc import changed_grpc, renamed_grpc
from charter.plan.breaking.inputs import changed_inputs
from charter.plan.breaking.numbering import Numbering, moved_numbers
from charter.plan.breaking.paths import changed_paths, renamed_paths
from charter.plan.breaking.permissions import changed_permissions
from charter.plan.breaking.queries import changed_queries
from charter.plan.breaking.renames import (
    Sides,
    renamed_answers,
    renamed_inputs,
    renamed_queries,
    sides_of,
)
from charter.plan.breaking.stored import changed_storage, renamed_storage
from charter.plan.breaking.version import Verdict, step_of, verdict


@dataclass(frozen=True, slots=True)
class Area:
    """One kind of change. `versioned` where clients notice it, so that the version has to say so.

    What happens to stored data is not: a migration refuses to lose anything that was not named.
    """

    name: str
    title: str
    compare: Callable[[Contract, Contract], Iterator[Finding]]
    renamed: Callable[[Sides], Iterator[Finding]] | None = None
    """What is there under another name, where the area has names."""
    versioned: bool = True
    numbered: bool = False
    """Whether what it has is known to clients by numbers."""

    def findings(self, sides: Sides) -> Iterator[Finding]:
        if self.renamed is not None:
            yield from self.renamed(sides)
        yield from self.compare(sides.named, sides.new)


AREAS: tuple[Area, ...] = (
    Area("paths", "REST: paths", changed_paths, renamed_paths),
    Area("inputs", "REST: requests", changed_inputs, renamed_inputs),
    Area("answers", "REST: answers", changed_answers, renamed_answers),
    Area("queries", "REST: queries", changed_queries, renamed_queries),
    Area("errors", "REST: errors of commands", changed_errors),
    Area("graphql", "GraphQL", changed_graphql, renamed_graphql),
    Area("grpc", "gRPC", changed_grpc, renamed_grpc, numbered=True),
    Area("events", "Events", changed_events),
    Area("storage", "Stored data", changed_storage, renamed_storage, versioned=False),
    Area("permissions", "Permissions", changed_permissions),
)
_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Part:
    """What changed in one area, what breaks first."""

    area: Area
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All that changed, and what it means for the version. Areas without a change are left out."""

    parts: tuple[Part, ...]
    version: Verdict

    def count(self, severity: Severity) -> int:
        return sum(1 for part in self.parts for item in part.findings if item.severity is severity)


def compare(
    old: Contract, new: Contract, numbers: tuple[Numbering, Numbering] | None = None
) -> Report:
    """What the change from one contract to another means for those who rely on it. `numbers` are
    those of gRPC before and after, where both are known."""
    sides = sides_of(old, new)
    moved = () if numbers is None else tuple(moved_numbers(*numbers))
    parts = tuple(
        Part(area, _ordered(chain(area.findings(sides), moved if area.numbered else ())))
        for area in AREAS
    )
    told = (item for part in parts if part.area.versioned for item in part.findings)
    step = step_of(told)
    return Report(
        tuple(part for part in parts if part.findings), verdict(old.version, new.version, step)
    )


def _ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    once = dict.fromkeys(found)
    return tuple(sorted(once, key=lambda item: (_ORDER.index(item.severity), item.subject)))
