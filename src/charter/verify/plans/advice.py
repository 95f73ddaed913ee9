"""Which indexes would help, proven: each is made on the filled databases, and every statement that
it is for is run again. What does not help is not advised.

Of all that help the least set is chosen: the one that serves most first, and in the end none that
the others make unnecessary. What an index costs is measured as well: its bytes, and the time that
an insert takes with it and without.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from charter.contract.contract import Contract
from charter.contract.resource import Index
from charter.sql.dialect import Dialect
from charter.verify.data.fill import columns_of, encode
from charter.verify.plans.candidates import (
    Candidate,
    candidates,
    changes,
    with_indexes,
    worded,
)
from charter.verify.plans.explained import Explained
from charter.verify.plans.judge import Finding, Trouble, grows, trouble_of
from charter.verify.plans.measure import Bench
from charter.verify.plans.samples import Rank
from charter.verify.plans.shapes import Compiled

Key = tuple[str, Rank]
"""The text of a statement, and for which values it was run."""
_MOST_PROVEN = 12
"""Statements of one finding that are run again for each index."""
_SOON = 0.1
"""Work that may still grow: a tenth of what is worth a word."""
_ROUNDS = 5
"""How often inserts are timed; the least time counts."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A contract on two databases, one with four times the rows of the other."""

    contract: Contract
    dialect: Dialect
    small: Bench
    large: Bench

    @asynccontextmanager
    async def trial(self, makes: Sequence[str], drops: Sequence[str] = ()) -> AsyncIterator[None]:
        """Both databases with some indexes more and some less, until the end."""
        async with AsyncExitStack() as stack:
            for bench in (self.small, self.large):
                await stack.enter_async_context(bench.scratch.trial())
                for text in (*makes, *drops):
                    await bench.scratch.run(text)
            yield


@dataclass(frozen=True, slots=True)
class Case:
    """One statement with a trouble, as it was run."""

    compiled: Compiled
    rank: Rank
    before: Explained

    @property
    def key(self) -> Key:
        return self.compiled.statement.text, self.rank


@dataclass(frozen=True, slots=True)
class Proof:
    """The same statement before and after, on the larger database."""

    name: str
    kinds: tuple[str, ...]
    before: Explained
    after: Explained


@dataclass(frozen=True, slots=True)
class Advice:
    """An index to declare. `inserts` are the microseconds of one insert without and with it."""

    resource: str
    index: Index
    words: str
    makes: tuple[str, ...]
    drops: tuple[str, ...]
    bytes: int
    inserts: tuple[float, float]
    proofs: tuple[Proof, ...]


async def lasting(lab: Lab, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings without those that end by themselves: where an index is there, and the planner
    only finds the table too small for it yet."""
    return tuple([one for one in findings if not await _passes(lab, one)])


async def _passes(lab: Lab, finding: Finding) -> bool:
    if Trouble.SCAN not in finding.troubles:
        return False
    small, large = lab.small.scratch, lab.large.scratch
    async with small.without_scans() as sized, large.without_scans():
        if not sized:
            return False
        for compiled in finding.shapes[:_MOST_PROVEN]:
            before, after = await _both(lab, compiled)
            for rank, run in after.items():
                if trouble_of(compiled.shape, lab.dialect, rank, before[rank], run)[0]:
                    return False
    return True


Progress = Callable[[], None]
"""Is called for each index that is tried."""


async def advised(lab: Lab, findings: Sequence[Finding], tell: Progress) -> tuple[Advice, ...]:
    """The least set of indexes that serves the most of the findings."""
    found: list[Advice] = []
    for resource in dict.fromkeys(one.resource for one in findings):
        about = [one for one in findings if one.resource == resource]
        found += await _for_resource(lab, about, tell)
    return tuple(found)


async def _for_resource(lab: Lab, findings: Sequence[Finding], tell: Progress) -> list[Advice]:
    cases = {case.key: case for finding in findings for case in await _cases(lab, finding)}
    tried: dict[Candidate, frozenset[Key]] = {}
    for candidate in _all_candidates(lab, findings):
        tell()
        solved = await _solved(lab, candidate, cases.values())
        if solved:
            tried[candidate] = frozenset(solved)
    for group in _groups(lab, findings):
        if all(_is_solved(key, tried) for key in cases):
            break
        tell()
        both = await _together(lab, group, cases)
        for candidate in group if both else ():
            tried[candidate] = tried.get(candidate, frozenset()) | both
    chosen = await _least(lab, _covering(tried), cases)
    return await _advice(lab, chosen, cases, tried)


def _is_solved(key: Key, tried: Mapping[Candidate, frozenset[Key]]) -> bool:
    return any(key in solved for solved in tried.values())


def _groups(lab: Lab, findings: Iterable[Finding]) -> list[tuple[Candidate, ...]]:
    """Indexes that help together only: one for each way of an OR."""
    found: dict[tuple[Candidate, ...], None] = {}
    for finding in findings:
        ways = [
            need
            for need in finding.worst.shape.needs
            if need.resource == finding.resource and need.equal and need.equal != ("id",)
        ]
        firsts = (next(candidates(lab.contract, lab.dialect, need), None) for need in ways)
        group = tuple(dict.fromkeys(one for one in firsts if one is not None))
        if len(group) > 1:
            found[group] = None
    return list(found)


def _all_candidates(lab: Lab, findings: Iterable[Finding]) -> list[Candidate]:
    unique: dict[tuple[Index, str], Candidate] = {}
    for finding in findings:
        if finding.need is not None and finding.need.resource in lab.contract.resource_named:
            for one in candidates(lab.contract, lab.dialect, finding.need):
                unique.setdefault((one.index, one.resource), one)
    return sorted(unique.values(), key=lambda one: one.width)


async def _cases(lab: Lab, finding: Finding) -> list[Case]:
    """Its statements, each with the values for which it is in trouble."""
    found = []
    for compiled in finding.shapes[:_MOST_PROVEN]:
        small, large = await _both(lab, compiled)
        for rank, after in large.items():
            troubles, _, _ = trouble_of(compiled.shape, lab.dialect, rank, small[rank], after)
            if troubles:
                found.append(Case(compiled, rank, after))
    return found


async def _both(
    lab: Lab, compiled: Compiled
) -> tuple[Mapping[Rank, Explained], Mapping[Rank, Explained]]:
    return await lab.small.run_both(compiled), await lab.large.run_both(compiled)


async def _solved(lab: Lab, candidate: Candidate, cases: Iterable[Case]) -> dict[Key, Proof]:
    """The cases that an index takes the trouble from, with the proof."""
    async with lab.trial(candidate.makes, candidate.drops):
        return {
            case.key: proof
            for case in cases
            if (proof := await _proof(lab, candidate.contract, case)) is not None
        }


async def _proof(lab: Lab, contract: Contract, case: Case) -> Proof | None:
    """The case run again for a contract whose indexes the databases have; None where it is in
    trouble still, or does no less work."""
    shape = case.compiled.shape
    compiled = replace(case.compiled, statement=shape.make(contract, lab.dialect))
    after = await lab.large.run(compiled, case.rank)
    if after.work >= case.before.work or not after.ended:
        return None
    small = await lab.small.run(compiled, case.rank)
    troubles, _, _ = trouble_of(shape, lab.dialect, case.rank, small, after)
    # What only grows more slowly is there again when the table has grown.
    slower = not shape.whole and grows(lab.dialect, small, after, _SOON)
    return None if troubles or slower else Proof(shape.name, shape.kinds, case.before, after)


def _covering(tried: Mapping[Candidate, frozenset[Key]]) -> list[Candidate]:
    """Candidates, each chosen for what those before it leave: most cases first. Those that solve
    the same together are all among them: what is too much goes afterwards."""
    left = frozenset().union(*tried.values()) if tried else frozenset()
    chosen: list[Candidate] = []
    while left:
        best = min(tried, key=lambda one: (-len(tried[one] & left), one.width))
        most = tried[best] & left
        beside = [one for one in tried if one is not best and tried[one] == tried[best]]
        chosen += [one for one in (best, *beside) if one not in chosen]
        left -= most
    return chosen


async def _least(lab: Lab, chosen: list[Candidate], cases: Mapping[Key, Case]) -> list[Candidate]:
    """Those of the chosen without which, all others there, a case is in trouble again."""
    if len(chosen) < 2:
        return chosen
    # The wide ones go first, where one of two does.
    everything = await _together(lab, chosen, cases)
    for one in sorted(chosen, key=lambda one: one.width, reverse=True):
        rest = [other for other in chosen if other is not one]
        if await _together(lab, rest, cases) >= everything:
            chosen = rest
    return chosen


async def _together(
    lab: Lab, chosen: Sequence[Candidate], cases: Mapping[Key, Case]
) -> frozenset[Key]:
    contract = with_indexes(lab.contract, tuple((one.resource, one.index) for one in chosen))
    if not chosen:
        return frozenset()
    table = contract.resource_named[chosen[0].resource].table
    makes, drops, _ = changes(lab.contract, contract, lab.dialect, table)
    async with lab.trial(makes, drops):
        proofs = {key: await _proof(lab, contract, case) for key, case in cases.items()}
    return frozenset(key for key, proof in proofs.items() if proof is not None)


async def _advice(
    lab: Lab,
    chosen: Sequence[Candidate],
    cases: Mapping[Key, Case],
    tried: Mapping[Candidate, frozenset[Key]],
) -> list[Advice]:
    """The indexes, made together, with their proofs; and what each costs on the larger database."""
    if not chosen:
        return []
    contract = with_indexes(lab.contract, tuple((one.resource, one.index) for one in chosen))
    resource = contract.resource_named[chosen[0].resource]
    makes, drops, _ = changes(lab.contract, contract, lab.dialect, resource.table)
    async with lab.trial(makes, drops):
        proofs = {key: await _proof(lab, contract, case) for key, case in cases.items()}
    found = []
    for one in chosen:
        without = await _insert_time(lab, one.resource)
        async with lab.trial(one.makes, one.drops):
            size = sum([await lab.large.scratch.index_bytes(name) for name in one.names])
            beside = await _insert_time(lab, one.resource)
        without = min(without, await _insert_time(lab, one.resource))
        told = _best(proofs[key] for key in tried[one])
        if told:
            words = worded(lab.contract, resource, one.index)
            cost = (without, beside)
            found.append(
                Advice(one.resource, one.index, words, one.makes, one.drops, size, cost, told)
            )
    return found


def _best(proofs: Iterable[Proof | None]) -> tuple[Proof, ...]:
    """One for each statement, where it was worst before; those with the most work first."""
    best: dict[str, Proof] = {}
    for proof in proofs:
        if proof is not None:
            known = best.get(proof.name)
            if known is None or proof.before.work > known.before.work:
                best[proof.name] = proof
    return tuple(sorted(best.values(), key=lambda one: -one.before.work))


async def _insert_time(lab: Lab, name: str) -> float:
    """Microseconds of one insert, into the table as it is now; 0 where no row is left for it."""
    resource = lab.contract.resource_named[name]
    bench = lab.large
    code = encode(resource, lab.dialect)
    rows = [code(row) for row in bench.samples.filled.world.spare[name]]
    if not rows:
        return 0.0
    taken = []
    for _ in range(_ROUNDS):
        async with bench.scratch.trial():
            taken.append(await bench.scratch.insert(resource.table, columns_of(resource), rows))
    return min(taken) / len(rows) * 1e6
