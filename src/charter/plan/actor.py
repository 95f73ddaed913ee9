"""Who is asking."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_NONE: Mapping[str, Any] = MappingProxyType({})

API_KEY = "api_key"
CLIENT_CREDENTIALS = "client_credentials"


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated subject with its roles and claims, or nobody (`id` is None).

    `methods` are how it signed in, as RFC 8176 names them (`amr`), or `API_KEY` or
    `CLIENT_CREDENTIALS` for a program; `signed_in_at` is when, in seconds since 1970
    (`auth_time`). `address` is where the request comes from, as text. An actor with `scopes`
    may do only what one of them covers; None is no restriction. `tenant` is the key, as text,
    of the tenant that it acts for.

    With a `proof` it is not known yet whether the session is there still: nothing may be told to
    the actor, or done for it, before either the proof has been called (it gives the actor that is
    proven, or raises the problem), or the statement that answers it has asked as well.
    """

    id: str | None = None
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=lambda: _NONE, hash=False)
    methods: frozenset[str] = frozenset()
    signed_in_at: float | None = None
    address: str | None = None
    session: str | None = None
    scopes: frozenset[str] | None = None
    tenant: str | None = None
    proof: "Callable[[], Awaitable[Actor]] | None" = field(default=None, compare=False, repr=False)

    @property
    def authenticated(self) -> bool:
        return self.id is not None


ANONYMOUS = Actor()
