"""`POST /can`: may this actor do that, for many actions at once.

    {"checks": [{"action": "update", "resource": "orders", "id": "…"},
                {"action": "create", "resource": "orders", "values": {…}}],
     "fields": true, "explain": true}

A resource is named by its path. The answer has one result for each check, in their order.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core.codes import (
    FORBIDDEN,
    INVALID_PARAMETER,
    INVALID_VALUES,
    NOT_A_CHOICE,
    REQUIRED,
    UNKNOWN_FIELD,
    WRONG_LENGTH,
    WRONG_TYPE,
)
from charter.core.names import nearest, pointer
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.ask import Can, Check, Create, Update
from charter.plan.can import command_named, takes_row
from charter.plan.drafts import Mode, Reading
from charter.plan.notes import Notes
from charter.plan.outcome import CanOutcome, CheckOutcome
from charter.plan.standing import roles_of
from charter.plan.unfit import named
from charter.plan.view import CREATE, DELETE, READ, UPDATE
from charter.wire.http import Request
from charter.wire.rest import bodies
from charter.wire.rest.negotiate import JSON_ONLY, negotiated
from charter.wire.rest.query import CURSOR, read_query
from charter.wire.rest.routes import Match, creatable
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.templates import unknown
from charter.wire.rest.understood import Understood
from charter.wire.rest.writes import Writes

_MEMBERS = ("checks", "fields", "explain")
_OF_CHECK = ("action", "resource", "id", "values")
_CRUD = (READ, CREATE, UPDATE, DELETE)


class Checks:
    """Understands the checks of one contract."""

    def __init__(self, contract: Contract, writes: Writes, settings: RestSettings) -> None:
        self._contract = contract
        self._writes = writes
        self._settings = settings
        self._resources: Mapping[str, Resource] = {item.path: item for item in contract.resources}

    def understand(self, request: Request, match: Match) -> Understood:
        """POST of several checks."""
        style = negotiated(request.headers.get("accept"), JSON_ONLY)
        bodies.check_type(request.headers, bodies.FOR_POST)
        body = bodies.decoded(request.body, self._settings.max_json_depth)
        notes = Notes(INVALID_PARAMETER)
        query = read_query(request.query, self._settings.max_query_bytes, notes)
        for name, _ in query.skeleton:
            unknown(name, (), notes)
        if query.cursor is not None:
            unknown(CURSOR, (), notes)
        if not notes:
            notes.become(INVALID_VALUES)
        form = self._form(body, notes)
        notes.settle()
        return Understood(form, style=style)

    def _form(self, body: Any, notes: Notes) -> Can:
        if type(body) is not dict:
            notes.at("", WRONG_TYPE, f"an object is expected, not {named(body)}")
            return Can(())
        _refuse_unknown(body, _MEMBERS, "the body", notes, "")
        fields, explain = (_truth(body, name, notes) for name in ("fields", "explain"))
        items = body.get("checks")
        if type(items) is not list:
            code = REQUIRED if items is None else WRONG_TYPE
            notes.at("/checks", code, "a list of checks is expected")
            return Can(())
        most = self._settings.max_bulk
        if not 1 <= len(items) <= most:
            message = f"1 to {most} checks are expected, not {len(items)}"
            notes.at("/checks", WRONG_LENGTH, message)
            return Can(())
        found = [self._check(item, notes, f"/checks/{at}") for at, item in enumerate(items)]
        return Can(tuple(check for check in found if check is not None), fields, explain)

    def _check(self, item: Any, notes: Notes, at: str) -> Check | None:
        if type(item) is not dict:
            notes.at(at, WRONG_TYPE, f"an object is expected, not {named(item)}")
            return None
        _refuse_unknown(item, _OF_CHECK, "a check", notes, at)
        action = _text(item, "action", notes, at)
        if action is None:
            return None
        if "resource" not in item:
            return self._on_nothing(item, action, notes, at)
        path = _text(item, "resource", notes, at)
        resource = None if path is None else self._resources.get(path)
        if resource is None:
            if path is not None:
                _refuse_choice(path, self._resources, "resource", notes, at)
            return None
        known = (*_CRUD, *(one.name for one in self._contract.commands_of[resource.name]))
        if action not in known:
            _refuse_choice(action, known, "action", notes, at)
            return None
        return self._on_resource(item, resource, action, notes, at)

    def _on_nothing(
        self, item: Mapping[str, Any], action: str, notes: Notes, at: str
    ) -> Check | None:
        if command_named(self._contract, None, action) is None:
            known = [command.name for command in self._contract.commands_of[None]]
            if action in _CRUD or not known:
                notes.at(f"{at}/resource", REQUIRED, "`resource` is missing")
            else:
                _refuse_choice(action, known, "action", notes, at)
            return None
        _refuse_members(item, ("id", "values"), f"`{action}` is on no row", notes, at)
        return Check(action, None)

    def _on_resource(
        self, item: Mapping[str, Any], resource: Resource, action: str, notes: Notes, at: str
    ) -> Check:
        reading = Reading(notes)
        key = None
        if not takes_row(self._contract, resource, action):
            _refuse_members(item, ("id",), f"`{action}` is on no row that is there", notes, at)
        elif "id" in item:
            key = self._writes.drafts.read_key(resource.name, item["id"], reading, f"{at}/id")
        if "values" not in item:
            return Check(action, resource.name, key)
        if not has_trial(resource, action):
            message = f"`{action}` of {resource.path} takes no values here"
            _refuse_members(item, ("values",), message, notes, at)
            return Check(action, resource.name, key)
        read, values, place = self._writes.drafts.read, item["values"], f"{at}/values"
        if action == CREATE:
            draft = read(resource.name, values, Mode.CREATE, reading, place)
            return Check(action, resource.name, trial=Create(resource.name, draft))
        if "id" not in item:
            notes.at(f"{at}/id", REQUIRED, "`id` says which row is to have the values")
        draft = read(resource.name, values, Mode.PATCH, reading, place)
        return Check(action, resource.name, key, Update(resource.name, key, draft))


def has_trial(resource: Resource, action: str) -> bool:
    """Whether a check can say with which values. Parts are written with their owner."""
    if resource.owner is not None:
        return False
    return action == UPDATE or (action == CREATE and creatable(resource))


def require_explainer(
    contract: Contract, settings: RestSettings, actor: Actor, *, open_: bool
) -> None:
    """Raises `forbidden` unless the actor may know which rule decided."""
    roles = roles_of(contract, actor.roles) if actor.authenticated else frozenset()
    if not open_ and roles.isdisjoint(settings.explain_roles):
        raise Problem(FORBIDDEN, "Explanations are for the roles that `rest.explain_roles` names.")


# -- answers -----------------------------------------------------------------------------------
def can_body(outcome: CanOutcome) -> bytes:
    """The results as JSON."""
    return msgspec.json.encode({"results": [_result(result) for result in outcome.results]})


def _result(result: CheckOutcome) -> dict[str, Any]:
    found: dict[str, Any] = {"allowed": result.allowed}
    if result.code is not None:
        found["code"] = result.code
    if result.readable is not None:
        found["fields"] = {"readable": result.readable, "writable": result.writable or ()}
    if result.explanation is not None:
        found["explanation"] = result.explanation
    return found


# -- flaws -------------------------------------------------------------------------------------
def _text(item: Mapping[str, Any], name: str, notes: Notes, at: str) -> str | None:
    value = item.get(name)
    if type(value) is str:
        return value
    if value is None:
        notes.at(f"{at}/{name}", REQUIRED, f"`{name}` is missing")
    else:
        notes.at(f"{at}/{name}", WRONG_TYPE, f"a text is expected, not {named(value)}")
    return None


def _truth(body: Mapping[str, Any], name: str, notes: Notes) -> bool:
    value = body.get(name, False)
    if type(value) is not bool:
        notes.at(f"/{name}", WRONG_TYPE, f"true or false is expected, not {named(value)}")
    return value is True


def _refuse_unknown(
    item: Mapping[str, Any], known: tuple[str, ...], what: str, notes: Notes, at: str
) -> None:
    for name in item.keys() - set(known):
        near = nearest(name[:100], known)
        hint = f"; did you mean `{near}`?" if near else ""
        message = f"{what} has no member `{name[:100]}`{hint}"
        notes.at(at + pointer(name[:200]), UNKNOWN_FIELD, message)


def _refuse_members(
    item: Mapping[str, Any], names: tuple[str, ...], why: str, notes: Notes, at: str
) -> None:
    for name in names:
        if name in item:
            notes.at(f"{at}/{name}", UNKNOWN_FIELD, f"{why}: there is no `{name}`")


def _refuse_choice(value: str, known: Iterable[str], name: str, notes: Notes, at: str) -> None:
    near = nearest(value[:100], known)
    hint = f"; did you mean `{near}`?" if near else ""
    message = f"there is no {name} `{value[:100]}`{hint}"
    notes.at(f"{at}/{name}", NOT_A_CHOICE, message)
