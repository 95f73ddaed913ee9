"""From a request to an endpoint and its values, or a problem with all that is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from charter.contract.command import Parameter
from charter.contract.contract import Contract
from charter.core.codes import METHOD_NOT_ALLOWED, NOT_FOUND, REQUIRED, UNKNOWN_FIELD, WRONG_TYPE
from charter.core.names import nearest, pointer
from charter.core.problems import Problem
from charter.plan.drafts import Drafts, Mode, Reading
from charter.plan.notes import Notes
from charter.plan.unfit import Unfit, named
from charter.plan.values import Reader, default_value, json_reader
from charter.wire.http import Request
from charter.wire.identity.endpoint import Endpoint
from charter.wire.identity.endpoints import endpoints_of
from charter.wire.identity.forms import answer_of, form_of
from charter.wire.rest import bodies
from charter.wire.rest.routes import allowed

LONGEST_KEY = 1500


@dataclass(frozen=True, slots=True)
class Found:
    """An endpoint, and the id in the path."""

    endpoint: Endpoint
    key: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What a body says: its members by name, and the fields of a new account as they came."""

    values: Mapping[str, Any] = field(repr=False)
    account: Mapping[str, Any] = field(default_factory=dict, repr=False)


class IdentityParser:
    """Understands the requests to the endpoints below `base`, a path that ends with a slash."""

    def __init__(self, contract: Contract, base: str, max_depth: int) -> None:
        self._base = base
        self._depth = max_depth
        self._drafts = Drafts(contract)
        self._account = contract.user
        email = contract.resource_named[contract.user].field_named.get("email")
        self._email_is_own = email is not None and email.required
        self._at: dict[str, dict[str, Endpoint]] = {}
        endpoints = endpoints_of(contract)
        for endpoint in endpoints:
            self._at.setdefault(endpoint.path, {})[endpoint.method] = endpoint
        self._shapes = [
            (parts, endpoint.path)
            for endpoint in endpoints
            if "{id}" in (parts := endpoint.path.split("/"))
        ]
        self._readers: dict[Parameter, Reader] = {
            item: json_reader(item.type)
            for endpoint in endpoints
            for item in (*(endpoint.inputs or ()), *endpoint.instead)
        }

    def template(self, path: str) -> str:
        """The template of a path; empty where it is none of these."""
        if not path.startswith(self._base):
            return ""
        below, _ = self._split(path)
        return self._base + below if below in self._at else ""

    def methods(self, path: str) -> tuple[str, ...]:
        """What `Allow` has for a path of an endpoint."""
        return allowed(self._at[self._split(path)[0]])

    def find(self, request: Request) -> Found:
        """The endpoint of a request. Raises `not_found` and `method_not_allowed`."""
        below, key = self._split(request.path)
        methods = self._at.get(below)
        if methods is None:
            raise Problem(NOT_FOUND)
        endpoint = methods.get(request.method)
        if endpoint is None:
            allow = allowed(methods)
            message = f"{request.method[:20]} is not defined here, but {', '.join(allow)}."
            raise Problem(METHOD_NOT_ALLOWED, message, members={"allow": allow})
        return Found(endpoint, key)

    def read(self, endpoint: Endpoint, request: Request) -> Read:
        """What the body says. Raises a problem with all flaws."""
        if endpoint.relays:
            return Read({"answer": answer_of(request)})
        if endpoint.inputs is None:
            return Read({})
        if endpoint.form:
            return self._members(endpoint, form_of(request))
        bodies.check_type(request.headers, bodies.FOR_POST)
        body = bodies.decoded(request.body, self._depth)
        if type(body) is not dict:
            notes = Notes()
            notes.at("", WRONG_TYPE, f"an object is expected, not {named(body)}")
            notes.settle()
        return self._members(endpoint, body)

    def _members(self, endpoint: Endpoint, body: dict[str, Any]) -> Read:
        notes = Notes()
        inputs = endpoint.inputs or ()
        if endpoint.instead and endpoint.instead[0].name in body:
            inputs = endpoint.instead
        known = {item.name for item in inputs}
        rest = {name: value for name, value in body.items() if name not in known}
        if endpoint.account:
            if self._email_is_own and "email" in body:
                rest["email"] = body["email"]
            reading = Reading(notes)
            self._drafts.read(self._account, rest, Mode.CREATE, reading)
        else:
            _refuse_unknown(rest, known, notes)
        values = {item.name: _value(item, self._readers[item], body, notes) for item in inputs}
        notes.settle()
        return Read(values, rest if endpoint.account else {})

    def _split(self, path: str) -> tuple[str, str]:
        """The path below the base as its template, and what stands for `{id}` in it."""
        below = path[len(self._base) :]
        if below in self._at:
            return below, ""
        parts = below.split("/")
        for shape, template in self._shapes:
            place = shape.index("{id}")
            if len(parts) != len(shape) or not 0 < len(parts[place]) <= LONGEST_KEY:
                continue
            if [*parts[:place], "{id}", *parts[place + 1 :]] == shape:
                return template, _decoded(parts[place])
        return below, ""


def _decoded(part: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise Problem(NOT_FOUND) from None


def _refuse_unknown(rest: Mapping[str, Any], known: set[str], notes: Notes) -> None:
    for name in rest:
        near = nearest(name[:100], known)
        hint = f"; did you mean `{near}`?" if near else ""
        message = f"there is no member `{name[:100]}` here{hint}"
        notes.at(pointer(name[:200]), UNKNOWN_FIELD, message)


def _value(item: Parameter, read: Reader, body: Mapping[str, Any], notes: Notes) -> Any:
    place = pointer(item.name)
    if item.name not in body:
        if item.required:
            notes.at(place, REQUIRED, f"`{item.name}` is missing")
        return None if item.default is None else default_value(item.type, item.default.value)
    value = body[item.name]
    if value is None:
        if not item.optional:
            message = f"`{item.name}` must have a value: null is not one"
            notes.at(place, WRONG_TYPE, message)
        return None
    try:
        return read(value)
    except Unfit as error:
        notes.add(*error.at(place))
        return None
