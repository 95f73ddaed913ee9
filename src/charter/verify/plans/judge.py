"""Which statements take longer, the more rows there are, and what they would need instead.

Each is run on a database and on one with a quarter of its rows, and the work is compared: units
that the database counts itself, the same on every machine. Estimates of one size would not do:
SQLite makes none, and those of PostgreSQL are what is to be judged. A plan that looks bad is no
finding as long as its work stays the same: reading an index from one end and stopping after a page
is a whole index scan in words only. And where the answer itself is longer, work may be more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from charter.contract.contract import Contract
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.verify.plans.explained import Access, Explained, Step
from charter.verify.plans.measure import Measured
from charter.verify.plans.needs import Need
from charter.verify.plans.samples import Rank
from charter.verify.plans.shape import Origin, Shape
from charter.verify.plans.shapes import Compiled

GROWTH = 2.0
"""Four times the rows may cost a little more (a level of an index), not twice as much."""
BEYOND_ANSWER = 1.5
"""How much faster than its answer the work of a statement may grow."""
FLOORS: Mapping[str, int] = MappingProxyType(
    {SQLITE.name: 8_000, POSTGRES.name: 1_000, MYSQL.name: 1_000}
)
"""Work below which nothing is worth a word: a page of rows with what belongs to them."""
_SHORT = 2_000
"""Characters of an answer: some rows more or less in a short one say nothing."""
_FEW = 100
"""Rows that are read in vain, or sorted, without anybody noticing."""


class Trouble(StrEnum):
    """What is wrong with a plan."""

    SCAN = "reads the whole table"
    FILTER = "reads far more rows than it gives"
    SORT = "sorts all that match"
    SPILL = "sorts on disk"
    AUTOMATIC = "builds an index for each request"
    ENDLESS = "did not end in time"


@dataclass(frozen=True, slots=True)
class Finding:
    """A need that no index serves, and the statements that have it.

    `need` is None where no index could. `before` is how the worst of them was run, for values of
    `rank`; `growth` is how its work grew with four times the rows.
    """

    resource: str
    table: str
    need: Need | None
    troubles: tuple[Trouble, ...]
    shapes: tuple[Compiled, ...]
    origin: Origin
    before: Explained
    rank: Rank
    growth: float

    @property
    def worst(self) -> Compiled:
        return self.shapes[0]


def judged(
    contract: Contract,
    dialect: Dialect,
    shapes: Sequence[Compiled],
    small: Measured,
    large: Measured,
) -> tuple[Finding, ...]:
    """All findings, those of the contract itself first, each group by its work."""
    found: dict[tuple[str, Need | None, Origin], Finding] = {}
    for compiled in shapes:
        text = compiled.statement.text
        for one in _of(contract, dialect, compiled, small[text], large[text]):
            key = (one.resource, _served_alike(one.need), one.origin)
            known = found.get(key)
            found[key] = one if known is None else _together(known, one)
    own = {(resource, need) for resource, need, origin in found if origin is Origin.CONTRACT}
    kept = (
        one
        for (resource, need, origin), one in found.items()
        # What the contract needs anyway is told once.
        if origin is Origin.CONTRACT or need is None or (resource, need) not in own
    )
    return tuple(sorted(kept, key=lambda one: (one.origin is Origin.CLIENT, -one.before.work)))


def _served_alike(need: Need | None) -> Need | None:
    """The same need whichever way its order is read: an index has both."""
    if need is None or not need.order or not all(down for _, down in need.order):
        return need
    return replace(need, order=tuple((name, False) for name, _ in need.order))


def _of(
    contract: Contract,
    dialect: Dialect,
    compiled: Compiled,
    small: Mapping[Rank, Explained],
    large: Mapping[Rank, Explained],
) -> Iterator[Finding]:
    worst: Finding | None = None
    for rank, after in large.items():
        troubles, step, growth = trouble_of(
            compiled.shape, dialect, rank, small.get(rank, after), after
        )
        if not troubles:
            continue
        resource, need = _unserved(contract, compiled.shape, step)
        table = step.table if step is not None else resource
        one = Finding(
            resource, table, need, troubles, (compiled,), compiled.shape.origin, after, rank, growth
        )
        if worst is None or after.work > worst.before.work:
            worst = one
    if worst is not None:
        yield worst


def trouble_of(
    shape: Shape, dialect: Dialect, rank: Rank, small: Explained, large: Explained
) -> tuple[tuple[Trouble, ...], Step | None, float]:
    """What is wrong with the plan of a statement; the rows that it is about; its growth."""
    growth = large.work / max(1, small.work)
    if not large.ended:
        if large.error != "it took too long":
            return (), None, growth
        return (Trouble.ENDLESS,), _heaviest(large.steps), growth
    spilled = any(sorting.spilled for sorting in large.sortings)
    if shape.whole:
        step = _in_vain(shape, rank, large) if growth >= GROWTH else None
        worth = step is not None and large.work >= FLOORS[dialect.name]
        return ((Trouble.SCAN,), step, growth) if worth else ((), None, growth)
    if not spilled and not grows(dialect, small, large):
        return (), None, growth
    troubles = _troubles(shape, small, large, spilled=spilled)
    return troubles, _growing(small, large) if troubles else None, growth


def grows(dialect: Dialect, small: Explained, large: Explained, share: float = 1.0) -> bool:
    """Whether four times the rows made the work of a statement more, beyond its answer.

    `share` is the part of the floor below which nothing is worth a word.
    """
    growth = large.work / max(1, small.work)
    answer = (large.answered + _SHORT) / (small.answered + _SHORT)
    beyond = growth >= BEYOND_ANSWER * max(1.0, answer)
    return large.work >= FLOORS[dialect.name] * share and growth >= GROWTH and beyond


def _troubles(
    shape: Shape, small: Explained, large: Explained, *, spilled: bool
) -> tuple[Trouble, ...]:
    """Nothing where more is read because more belongs to each row: no index changes that."""
    found: list[Trouble] = []
    if any(step.access is Access.AUTOMATIC for step in large.steps):
        found.append(Trouble.AUTOMATIC)
    found += _of_reading(shape, small, large)
    if any(sorting.rows is None or sorting.rows > _FEW for sorting in large.sortings):
        found.append(Trouble.SORT)
    if spilled:
        found.append(Trouble.SPILL)
    return tuple(found)


def _of_reading(shape: Shape, small: Explained, large: Explained) -> Iterator[Trouble]:
    step = _growing(small, large)
    if step is None:
        return
    if large.scanned is None:
        if step.access is Access.TABLE and step.touched > _FEW:
            yield Trouble.SCAN
        elif step.removed is not None and step.removed > max(_FEW, step.kept or 0):
            yield Trouble.FILTER
    elif large.scanned > _FEW and large.scanned >= GROWTH * (small.scanned or 0):
        yield Trouble.SCAN if step.access is Access.TABLE else Trouble.FILTER
    elif not large.sortings and any(_compound(need) for need in shape.needs[:1]):
        yield Trouble.FILTER


def _compound(need: Need) -> bool:
    """Whether one index of a single field would leave rows to be looked through."""
    return len({*need.equal, *need.spans}) + len(need.fixed) > 1


def _growing(small: Explained, large: Explained) -> Step | None:
    """The rows whose number grew most; where nobody counts them, the first that are read whole."""
    counted = [step for step in large.steps if step.kept is not None]
    if counted:
        before = {(step.table, step.index): step.touched for step in small.steps}
        return max(counted, key=lambda step: step.touched - before.get((step.table, step.index), 0))
    return _heaviest(large.steps)


_WEIGHTS = {Access.AUTOMATIC: 4, Access.TABLE: 3, Access.WHOLE_INDEX: 2, Access.INDEX: 1}


def _heaviest(steps: Sequence[Step]) -> Step | None:
    real = [step for step in steps if step.access is not Access.OTHER]
    if not real:
        return None
    return max(real, key=lambda step: (step.touched, _WEIGHTS.get(step.access, 0)))


def _in_vain(shape: Shape, rank: Rank, large: Explained) -> Step | None:
    """Of a statement that reads all rows there are for its actor: rows of others, read as well."""
    narrow = {need.resource for need in shape.needs[:1] if need.equal}
    if not narrow or rank is not Rank.USUAL:
        return None
    for step in large.steps:
        whole = step.access in (Access.TABLE, Access.WHOLE_INDEX)
        vain = step.removed is None or step.removed > 3 * (step.kept or 0)
        if whole and vain:
            return step
    return None


def _unserved(contract: Contract, shape: Shape, step: Step | None) -> tuple[str, Need | None]:
    """The need that the plan does not serve, and the resource whose table it is about."""
    names = {resource.table: resource.name for resource in contract.resources}
    resource = names.get(step.table, shape.resource or "") if step else shape.resource or ""
    of_table = [need for need in shape.needs if need.resource == resource]
    for need in of_table:
        if need.narrows and need.equal != ("id",):
            return resource, need
    for need in of_table:
        if len(need.order) > 1 or (need.order and need.order[0][0] != "id"):
            return resource, need
    return resource, None


def _together(one: Finding, other: Finding) -> Finding:
    """Both findings as one, with the worse of them first."""
    worse, better = (one, other) if one.before.work >= other.before.work else (other, one)
    troubles = tuple(dict.fromkeys((*worse.troubles, *better.troubles)))
    return replace(worse, troubles=troubles, shapes=(*worse.shapes, *better.shapes))
