"""graphql-transport-ws, the GraphQL over WebSocket protocol of the library graphql-ws: its
messages, and how a connection ends.

Clients take the codes 4400, 4401, 4409, 4429, 4500 and most below 1100 for final, and come back
after all others: so whoever has to sign in again is sent away with 4403.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from charter.core import codes, livecodes
from charter.core.names import pointer
from charter.core.problems import Family, Flaw, Problem
from charter.plan.news import News
from charter.wire.graphql.render import error_of, json_of
from charter.wire.graphql.requests import MOST_JSON_DEPTH, Asked, asked_in
from charter.wire.graphql.told import Done, Told
from charter.wire.live.closing import GOING_AWAY, SLOW, TOO_BIG, TRY_AGAIN
from charter.wire.live.messages import (
    LONGEST_ID,
    LONGEST_TOKEN,
    Connect,
    Ping,
    Pong,
    Unsubscribe,
)
from charter.wire.live.speech import Breach, Ending, How
from charter.wire.rest.bodies import decoded

SUBPROTOCOL = "graphql-transport-ws"
LONGEST_REASON = 120
"""Bytes of the reason in a close frame (RFC 6455, section 5.5, leaves 123)."""
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, TOO_LATE, TAKEN, AGAIN, FAULT = (
    4400, 4401, 4403, 4408, 4409, 4429, 4500,
)  # fmt: skip
_OF_BREACH: Mapping[How, tuple[int, str]] = MappingProxyType(
    {
        How.EARLY: (UNAUTHORIZED, "Unauthorized"),
        How.LATE: (TOO_LATE, "Connection initialisation timeout"),
        How.AGAIN: (AGAIN, "Too many initialisation requests"),
        How.TAKEN: (TAKEN, "Subscriber already exists"),
    }
)
_OF_CODE: Mapping[str, int] = MappingProxyType(
    {
        codes.TOO_LARGE.name: TOO_BIG,
        codes.OVERLOADED.name: GOING_AWAY,
        codes.TIMED_OUT.name: TOO_LATE,
        livecodes.TOO_SLOW.name: SLOW,
    }
)
_OF_FAMILY: Mapping[Family, int] = MappingProxyType(
    {
        Family.INVALID: BAD_REQUEST,
        Family.UNAUTHENTICATED: FORBIDDEN,
        Family.FORBIDDEN: FORBIDDEN,
        Family.LIMITED: TRY_AGAIN,
        Family.UNAVAILABLE: TRY_AGAIN,
    }
)
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Carry out an operation, under a name of the client's own."""

    id: str
    asked: Asked


class TransportWs:
    """How graphql-transport-ws says things. `base` is where the pages of codes are."""

    subprotocol = SUBPROTOCOL
    required = eager = True
    ping, pong = '{"type":"ping"}', '{"type":"pong"}'

    def __init__(self, base: str) -> None:
        self._base = base

    def read(self, text: str | bytes) -> Connect | Subscribe | Unsubscribe | Ping | Pong:
        """The message in a frame. Raises `malformed`, `invalid_values`, `invalid_parameter` and
        `invalid_token`."""
        message = _object(text)
        match message.get("type"):
            case "connection_init":
                return Connect(token=_token(message.get("payload")))
            case "subscribe":
                return Subscribe(_name(message), asked_in(message.get("payload")))
            case "complete":
                return Unsubscribe(id=_name(message))
            case "ping":
                return Ping()
            case "pong":
                return Pong()
            case _:
                raise _wrong("There is no message of this type.", "type")

    def connected(self, heartbeat: float) -> str:
        return '{"type":"connection_ack"}'

    def problem(self, problem: Problem, name: str) -> str:
        return _message("error", json.dumps(name), json_of([error_of(problem, self._base)]))

    def taken(self, name: str) -> Problem:
        return Breach(How.TAKEN, f"Subscriber for {name} already exists")

    def ending(self, problem: Problem) -> Ending:
        if isinstance(problem, Breach):
            code, said = _OF_BREACH[problem.how]
            reason = problem.detail.message if problem.how is How.TAKEN else said
        else:
            code = _OF_CODE.get(problem.code.name, _OF_FAMILY.get(problem.code.family, FAULT))
            reason = f"{problem.code.name}: {problem.detail.message}"
        return Ending(None, code, reason.encode()[:LONGEST_REASON].decode(errors="ignore"))

    def replies(self, name: str, done: Done) -> tuple[str, ...]:
        """All messages of an operation that has one response."""
        label = json.dumps(name)
        if done.errors is not None:
            return (_message("error", label, done.errors),)
        return _message("next", label, done.body), f'{{"id":{label},"type":"complete"}}'

    def telling(
        self, name: str, told: Callable[[News], Iterable[Told]]
    ) -> Callable[[News], Iterable[str]]:
        """Gives the messages of a subscription."""
        label = json.dumps(name)

        def said(one: Told) -> str:
            if one.errors is not None:
                return _message("error", label, one.errors)
            return _message("next", label, one.body)

        return lambda news: map(said, told(news))


def _message(kind: str, label: str, payload: str) -> str:
    return f'{{"id":{label},"type":"{kind}","payload":{payload}}}'


def _object(text: str | bytes) -> Mapping[str, Any]:
    if isinstance(text, bytes):
        raise Problem(codes.MALFORMED, "A message is a text, not binary data.")
    try:
        # The payload is as deep as the body of a request.
        found = decoded(text.encode("utf-8", "strict"), MOST_JSON_DEPTH + 1)
    except (Problem, UnicodeEncodeError):
        raise Problem(codes.MALFORMED, "The message is not JSON, or nested too deep.") from None
    if type(found) is not dict:
        raise _wrong("A message is an object.")
    return found


def _name(message: Mapping[str, Any]) -> str:
    name = message.get("id")
    if type(name) is not str or not 0 < len(name) <= LONGEST_ID:
        raise _wrong(f"`id` is a text of 1 to {LONGEST_ID} characters.", "id")
    return name


def _token(payload: Any) -> str | None:
    """The bearer token in the payload of `connection_init`: `authorization` as in the header of a
    request, however it is capitalised, there or among `headers`."""
    if payload is None:
        return None
    if type(payload) is not dict:
        raise _wrong("The payload is an object.", "payload")
    headers = payload.get("headers")
    given = [*payload.items(), *(headers.items() if type(headers) is dict else ())]
    for name, value in given:
        if name.lower() == "authorization" and value is not None:
            if type(value) is not str or value[: len(_BEARER)].lower() != _BEARER:
                raise Problem(codes.INVALID_TOKEN)
            if len(value) > LONGEST_TOKEN:
                raise Problem(codes.INVALID_TOKEN)
            return value[len(_BEARER) :].strip()
    return None


def _wrong(message: str, at: str = "") -> Problem:
    flaw = Flaw(codes.WRONG_TYPE.name, message, pointer(at) if at else "")
    return Problem(codes.INVALID_VALUES, message, flaws=(flaw,))
