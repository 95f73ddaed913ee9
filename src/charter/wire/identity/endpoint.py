"""What an endpoint of accounts and sessions is: values, from which it is read and described."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from charter.contract.command import Parameter


class Needs(StrEnum):
    """Who may call an endpoint."""

    NOTHING = "nothing"
    ACTOR = "actor"
    """Anybody who is somebody, programs included."""
    SESSION = "session"
    """Somebody who has signed in."""
    FRESH = "fresh"
    """Somebody who has signed in a moment ago, with a second factor where the account has one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation. `path` is below that of all of them; one part of it may be `{id}`.

    `inputs` are the members of the body, None where there is no body; `instead` are those of
    another form of body that is taken as well, told by its first member. `queries` are the
    parameters that may stand in the query, which the flow reads itself. With `account` the
    fields of a new account stand beside them. `status` is that of the answer, whose body is
    described by `answer`, a schema, or which has none. A body is JSON, or a `form`. One that
    `relays` takes the query or form as it came, as an answer of OAuth, in the value `answer`; it
    sends a browser on, and a program gets the `answer` with the status 200. One that is `bare`
    answers with 204 where the session is a cookie. With `tenants` it is there only where the
    contract has tenants.
    """

    name: str
    method: str
    path: str
    doc: str
    inputs: tuple[Parameter, ...] | None = None
    instead: tuple[Parameter, ...] = ()
    queries: tuple[Parameter, ...] = ()
    account: bool = False
    form: bool = False
    relays: bool = False
    bare: bool = False
    tenants: bool = False
    status: int = 204
    answer: str | None = None
    needs: Needs = Needs.NOTHING
    problems: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answers; `cookies` are whole Set-Cookie fields. `status` is set where it
    is not that of the endpoint."""

    body: Mapping[str, Any] | None = None
    location: str | None = None
    """Where a browser is sent."""
    cookies: tuple[str, ...] = field(default=(), repr=False)
    status: int | None = None


NOTHING = Reply()
