"""The whole of it: fill two databases, run every shape on both, judge, and prove advice."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from charter.contract.contract import Contract
from charter.verify.data.fill import SEED, fill
from charter.verify.data.sizes import quarter_of, sizes_of
from charter.verify.plans.advice import Advice, Lab, advised, lasting
from charter.verify.plans.judge import Finding, judged
from charter.verify.plans.measure import Bench, Measured, bench_of, measured
from charter.verify.plans.shape import Origin
from charter.verify.plans.shapes import Shapes, shapes_of
from charter.verify.scratch.open import scratch_beside
from charter.wire.rest.settings import RestSettings


class Stage(StrEnum):
    """What is being done."""

    FILLING = "rows made"
    RUNNING = "statements run"
    TRYING = "indexes tried"


class Watch(Protocol):
    """Whoever wants to see how far it is."""

    def begin(self, stage: Stage, total: int | None) -> None:
        """A stage begins; `total` is how much there is to do, where that is known."""

    def advance(self, stage: Stage, more: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What to verify, and how. `filters` also looks for indexes for what clients choose."""

    contract: Contract
    url: str | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    seed: int = SEED
    filters: bool = False
    rest: RestSettings = field(default_factory=RestSettings)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. `failed` are statements that the database refused, with its words."""

    contract: Contract
    dialect: str
    sizes: Mapping[str, int]
    shapes: Shapes
    findings: tuple[Finding, ...]
    advice: tuple[Advice, ...]
    failed: tuple[tuple[str, str], ...] = ()

    def helped(self, finding: Finding) -> bool:
        """Whether advice takes the trouble from the worst statement of a finding."""
        return any(
            proof.name == finding.worst.shape.name
            for advice in self.advice
            for proof in advice.proofs
        )

    @property
    def own(self) -> tuple[Finding, ...]:
        """The findings that every client meets."""
        return tuple(one for one in self.findings if one.origin is Origin.CONTRACT)

    @property
    def chosen(self) -> tuple[Finding, ...]:
        """The findings that depend on what clients filter and sort by."""
        return tuple(one for one in self.findings if one.origin is Origin.CLIENT)


async def verified_plans(asked: Asked, watch: Watch) -> Report:
    """Fill scratch databases beside the one of a URL, and report. They are gone in the end.

    Raises what `scratch_beside` and `fill` raise.
    """
    contract = asked.contract
    sizes = dict(asked.rows) or sizes_of(contract)
    async with AsyncExitStack() as stack:
        benches: list[Bench] = []
        runs: list[Measured] = []
        shapes = Shapes((), 0)
        quarter = quarter_of(sizes)
        watch.begin(Stage.FILLING, sum(sizes.values()) + sum(quarter.values()))
        for rows in (quarter, sizes):
            scratch = await stack.enter_async_context(scratch_beside(asked.url))
            filled = await fill(contract, scratch, rows, asked.seed, _filling(watch))
            if not shapes.found:
                shapes = shapes_of(contract, scratch.dialect, asked.rest)
                watch.begin(Stage.RUNNING, 2 * len(shapes.compiled))
            bench = await bench_of(scratch, filled, shapes.compiled)
            benches.append(bench)
            runs.append(await measured(bench, shapes.compiled, _telling(watch, Stage.RUNNING)))
        small, large = benches
        dialect = large.scratch.dialect
        lab = Lab(contract, dialect, small, large)
        findings = await lasting(lab, judged(contract, dialect, shapes.compiled, *runs))
        wanted = [one for one in findings if asked.filters or one.origin is Origin.CONTRACT]
        watch.begin(Stage.TRYING, None)
        advice = await advised(lab, wanted, _telling(watch, Stage.TRYING))
        return Report(
            contract,
            dialect.name,
            large.samples.filled.sizes,
            shapes,
            findings,
            advice,
            _failed(shapes, runs[1]),
        )


def _filling(watch: Watch) -> Callable[[str, int], None]:
    return lambda _, more: watch.advance(Stage.FILLING, more)


def _telling(watch: Watch, stage: Stage) -> Callable[[], None]:
    return lambda: watch.advance(stage, 1)


def _failed(shapes: Shapes, run: Measured) -> tuple[tuple[str, str], ...]:
    found = {}
    for compiled in shapes.compiled:
        for explained in run[compiled.statement.text].values():
            if explained.error and explained.error != "it took too long":
                found[compiled.shape.name] = explained.error
    return tuple(found.items())
