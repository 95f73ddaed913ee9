"""Drafts: from a decoded JSON object to the values, parts and links of one row.

Defaults are not filled in here: what a client left out is not in the draft. But what is left
out and has no default is a flaw, and so is all that a client may not set.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from charter.contract.contract import Contract
from charter.contract.resource import Field, Relation, Resource, SetBy
from charter.contract.types import DEFAULT_LIST_LENGTH
from charter.core.codes import (
    NO_SUCH_REFERENCE,
    READ_ONLY,
    REQUIRED,
    SET_ONCE,
    UNKNOWN_FIELD,
    WRONG_LENGTH,
    WRONG_TYPE,
)
from charter.core.names import nearest, pointer
from charter.plan.ask import Draft, PartChange
from charter.plan.notes import Notes
from charter.plan.spelling import link_name
from charter.plan.steps import Later
from charter.plan.unfit import Unfit, named
from charter.plan.values import Reader, json_reader

NO_NAMES: Mapping[str, Later] = MappingProxyType({})


class Mode(Enum):
    """What a body is for: a new row, a whole new value for a row, or some changes to it."""

    CREATE = "create"
    REPLACE = "replace"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class Reading:
    """What goes along with the reading of a body: where flaws go, and names of earlier steps."""

    notes: Notes
    names: Mapping[str, Later] = field(default_factory=lambda: NO_NAMES)


@dataclass(frozen=True, slots=True)
class _Value:
    field: Field
    read: Reader

    @property
    def once(self) -> bool:
        return self.field.set_by is SetBy.ONCE


@dataclass(frozen=True, slots=True)
class _Denied:
    message: str


@dataclass(frozen=True, slots=True)
class _Parts:
    target: str
    place: str


@dataclass(frozen=True, slots=True)
class _Links:
    relation: Relation
    read: Reader


_Entry = _Value | _Denied | _Parts | _Links


class Drafts:
    """Reads the bodies of writes to the resources of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._entries = {
            resource.name: _entries(contract, resource) for resource in contract.resources
        }
        self._keys = {
            resource.name: json_reader(resource.key.type) for resource in contract.resources
        }
        self._required = {
            (resource.name, mode): frozenset(
                name
                for name, entry in self._entries[resource.name].items()
                if isinstance(entry, _Value) and _is_required(entry, mode)
            )
            for resource in contract.resources
            for mode in Mode
        }

    def read(self, resource: str, body: Any, mode: Mode, reading: Reading, at: str = "") -> Draft:
        """The draft of one row of a resource. Flaws go to the notes, with pointers below `at`."""
        if type(body) is not dict:
            reading.notes.at(at, WRONG_TYPE, f"an object is expected, not {named(body)}")
            return Draft({}, {}, {})
        return self._members(resource, body, mode, reading, at)

    def read_key(self, resource: str, value: Any, reading: Reading, at: str) -> Any:
        """The key of a row, or the `Later` that a name of an earlier step stands for."""
        return read_key(resource, self._keys[resource], value, reading, at)

    def _members(
        self, resource: str, body: dict[str, Any], mode: Mode, reading: Reading, at: str
    ) -> Draft:
        values: dict[str, Any] = {}
        parts: dict[str, tuple[PartChange, ...]] = {}
        links: dict[str, tuple[Any, ...]] = {}
        entries = self._entries[resource]
        for name, value in body.items():
            match entries.get(name):
                case _Value() as entry:
                    if mode is not Mode.CREATE and entry.once:
                        message = f"`{name}` is set when the row is created, and never after"
                        reading.notes.at(at + pointer(name), SET_ONCE, message)
                    else:
                        _take(entry, value, reading, at, values)
                case _Parts(target, place):
                    parts[name] = self._parts(target, value, mode, reading, at + place)
                case _Links(relation, read):
                    links[relation.name] = _links(
                        relation, read, value, reading, at + pointer(name)
                    )
                case _Denied(message):
                    reading.notes.at(at + pointer(name), READ_ONLY, message)
                case None:
                    message = _unknown(resource, name, entries)
                    reading.notes.at(at + pointer(name[:200]), UNKNOWN_FIELD, message)
        if not body.keys() >= self._required[resource, mode]:
            for name in sorted(self._required[resource, mode] - body.keys()):
                reading.notes.at(at + pointer(name), REQUIRED, f"`{name}` is missing")
        return Draft(values, parts, links)

    def _parts(
        self, target: str, value: Any, mode: Mode, reading: Reading, at: str
    ) -> tuple[PartChange, ...]:
        items = listed(value, reading, at)
        changes = tuple(
            self._part(target, item, mode, reading, f"{at}/{index}")
            for index, item in enumerate(items)
        )
        seen: set[Any] = set()
        for index, change in enumerate(changes):
            if change.key is not None and change.key in seen:
                message = "the same row is named twice"
                reading.notes.at(f"{at}/{index}/id", WRONG_TYPE, message)
            seen.add(change.key)
        return changes

    def _part(self, target: str, item: Any, mode: Mode, reading: Reading, at: str) -> PartChange:
        if mode is Mode.CREATE or type(item) is not dict or "id" not in item:
            return PartChange(None, self.read(target, item, Mode.CREATE, reading, at))
        key = self.read_key(target, item["id"], reading, at + "/id")
        rest = {name: value for name, value in item.items() if name != "id"}
        return PartChange(key, self.read(target, rest, Mode.PATCH, reading, at))


def named_by_drafts(contract: Contract, resource: Resource) -> frozenset[str]:
    """The resources whose rows a draft of a row can name: by references and links, and those of
    its parts."""
    named: set[str] = set()
    seen: set[str] = set()
    further = [resource]
    while further:
        found = further.pop()
        if found.name in seen:
            continue
        seen.add(found.name)
        owner = None if found.owner is None else found.relation_named[found.owner].near
        named.update(
            item.references
            for item in found.fields
            if item.references is not None and item.name != owner
        )
        for relation in found.relations:
            if relation.owned:
                further.append(contract.resource_named[relation.target])
            elif relation.kind == "link":
                named.add(relation.target)
    return frozenset(named)


def _is_required(entry: _Value, mode: Mode) -> bool:
    if mode is Mode.PATCH or (mode is Mode.REPLACE and entry.once):
        return False
    return entry.field.required


def _take(entry: _Value, value: Any, reading: Reading, at: str, values: dict[str, Any]) -> None:
    name = entry.field.name
    if value is None:
        if entry.field.optional:
            values[name] = None
        else:
            message = f"`{name}` must have a value: null is not one"
            reading.notes.at(at + pointer(name), WRONG_TYPE, message)
        return
    if reading.names and entry.field.references is not None:
        place = at + pointer(name)
        values[name] = read_key(entry.field.references, entry.read, value, reading, place)
        return
    try:
        values[name] = entry.read(value)
    except Unfit as error:
        reading.notes.add(*error.at(at + pointer(name)))


def read_key(resource: str, read: Reader, value: Any, reading: Reading, at: str) -> Any:
    """The key of a row of a resource, or the `Later` that a name stands for."""
    if type(value) is str and value in reading.names:
        later = reading.names[value]
        if later.resource != resource:
            message = f"{value} is a row of {later.resource}; one of {resource} is expected"
            reading.notes.at(at, NO_SUCH_REFERENCE, message)
        return later
    try:
        return read(value)
    except Unfit as error:
        reading.notes.add(*error.at(at))
        return None


def _links(
    relation: Relation, read: Reader, value: Any, reading: Reading, at: str
) -> tuple[Any, ...]:
    keys = (
        read_key(relation.target, read, item, reading, f"{at}/{index}")
        for index, item in enumerate(listed(value, reading, at))
    )
    return tuple(dict.fromkeys(keys))


def listed(value: Any, reading: Reading, at: str) -> list[Any]:
    """The value where it is a list within bounds; else none, and a flaw."""
    if type(value) is not list:
        reading.notes.at(at, WRONG_TYPE, f"a list is expected, not {named(value)}")
        return []
    if len(value) > DEFAULT_LIST_LENGTH:
        message = f"at most {DEFAULT_LIST_LENGTH} items are expected, not {len(value)}"
        reading.notes.at(at, WRONG_LENGTH, message)
        return []
    return value


def _unknown(resource: str, name: str, entries: Mapping[str, _Entry]) -> str:
    settable = [known for known, entry in entries.items() if not isinstance(entry, _Denied)]
    near = nearest(name[:100], settable)
    hint = f"; did you mean `{near}`?" if near else ""
    return f"{resource} has no field `{name[:100]}`{hint}"


def _entries(contract: Contract, resource: Resource) -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {
        name: _Denied(f"`{name}` is worked out whenever it is read")
        for name in resource.computed_named
    }
    for relation in resource.relations:
        entries |= _related(contract, relation)
    owner = resource.relation_named[resource.owner].near if resource.owner else None
    for item in resource.fields:
        if item.hidden:
            continue
        if item.name == owner:
            entries[item.name] = _Denied(f"`{item.name}` is the row that this one is a part of")
        elif item.set_by in (SetBy.CLIENT, SetBy.ONCE) and (
            item.name not in _SYSTEM or (item.name == "id" and resource.keys_given)
        ):
            entries[item.name] = _Value(item, json_reader(item.type))
        else:
            by = "the server" if item.set_by is not SetBy.COMMANDS else "commands"
            entries[item.name] = _Denied(f"`{item.name}` is set by {by} only")
    return entries


_SYSTEM = frozenset({"id", "created_at", "updated_at", "version"})


def _related(contract: Contract, relation: Relation) -> dict[str, _Entry]:
    target = contract.resource_named[relation.target]
    if relation.owned:
        return {relation.name: _Parts(target.name, pointer(relation.name))}
    if relation.kind == "link":
        name = link_name(relation)
        return {
            name: _Links(relation, json_reader(target.key.type)),
            relation.name: _Denied(f"`{relation.name}` is written as `{name}`, a list of keys"),
        }
    if relation.to_one:
        message = f"`{relation.name}` is written as `{relation.near}`, the key of the row"
    else:
        message = f"the rows of `{relation.name}` are written at {target.path}"
    return {relation.name: _Denied(message)}
