"""What a declared rename (`was=`) means: who calls a thing by its name has to call it otherwise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.contract.types import Type
from charter.plan.breaking import codes
from charter.plan.breaking.finding import ChangeCode, Finding
from charter.plan.breaking.names import names_of, under
from charter.plan.breaking.surfaces import Surface, inputs, relations_shown, rows


@dataclass(frozen=True, slots=True)
class Sides:
    """Two contracts, and the old one under the names of the new one: the same things in the same
    order."""

    old: Contract
    named: Contract
    new: Contract

    @property
    def resources(self) -> Iterator[tuple[Resource, Resource, Resource]]:
        """Those that are in both: as they were, under their new names, and as they are."""
        for was, known in zip(self.old.resources, self.named.resources, strict=True):
            now = self.new.resource_named.get(known.name)
            if now is not None:
                yield was, known, now


def sides_of(old: Contract, new: Contract) -> Sides:
    return Sides(old, under(names_of(old, new), old), new)


Surfaces = Callable[[Contract], Iterator[Surface]]


def renamed_members(sides: Sides, surfaces: Surfaces, code: ChangeCode) -> Iterator[Finding]:
    """The members of bodies that are there under another name."""
    there = {item.name: item for item in surfaces(sides.new)}
    for was, known in zip(surfaces(sides.old), surfaces(sides.named), strict=True):
        now = there.get(known.name)
        for member, other in zip(was.members.values(), known.members.values(), strict=True):
            if now is not None and member.name != other.name and other.name in now.members:
                after = now.members[other.name].place
                subject = f"{was.subject}.{member.name}"
                yield Finding(code, subject, says(other.name), member.place, after)


def renamed_surfaces(sides: Sides, surfaces: Surfaces, code: ChangeCode) -> Iterator[Finding]:
    """The bodies themselves, where they have a name."""
    there = {item.name: item for item in surfaces(sides.new)}
    for was, known in zip(surfaces(sides.old), surfaces(sides.named), strict=True):
        if was.name != known.name and known.name in there:
            after = there[known.name].place
            yield Finding(code, was.name, says(known.name), was.place, after)


def says(name: str) -> str:
    return f"is `{name}` now"


def renamed_inputs(sides: Sides) -> Iterator[Finding]:
    """Values of requests."""
    return renamed_members(sides, inputs, codes.INPUT_RENAMED)


def renamed_answers(sides: Sides) -> Iterator[Finding]:
    """Values of answers; related rows come only when they are asked for."""
    return renamed_members(sides, _values, codes.ANSWER_RENAMED)


def renamed_queries(sides: Sides) -> Iterator[Finding]:
    """Names of fields and relations in queries."""
    yield from renamed_members(sides, _values, codes.QUERY_NAME_RENAMED)
    yield from renamed_members(sides, _related, codes.INCLUDE_RENAMED)


def _values(contract: Contract) -> Iterator[Surface]:
    for item in rows(contract):
        members = {name: one for name, one in item.members.items() if isinstance(one.kind, Type)}
        yield Surface(item.name, item.subject, item.direction, members, item.mode, item.place)


def _related(contract: Contract) -> Iterator[Surface]:
    for item in rows(contract):
        shown = {one.name for one in relations_shown(contract.resource_named[item.name])}
        members = {name: one for name, one in item.members.items() if name in shown}
        yield Surface(item.name, item.subject, item.direction, members, item.mode, item.place)
