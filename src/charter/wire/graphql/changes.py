"""The operations of mutations: from arguments to what is to be written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLInputObjectType, get_named_type

from charter.contract.command import On
from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.contract.types import Scalar
from charter.core.codes import (
    INVALID_VALUES,
    NOT_FOUND,
    VERSION_REQUIRED,
    WRONG_LENGTH,
    WRONG_TYPE,
)
from charter.core.names import pointer, snake
from charter.core.problems import Flaw, Problem
from charter.plan.ask import Create, Delete, Invoke, Operation, Update
from charter.plan.drafts import Reading as DraftReading
from charter.plan.inputs import Inputs
from charter.plan.notes import Notes
from charter.plan.steps import Later
from charter.plan.unfit import Unfit, named
from charter.wire.graphql.given import Bound
from charter.wire.graphql.keys import Keys, behind
from charter.wire.graphql.meaning import InputKey, InputParts, Kind, said
from charter.wire.graphql.names import camel
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.graphql.writes import FieldPlan, argument
from charter.wire.rest.writes import Writes, read_version

Names = Mapping[str, Later]
INPUT = "/input"
_NAMED = re.compile(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`")
_MANY = frozenset({Kind.CREATE_MANY, Kind.UPDATE_MANY, Kind.DELETE_MANY})
_VERSIONED = frozenset({Kind.UPDATE, Kind.REPLACE, Kind.DELETE})


@dataclass(frozen=True, slots=True)
class Written:
    """What a field writes: several operations where it is about many rows."""

    operations: tuple[Operation, ...]
    many: bool = False

    @property
    def row(self) -> str | None:
        """The resource of the one row that is left behind."""
        match self.operations:
            case (Create(resource=resource) | Update(resource=resource),):
                return resource
            case _:
                return None


class Changes:
    """Reads the arguments of the mutations of one contract."""

    def __init__(self, contract: Contract, keys: Keys, settings: GraphqlSettings) -> None:
        self.contract = contract
        self.keys = keys
        self.settings = settings
        self.writes = Writes(contract)
        self.inputs = Inputs(contract)

    def read(self, field: FieldPlan, bound: Bound, names: Names) -> Written:
        """What a field writes. Raises problems with all that is wrong with its input; `names`
        stand for the keys of rows that fields before it make."""
        return _Change(self, field, bound, names).written()

    def key(self, resource: Resource, value: Any, names: Names) -> Any:
        """The key that an identifier names. Raises `not_found` for what can be none."""
        later = names.get(value) if type(value) is str else None
        if later is not None and later.resource == resource.name:
            return later
        try:
            return self.keys.reader(resource.name)(value)
        except Unfit:
            raise Problem(NOT_FOUND) from None


class _Change:
    def __init__(self, of: Changes, field: FieldPlan, bound: Bound, names: Names) -> None:
        self._of = of
        self._field = field
        self._bound = bound
        self._names = names
        self._change = field.change

    def written(self) -> Written:
        change, resource = self._change, self._change.resource
        if change.command is not None:
            return Written((self._invoked(),))
        if resource is None:
            raise ValueError("rows are of a resource")
        if change.kind in _MANY:
            return Written(self._several(resource), many=True)
        owner = self._owner()
        key = None
        if change.kind is not Kind.CREATE:
            key = self._of.key(resource, self._argument("id"), self._names)
        version = self._version(resource)
        if change.kind is Kind.DELETE:
            return Written((Delete(resource.name, key, version, owner),))
        draft = self._read(
            lambda body, reading: self._of.writes.drafts.read(
                resource.name, body, change.mode, reading
            )
        )
        if change.kind is Kind.CREATE:
            return Written((Create(resource.name, draft, owner),))
        whole = change.kind is Kind.REPLACE
        return Written((Update(resource.name, key, draft, version, whole, owner),))

    def _several(self, resource: Resource) -> tuple[Operation, ...]:
        if self._change.kind is Kind.DELETE_MANY:
            return self._deleted(resource)
        items = _items(self._argument("input"))
        self._check_count(len(items), "")
        writes = self._of.writes
        notes = Notes(INVALID_VALUES)
        reading = DraftReading(notes, self._names)
        found: list[Operation] = []
        for at, item in enumerate(items):
            place = f"/{at}"
            body = self._renamed(self._type(), item, reading, place)
            if self._change.kind is Kind.UPDATE_MANY:
                found.append(writes.bulk_update(resource, body, reading, place))
            else:
                draft = writes.drafts.read(resource.name, body, self._change.mode, reading, place)
                found.append(Create(resource.name, draft))
        self._settle(notes)
        return tuple(found)

    def _deleted(self, resource: Resource) -> tuple[Operation, ...]:
        items = _items(self._argument("ids"))
        self._check_count(len(items), "/ids")
        keys = [self._of.key(resource, item, self._names) for item in items]
        if resource.conditional_writes:
            message = f"{resource.name} is deleted one by one, each with its version."
            raise Problem(VERSION_REQUIRED, message)
        return tuple(Delete(resource.name, key) for key in dict.fromkeys(keys))

    def _invoked(self) -> Invoke:
        change = self._change
        command = change.command
        if command is None:
            raise ValueError("a command is called")
        key, version = None, None
        if command.on is On.ROW and change.resource is not None:
            key = self._of.key(change.resource, self._argument("id"), self._names)
            version = self._version(None)
        inputs: dict[str, Any] = self._read(
            lambda body, reading: self._of.inputs.read(command, body, reading)
        )
        return Invoke(command.name, command.resource, inputs, key, version)

    def _read(self, read: Any) -> Any:
        """What the input comes to; a problem with all that is wrong with it."""
        notes = Notes(INVALID_VALUES)
        reading = DraftReading(notes, self._names)
        given = self._argument("input") if "input" in self._field.arguments else {}
        body = {} if given is None and self._change.command else given
        type_ = self._type() if "input" in self._field.field.args else None
        renamed = body if type_ is None else self._renamed(type_, body, reading, "")
        found = read(renamed, reading)
        self._settle(notes)
        return found

    def _renamed(
        self, type_: GraphQLInputObjectType, value: Any, reading: DraftReading, at: str
    ) -> Any:
        """The value under the names of the contract, with keys in place of identifiers."""
        if type(value) is not dict:
            return value
        found: dict[str, Any] = {}
        for name, item in value.items():
            field = type_.fields.get(name)
            match None if field is None else said(field):
                case None:
                    # What cannot be set may be known: then it is said why.
                    found[snake(name)] = item
                case InputKey(own, target):
                    self._take_key(found, own, target, item, reading, at)
                case InputParts(own) if field is not None:
                    inner = get_named_type(field.type)
                    found[own] = self._parts(inner, item, reading, at + pointer(own))
                case meaning:
                    found[meaning.name] = item
        return found

    def _parts(self, type_: object, value: Any, reading: DraftReading, at: str) -> Any:
        if type(value) is not list or not isinstance(type_, GraphQLInputObjectType):
            return value
        return [
            self._renamed(type_, item, reading, f"{at}/{index}") for index, item in enumerate(value)
        ]

    def _take_key(
        self,
        found: dict[str, Any],
        name: str,
        target: str,
        value: Any,
        reading: DraftReading,
        at: str,
    ) -> None:
        """A key, a list of keys, or null; what is wrong with them is noted, and left out."""
        place = at + pointer(name)
        try:
            if type(value) is not list:
                found[name] = self._raw(target, value)
                return
            found[name] = [self._raw(target, item) for item in value]
        except Unfit as error:
            reading.notes.add(*error.at(place))

    def _raw(self, target: str, value: Any) -> Any:
        if value is None or (type(value) is str and value in self._names):
            return value
        keys, contract = self._of.keys, self._of.contract
        text = behind(keys.prefixes[target], value)
        kind = contract.resource_named[target].key.type.scalar
        return int(text) if kind is Scalar.INTEGER and _is_number(text) else text

    def _owner(self) -> tuple[str, str, Any] | None:
        owner, relation = self._change.owner, self._change.relation
        if owner is None or relation is None:
            return None
        value = self._argument(self._change.owner_key)
        return owner.name, relation.name, self._of.key(owner, value, self._names)

    def _version(self, resource: Resource | None) -> int | None:
        notes = Notes(INVALID_VALUES)
        version = read_version(self._argument("version"), DraftReading(notes), "/version")
        notes.settle()
        demanded = resource is not None and resource.conditional_writes
        if version is None and demanded and self._change.kind in _VERSIONED:
            raise Problem(VERSION_REQUIRED)
        return version

    def _settle(self, notes: Notes) -> None:
        try:
            notes.settle()
        except Problem as problem:
            raise within_input(self._field, problem) from None

    def _check_count(self, count: int, at: str) -> None:
        most = self._of.settings.max_bulk
        if not 1 <= count <= most:
            message = f"1 to {most} items are expected, not {count}"
            flaw = Flaw(WRONG_LENGTH.name, message, pointer=at or INPUT)
            raise Problem(INVALID_VALUES, message, flaws=(flaw,))

    def _argument(self, name: str) -> Any:
        return argument(self._field, name, self._bound)

    def _type(self) -> GraphQLInputObjectType:
        type_ = get_named_type(self._field.field.args["input"].type)
        if not isinstance(type_, GraphQLInputObjectType):
            raise TypeError(f"{type_} is no input")
        return type_


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and text.isascii() and len(text) <= 20


def _items(value: Any) -> list[Any]:
    if type(value) is list:
        return value
    if value is None:
        message = f"a list is expected, not {named(value)}"
        flaw = Flaw(WRONG_TYPE.name, message, pointer=INPUT)
        raise Problem(INVALID_VALUES, message, flaws=(flaw,))
    return [value]


def within_input(field: FieldPlan, problem: Problem, place: str = "") -> Problem:
    """The problem of a field with its pointers inside the input, under the names of the schema.
    `place` is what they begin with already."""
    if not problem.detail.flaws:
        return problem
    argument_ = field.field.args.get("input")
    type_ = None if argument_ is None else get_named_type(argument_.type)
    flaws = tuple(
        replace(
            flaw,
            pointer=INPUT + _respelled((flaw.pointer or "").removeprefix(place), type_),
            message=_told(flaw.message),
        )
        for flaw in problem.detail.flaws
    )
    detail = problem.detail
    return Problem(
        problem.code,
        _told(detail.message),
        flaws=flaws,
        retry_after=detail.retry_after,
        members=detail.members,
    )


def _respelled(text: str, type_: object) -> str:
    """A pointer of names of the contract as one of names of the schema, as deep as that goes:
    what is inside a JSON value is a client's own."""
    steps: list[str] = []
    for step in text.split("/"):
        if isinstance(type_, GraphQLInputObjectType) and step and not step.isdecimal():
            found = _spelt(type_, step)
            steps.append(found or camel(step))
            type_ = None if found is None else get_named_type(type_.fields[found].type)
        else:
            steps.append(step)
    return "/".join(steps)


def _spelt(type_: GraphQLInputObjectType, name: str) -> str | None:
    """The input field that means a name of the contract."""
    return next((own for own, item in type_.fields.items() if said(item).name == name), None)


def _told(message: str) -> str:
    """A message with the names in it as the schema has them."""
    return _NAMED.sub(lambda found: f"`{camel(found[1])}`", message)
