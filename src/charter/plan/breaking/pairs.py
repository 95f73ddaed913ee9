"""The things of two contracts side by side, by their names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from charter.contract.contract import Contract
from charter.contract.resource import Field, Resource
from charter.core.names import nearest
from charter.plan.breaking.surfaces import Member

T = TypeVar("T")


@dataclass(frozen=True)
class Pairs(Generic[T]):
    """What is in both, and what in one only."""

    both: tuple[tuple[T, T], ...]
    gone: tuple[T, ...]
    new: tuple[T, ...]


def pairs(old: Iterable[T], new: Iterable[T], name: Callable[[T], object]) -> Pairs[T]:
    before = {name(item): item for item in old}
    after = {name(item): item for item in new}
    return Pairs(
        tuple((item, after[key]) for key, item in before.items() if key in after),
        tuple(item for key, item in before.items() if key not in after),
        tuple(item for key, item in after.items() if key not in before),
    )


def resources(old: Contract, new: Contract) -> Pairs[Resource]:
    return pairs(old.resources, new.resources, lambda item: item.name)


def fields(old: Resource, new: Resource) -> Pairs[Field]:
    return pairs(old.fields, new.fields, lambda item: item.name)


def members(old: Mapping[str, Member], new: Mapping[str, Member]) -> Pairs[Member]:
    return pairs(old.values(), new.values(), lambda item: item.name)


def renamed(name: str, candidates: Iterable[str]) -> str:
    """The end of a sentence about what is gone, where something new may be its other name."""
    found = tuple(candidates)
    likely = nearest(name, found) or (found[0] if len(found) == 1 else None)
    return f"; is `{likely}` its new name?" if likely is not None else ""


def alike(gone: Member, new: Iterable[Member]) -> Iterator[str]:
    """The names of new members of the same kind as one that is gone."""
    return (item.name for item in new if item.kind == gone.kind)
