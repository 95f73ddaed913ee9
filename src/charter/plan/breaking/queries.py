"""Queries that were understood, and would not be: names, tests, orders, includes, searches."""

from collections.abc import Iterable, Iterator, Mapping

from charter.contract.contract import Contract
from charter.contract.resource import Computed, Field, Resource
from charter.contract.types import Scalar, Type, digits_of, places_of
from charter.core.places import Place
from charter.plan.ask import Comparator
from charter.plan.breaking import codes
from charter.plan.breaking.finding import Finding
from charter.plan.breaking.pairs import pairs, renamed, resources
from charter.plan.breaking.surfaces import relations_shown
from charter.plan.breaking.values import named
from charter.plan.comparators import comparators_of, sortable

_TEXTS = frozenset({Scalar.TEXT, Scalar.EMAIL, Scalar.URL})
"""What is compared with any text."""


def changed_queries(old: Contract, new: Contract) -> Iterator[Finding]:
    """What the lists of each resource can be asked for."""
    for was, now in resources(old, new).both:
        yield from _names(was, now)
        yield from _includes(was, now)
        yield from _searches(was, now)


def _names(old: Resource, new: Resource) -> Iterator[Finding]:
    found = pairs(old.readable, new.readable, lambda item: item.name)
    for gone in found.gone:
        fresh = (item.name for item in found.new if item.type == gone.type)
        message = "cannot be selected, tested or sorted by" + renamed(gone.name, fresh)
        subject = f"{old.name}.{gone.name}"
        yield Finding(codes.QUERY_NAME_REMOVED, subject, message, gone.place, new.place)
    for item in found.new:
        message = "can be selected, tested and sorted by"
        subject = f"{old.name}.{item.name}"
        yield Finding(codes.QUERY_NAME_ADDED, subject, message, old.place, item.place)
    for was, now in found.both:
        yield from _of_field(old, new, was, now)


def _of_field(
    old: Resource, new: Resource, was: Field | Computed, now: Field | Computed
) -> Iterator[Finding]:
    subject = f"{old.name}.{was.name}"
    before, after = _comparators(old, was), _comparators(new, now)
    if lost := _words(before - after):
        message = f"cannot be tested with {lost}"
        yield Finding(codes.COMPARATOR_REMOVED, subject, message, was.place, now.place)
    if gained := _words(after - before):
        message = f"can be tested with {gained}"
        yield Finding(codes.COMPARATOR_ADDED, subject, message, was.place, now.place)
    if sortable(was.type) and not sortable(now.type):
        message = "cannot be sorted by"
        yield Finding(codes.SORT_REMOVED, subject, message, was.place, now.place)
    tighter = _refused(was.type, now.type)
    if tighter is not None:
        message = f"cannot be compared with {tighter}"
        yield Finding(codes.FILTER_NARROWED, subject, message, was.place, now.place)
    elif _refused(now.type, was.type) is not None:
        message = "can be compared with more values"
        yield Finding(codes.FILTER_WIDENED, subject, message, was.place, now.place)


def _comparators(resource: Resource, item: Field | Computed) -> frozenset[Comparator]:
    foldable = isinstance(item, Field) and item.search
    return comparators_of(item.type, foldable)


def _words(found: Iterable[Comparator]) -> str:
    return ", ".join(f"`{item.value}`" for item in sorted(found))


def _refused(old: Type, new: Type) -> str | None:
    """Which values of a query are taken by the old type only: bounds do not matter to it."""
    if new.scalar in _TEXTS and old.scalar is not Scalar.JSON:
        return None
    if old.scalar is not new.scalar:
        return f"{named(Type(old.scalar))} but with {named(Type(new.scalar))}"
    if old.scalar is Scalar.CHOICE:
        gone = [f"`{item}`" for item in old.choices if item not in new.choices]
        return ", ".join(gone) or None
    if old.scalar is Scalar.DECIMAL:
        before, after = _digits(old), _digits(new)
        if any(now < was for was, now in zip(before, after, strict=True)):
            return f"more than {after[0]} digits before the point and {after[1]} after it"
    return None


def _digits(kind: Type) -> tuple[int, int]:
    return digits_of(kind) - places_of(kind), places_of(kind)


def _includes(old: Resource, new: Resource) -> Iterator[Finding]:
    found = pairs(relations_shown(old), relations_shown(new), lambda item: item.name)
    fresh = [item.name for item in found.new]
    for gone in found.gone:
        message = "cannot be included or followed" + renamed(gone.name, fresh)
        subject = f"{old.name}.{gone.name}"
        yield Finding(codes.INCLUDE_REMOVED, subject, message, gone.place, new.place)
    for item in found.new:
        message = "can be included and followed"
        subject = f"{old.name}.{item.name}"
        yield Finding(codes.INCLUDE_ADDED, subject, message, old.place, item.place)


def _searches(old: Resource, new: Resource) -> Iterator[Finding]:
    was, now = _searched(old), _searched(new)
    if was and not now:
        message = "`search` is refused"
        yield Finding(codes.SEARCH_REMOVED, old.name, message, *_places(old, new))
    elif now and not was:
        message = "`search` looks into " + ", ".join(now)
        yield Finding(codes.SEARCH_ADDED, old.name, message, *_places(old, new))
    elif set(was) != set(now):
        message = f"`search` looks into {', '.join(now)} now, and did into {', '.join(was)}"
        yield Finding(codes.SEARCH_CHANGED, old.name, message, *_places(old, new))


def _searched(resource: Resource) -> Mapping[str, Place]:
    return {f"`{item.name}`": item.place for item in resource.search_fields}


def _places(old: Resource, new: Resource) -> tuple[Place, Place]:
    return old.place, new.place
