"""Names: well spelt, not reserved, and each used once."""

import re
from collections import Counter
from collections.abc import Iterable

from charter.core.names import pascal, snake
from charter.core.places import Place
from charter.language.drafts import Draft
from charter.language.faultcodes import NAME_MALFORMED, NAME_RESERVED, NAME_TAKEN
from charter.language.resource import BASE_FIELDS

LONGEST = 48
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
RESERVED = frozenset(
    {
        "aggregate", "and", "count", "cursor", "data", "dry_run", "fields", "group", "include",
        "items", "limit", "next", "not", "or", "search", "sort",
    }
)  # fmt: skip
ACTIONS = ("read", "create", "update", "delete")
_RESERVED_PATHS = frozenset({"auth", "batch", "can"})
"""What stands beside the resources and the commands on nothing."""


def contract_names(draft: Draft) -> None:
    """The names of the contract, its classes and its commands."""
    said = draft.said
    if not re.fullmatch(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", said.name) or len(said.name) > LONGEST:
        draft.fault(NAME_MALFORMED, f"the contract's name {said.name!r} is not in small letters",
                    said.place, 'Write a name such as `Contract("shop")`.')  # fmt: skip
    for name, place in _classes(draft):
        if not _PASCAL.fullmatch(name) or len(name) > LONGEST:
            draft.fault(NAME_MALFORMED, f"{name} is not in capital words", place,
                        f"Call it {pascal(snake(name))}.")  # fmt: skip
    for command in draft.commands:
        _spelt(draft, command.name, f"the command {command.name}", command.place)
        if command.name in ACTIONS:
            draft.fault(NAME_RESERVED, f"{command.name!r} is an action of every resource",
                        command.place)  # fmt: skip
        if command.resource is None and command.name in _RESERVED_PATHS:
            draft.fault(NAME_RESERVED, f"{command.name!r} is a path of every service",
                        command.place)  # fmt: skip
        for item in command.inputs:
            _spelt(draft, item.name, f"{command.name}({item.name})", command.place)


def attribute_names(draft: Draft) -> None:
    """The names of fields and relations."""
    for resource in draft.resources.values():
        for attribute in resource.declared.attributes.values():
            what = f"{resource.name}.{attribute.name}"
            if attribute.name in BASE_FIELDS:
                remedy = (
                    "Leave it out; write `Resource[int]` or `Resource[str]` for other keys."
                    if attribute.name == "id"
                    else "Leave it out."
                )
                draft.fault(NAME_RESERVED, f"{what}: every row has it already", attribute.place,
                            remedy)  # fmt: skip
            elif attribute.name in RESERVED:
                draft.fault(NAME_RESERVED, f"{what}: the name has a meaning for readers of lists",
                            attribute.place)  # fmt: skip
            else:
                _spelt(draft, attribute.name, what, attribute.place)


def _spelt(draft: Draft, name: str, what: str, place: Place) -> None:
    if not _SNAKE.fullmatch(name) or len(name) > LONGEST:
        draft.fault(NAME_MALFORMED, f"{what} is not in snake case, or too long", place)


def clashes(draft: Draft) -> None:
    """Two things with one name."""
    resources = draft.resources.values()
    links = [
        (relation.link.table, relation.place)
        for resource in resources
        for relation in resource.relations.values()
        if relation.link is not None
    ]
    tables = [(item.table, item.place) for item in resources]
    _once(draft, "tables", [*tables, *dict(links).items()])
    alone = [(item.name, item.place) for item in draft.commands if item.resource is None]
    _once(draft, "resources, events or errors", _classes(draft))
    _once(draft, "commands on nothing", alone)
    for table, place in tables:
        if table in _RESERVED_PATHS:
            draft.fault(NAME_RESERVED, f"{table!r} is no name for a resource", place)
    for resource in resources:
        own = [(item.name, item.place) for item in draft.commands if item.resource == resource.name]
        related = [(item.name, item.place) for item in resource.relations.values()]
        _once(draft, f"commands or relations of {resource.name}", [*related, *own])
        values = [(item.name, item.place) for item in resource.fields.values()]
        values += [(item.name, item.place) for item in resource.computed.values()]
        _once(draft, f"fields or relations of {resource.name}", [*related, *values])


def _classes(draft: Draft) -> list[tuple[str, Place]]:
    return [
        *((item.name, item.place) for item in draft.resources.values()),
        *((item.name, item.place) for item in draft.events),
        *((item.name, item.place) for item in draft.errors),
    ]


def _once(draft: Draft, what: str, named: Iterable[tuple[str, Place]]) -> None:
    found = list(named)
    counted = Counter(name for name, _ in found)
    for name, number in counted.items():
        if number > 1:
            place = max(place for known, place in found if known == name)
            draft.fault(NAME_TAKEN, f"there are {number} {what} called {name!r}", place)
