"""Circles: of owners, and of references that rows cannot be without."""

from collections.abc import Iterable, Mapping

from charter.core.places import Place
from charter.language.drafts import Draft
from charter.language.faultcodes import OWNED_CYCLE, OWNED_TWICE, REQUIRED_CYCLE


def two_owners(draft: Draft) -> None:
    """A part of two owners."""
    for resource in draft.resources.values():
        if len(resource.owners) > 1:
            names = " and ".join(name for name, _ in resource.owners)
            draft.fault(OWNED_TWICE, f"{resource.name} is owned by {names}", resource.place)


def owned_cycles(draft: Draft) -> None:
    """Owners that own each other."""
    owners = {item.name: [owner for owner, _ in item.owners] for item in draft.resources.values()}
    for circle in _circles(owners):
        draft.fault(OWNED_CYCLE, " → ".join((*circle, circle[0])), _place(draft, circle))


def required_cycles(draft: Draft) -> None:
    """Rows that need each other before either exists."""
    needed = {
        item.name: [
            relation.target
            for relation in item.relations.values()
            if relation.to_one and not relation.optional
        ]
        for item in draft.resources.values()
    }
    for circle in _circles(needed):
        draft.fault(REQUIRED_CYCLE, " → ".join((*circle, circle[0])), _place(draft, circle))


def _place(draft: Draft, circle: tuple[str, ...]) -> Place:
    return draft.resources[circle[0]].place


def _circles(edges: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Every circle once, begun at its first name."""
    found: dict[frozenset[str], tuple[str, ...]] = {}

    def follow(path: tuple[str, ...]) -> None:
        for name in edges.get(path[-1], ()):
            if name == path[0]:
                found.setdefault(frozenset(path), path)
            elif name not in path and name > path[0]:
                follow((*path, name))

    for start in sorted(edges):
        follow((start,))
    return list(found.values())
