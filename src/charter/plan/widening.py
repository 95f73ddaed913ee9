"""What changed in the access that two contracts give, and whether it became wider.

A change is called *narrowed* only where it is proved that nobody may do more than before, and
*widened* only where it is proved that nobody may do less. Everything else is *changed*, and for
a person to look at.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations

from charter.contract.contract import Contract
from charter.contract.expression import (
    NEVER,
    NEW,
    ROW,
    ActorId,
    ActorTenant,
    Aggregate,
    Claim,
    Column,
    Compute,
    Constant,
    Expression,
    Masked,
    Now,
    Slot,
)
from charter.contract.resource import Resource
from charter.contract.types import Type
from charter.plan.implication import implies
from charter.plan.matrix import Entry, Matrix, kind_of, matrix_of, plain_kinds, roles_in
from charter.plan.rewrite import rebuild

MOST_KINDS = 64
"""Combinations of roles that are compared; with more roles than give so many, only pairs."""


class Direction(StrEnum):
    WIDENED = "widened"
    CHANGED = "changed"
    NARROWED = "narrowed"


@dataclass(frozen=True, slots=True)
class Change:
    """The access of some kinds of actor to one thing, before and after.

    None stands for what the contract does not have.
    """

    entry: Entry
    kinds: tuple[str, ...]
    direction: Direction
    before: Expression | None
    after: Expression | None


def changes(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Every change of access from one contract to another.

    Combinations of roles are told only where none of their roles alone tells the same.
    """
    kinds = _kinds(roles_in(old) | roles_in(new))
    before, after = matrix_of(old, kinds), matrix_of(new, kinds)
    plain = _names(new, plain_kinds(roles_in(old) | roles_in(new)))
    found: list[Change] = []
    for entry in dict.fromkeys((*before.cells, *after.cells)):
        if _is_noise(entry, before, after):
            continue
        found.extend(_merged(_of_entry(entry, before, after), plain))
    return tuple(found)


def widens(found: Iterable[Change]) -> bool:
    """Whether anybody may, or perhaps may, do more than before."""
    return any(change.direction is not Direction.NARROWED for change in found)


def _kinds(roles: frozenset[str]) -> tuple[tuple[str, ...] | None, ...]:
    """The plain kinds, and those with several roles: what two roles give together."""
    most = len(roles) if 2 ** len(roles) <= MOST_KINDS else 2
    several = (
        chosen for size in range(2, most + 1) for chosen in combinations(sorted(roles), size)
    )
    return (*plain_kinds(roles), *several)


def _names(contract: Contract, kinds: Iterable[tuple[str, ...] | None]) -> frozenset[str]:
    return frozenset(kind_of(contract, roles).name for roles in kinds)


def _is_noise(entry: Entry, before: Matrix, after: Matrix) -> bool:
    """Fields of a resource that is new or gone say no more than its actions do."""
    if entry.field is None:
        return False
    return not (entry.resource in before.resources and entry.resource in after.resources)


def _of_entry(entry: Entry, before: Matrix, after: Matrix) -> Iterator[Change]:
    old, new = before.cells.get(entry), after.cells.get(entry)
    alike = _alike(before.contract, after.contract, entry.resource)
    for place, kind in enumerate(after.kinds):
        was = old[place] if old is not None else None
        now = new[place] if new is not None else None
        direction = _direction(*(alike(was or NEVER, now or NEVER)))
        if direction is not None:
            yield Change(entry, (kind.name,), direction, was, now)


def _direction(was: Expression, now: Expression) -> Direction | None:
    if was == now:
        return None
    no_less, no_more = implies(was, now), implies(now, was)
    if no_less and no_more:
        return None
    if no_less:
        return Direction.WIDENED
    return Direction.NARROWED if no_more else Direction.CHANGED


def _merged(found: Iterable[Change], plain: frozenset[str]) -> Iterator[Change]:
    """Kinds with the same change as one; combinations only where they tell something new."""
    groups: dict[tuple[Direction, Expression | None, Expression | None], list[str]] = {}
    told: dict[Direction, set[str]] = {}
    first: Change | None = None
    for change in found:
        first = first or change
        name = change.kinds[0]
        if name not in plain and told.get(change.direction, set()) & set(name.split(" + ")):
            continue
        told.setdefault(change.direction, set()).add(name)
        key = (change.direction, change.before, change.after)
        groups.setdefault(key, []).append(name)
    if first is not None:
        for (direction, before, after), names in groups.items():
            yield Change(first.entry, tuple(names), direction, before, after)


# -- what the same words mean in two contracts -------------------------------------------------
Pair = tuple[Expression, Expression]


def _alike(old: Contract, new: Contract, resource: str | None) -> Callable[..., Pair]:
    """Makes two conditions comparable: the same name stands for the same thing in both.

    Bounds of types do not matter here. A computed field or relation that is another one now is
    told apart from the one that it was.
    """

    def alike(was: Expression, now: Expression) -> Pair:
        before = _Meaning(old, new).of(was, resource)
        after = _Meaning(new, old).of(now, resource)
        return before, after

    return alike


@dataclass(frozen=True, slots=True)
class _Meaning:
    contract: Contract
    other: Contract

    def of(self, expression: Expression, resource: str | None) -> Expression:
        rows = {} if resource is None else {ROW: resource, NEW: resource}
        return self._told(expression, rows)

    def _told(self, part: Expression, rows: Mapping[int, str]) -> Expression:
        match part:
            case Column(scope, path, name, kind):
                target, same = self._way(rows.get(scope), path)
                same = same and self._same_field(target, name)
                choices = self._choices(target, name)
                plain = Type(kind.scalar, many=kind.many, choices=choices)
                told = name if same else f"{name} of {id(self.contract)}"
                return Column(scope, path, told, plain)
            case Aggregate(start=start, path=path, scope=scope):
                target, same = self._way(rows.get(start), path)
                known = {**rows, scope: target} if target is not None else rows
                way = path if same else (f"{id(self.contract)}", *path)
                inner = rebuild(replace(part, path=way), lambda one: self._told(one, known))
                return _plainly_typed(inner)
            case _:
                found = rebuild(part, lambda one: self._told(one, rows))
                return _plainly_typed(found)

    def _way(self, start: str | None, path: tuple[str, ...]) -> tuple[str | None, bool]:
        """Where relations lead, and whether they do so in both contracts."""
        same = True
        for name in path:
            mine, theirs = (_resource(one, start) for one in (self.contract, self.other))
            here = mine.relation_named.get(name) if mine is not None else None
            there = theirs.relation_named.get(name) if theirs is not None else None
            same = same and here is not None and there is not None
            if here is None or there is None:
                return (here.target if here is not None else None), False
            same = same and (here.target, here.near, here.far, here.kind) == (
                there.target, there.near, there.far, there.kind
            )  # fmt: skip
            start = here.target
        return start, same

    def _same_field(self, resource: str | None, name: str) -> bool:
        mine, theirs = (_resource(one, resource) for one in (self.contract, self.other))
        if mine is None or theirs is None:
            return False
        here, there = mine.computed_named.get(name), theirs.computed_named.get(name)
        if here is None or there is None:
            return here is there and name in theirs.field_named
        known = {ROW: mine.name}
        told = _Meaning(self.other, self.contract)._told(there.expression, known)
        return self._told(here.expression, known) == told

    def _choices(self, resource: str | None, name: str) -> tuple[str, ...]:
        """All values that the field can have in either contract."""
        types = (
            found.type_of(name)
            for found in (_resource(one, resource) for one in (self.contract, self.other))
            if found is not None
        )
        known = [kind.choices for kind in types if kind is not None]
        if not all(known):
            return ()
        return tuple(sorted({choice for choices in known for choice in choices}))


def _resource(contract: Contract, name: str | None) -> Resource | None:
    return None if name is None else contract.resource_named.get(name)


def _plainly_typed(part: Expression) -> Expression:
    match part:
        case (
            Constant(type=kind) | Slot(type=kind) | Claim(type=kind) | ActorId(type=kind)
            | ActorTenant(type=kind) | Now(type=kind) | Compute(type=kind)
            | Aggregate(type=kind) | Masked(type=kind)
        ):  # fmt: skip
            return replace(part, type=Type(kind.scalar, many=kind.many))
        case _:
            return part
