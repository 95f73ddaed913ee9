"""Runs every shape on a filled database, and keeps how it was run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.verify.data.fill import Filled
from charter.verify.plans import explain_mysql, explain_postgres, explain_sqlite
from charter.verify.plans.explained import Explained
from charter.verify.plans.samples import Rank, Samples, samples_of
from charter.verify.plans.shapes import Compiled
from charter.verify.scratch.model import Ran, Scratch

Read = Callable[[str, Ran], Explained]
READERS: Mapping[str, Read] = MappingProxyType(
    {
        SQLITE.name: explain_sqlite.explained,
        POSTGRES.name: explain_postgres.explained,
        MYSQL.name: explain_mysql.explained,
    }
)


@dataclass(frozen=True)
class Bench:
    """A filled scratch database, and the values with which shapes are run on it."""

    scratch: Scratch
    samples: Samples
    read: Read = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", READERS[self.scratch.dialect.name])

    async def run(self, compiled: Compiled, rank: Rank) -> Explained:
        """Run one shape and tell how it was run."""
        sources = self.samples.sources(compiled.shape, rank)
        arguments = compiled.statement.arguments(sources)
        text = compiled.statement.text
        return self.read(text, await self.scratch.explain(text, arguments))

    async def run_both(self, compiled: Compiled) -> dict[Rank, Explained]:
        """For what is popular and for what is usual; once where there is nothing to choose."""
        usual = await self.run(compiled, Rank.USUAL)
        if not compiled.statement.binds:
            return {Rank.USUAL: usual}
        return {Rank.USUAL: usual, Rank.POPULAR: await self.run(compiled, Rank.POPULAR)}


Measured = Mapping[str, Mapping[Rank, Explained]]
"""By the text of the statement."""


async def bench_of(scratch: Scratch, filled: Filled, shapes: Sequence[Compiled]) -> Bench:
    samples = await samples_of(filled, scratch, [one.shape for one in shapes])
    return Bench(scratch, samples)


async def measured(
    bench: Bench, shapes: Sequence[Compiled], progress: Callable[[], None]
) -> Measured:
    """All shapes, one after the other. `progress` is called for each."""
    found: dict[str, dict[Rank, Explained]] = {}
    for compiled in shapes:
        found[compiled.statement.text] = await bench.run_both(compiled)
        progress()
    return found
