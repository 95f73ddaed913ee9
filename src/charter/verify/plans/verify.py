"""The whole of it: fill two databases, run every shape on both, judge, and prove advice."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from charter.contract.contract import Contract
from charter.verify.data.fill import SEED, Filled, fill
from charter.verify.data.sizes import quarter_of, sizes_of
from charter.verify.plans.advice import Advice, Lab, advised
from charter.verify.plans.judge import Finding, judged
from charter.verify.plans.measure import Bench, Measured, bench_of, measured
from charter.verify.plans.shape import Origin
from charter.verify.plans.shapes import Shapes, shapes_of
from charter.verify.scratch.open import scratch_beside
from charter.wire.rest.settings import RestSettings

Stage = Callable[[str, int], None]
"""Is told what is being done, and how much of it more is done."""
FILLING, RUNNING, TRYING = "filling", "running", "trying"


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


async def verified_plans(asked: Asked, tell: Stage) -> Report:
    """Fill scratch databases beside the one of a URL, and report. They are gone in the end.

    Raises what `scratch_beside` and `fill` raise.
    """
    contract = asked.contract
    sizes = dict(asked.rows) or sizes_of(contract)
    async with AsyncExitStack() as stack:
        benches: list[Bench] = []
        runs: list[Measured] = []
        shapes = Shapes((), 0)
        for rows in (quarter_of(sizes), sizes):
            scratch = await stack.enter_async_context(scratch_beside(asked.url))
            filled = await fill(
                contract, scratch, rows, asked.seed, lambda _, more: tell(FILLING, more)
            )
            if not shapes.found:
                shapes = shapes_of(contract, scratch.dialect, asked.rest)
            bench = await bench_of(scratch, filled, shapes.compiled)
            benches.append(bench)
            runs.append(await measured(bench, shapes.compiled, lambda: tell(RUNNING, 1)))
        small, large = benches
        dialect = large.scratch.dialect
        findings = judged(contract, dialect, shapes.compiled, *runs)
        wanted = [one for one in findings if asked.filters or one.origin is Origin.CONTRACT]
        lab = Lab(contract, dialect, small, large)
        advice = await advised(lab, wanted, lambda _: tell(TRYING, 1))
        return Report(
            contract,
            dialect.name,
            large.samples.filled.sizes,
            shapes,
            findings,
            advice,
            _failed(shapes, runs[1]),
        )


def _failed(shapes: Shapes, run: Measured) -> tuple[tuple[str, str], ...]:
    found = {}
    for compiled in shapes.compiled:
        for explained in run[compiled.statement.text].values():
            if explained.error and explained.error != "it took too long":
                found[compiled.shape.name] = explained.error
    return tuple(found.items())


__all__ = ["Asked", "Filled", "Report", "verified_plans"]
