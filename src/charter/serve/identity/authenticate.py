"""Who sends a request, where a contract has accounts: tokens, API keys and cookies.

What was signed out or taken away is gone at once, in every process: beside what a token says,
the database is asked whether its session is there still, by one indexed read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from charter.access.opaque import Kind, digest_of
from charter.core.codes import INVALID_TOKEN, SESSION_ENDED, TOKEN_STALE
from charter.core.problems import Problem
from charter.core.signals import Failed, Listener
from charter.plan.actor import ANONYMOUS, API_KEY, Actor
from charter.serve.engine.failures import TOLD_AS_PROBLEMS
from charter.serve.identity import csrf
from charter.serve.identity.certificates import certificate_of
from charter.serve.identity.realm import Realm
from charter.serve.identity.running import read, run
from charter.serve.identity.tokens import cookie_in
from charter.sql.identity.alive import roles_in
from charter.sql.identity.tables import API_KEYS, SESSIONS
from charter.sql.own import query
from charter.sql.own.query import Query
from charter.store.database import Transaction
from charter.wire.cookies import COOKIE_ENDED
from charter.wire.http import Request

OF_KEY = "key."
"""What `sid` begins with in a token that an API key was exchanged for; the key's id follows."""
NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is noted when a cookie or key was last used."""
_READS = frozenset({"GET", "HEAD"})
_KEY = f"bearer {Kind.API_KEY}"


class Verifier(Protocol):
    """Verifies bearer tokens: a TokenVerifier, or a gate before several."""

    def verify(self, authorization: str | None) -> Actor: ...

    async def admit(self, authorization: str | None) -> Actor: ...


class Authenticator:
    """Says who sends a request. For one event loop. `queried` is a path at which a POST may be a
    read as well."""

    def __init__(
        self,
        realm: Realm,
        verifier: Verifier,
        origins: frozenset[str],
        listener: Listener | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        queried: str = "/graphql",
    ) -> None:
        self._realm = realm
        self._verifier = verifier
        self._origins = origins
        self._listener = listener
        self._clock = clock
        self._remote = realm.dialect.remote
        self._queried = queried
        self._certificates = realm.settings.client_certificates
        self._noting: set[asyncio.Task[None]] = set()

    def identify(self, request: Request) -> Actor | Awaitable[Actor]:
        """The actor; nobody without credentials. Raises `invalid_token`, `session_ended`,
        `token_stale` and `cross_site_request`."""
        authorization = request.headers.get("authorization")
        if authorization is None:
            cookie = cookie_in(request.headers.get("cookie"))
            if cookie is not None:
                return self._of_cookie(request, cookie)
            return self._of_certificate(request) if self._certificates else ANONYMOUS
        if authorization[: len(_KEY)].lower() == _KEY:
            return self._of_key(authorization[len("bearer ") :].strip())
        if self._remote and (request.method in _READS or request.path.endswith(self._queried)):
            return self._read_by(authorization)
        return self._of_token(authorization)

    async def drained(self) -> None:
        """Wait for what is still to be noted."""
        while self._noting:
            await asyncio.wait(self._noting)

    async def _read_by(self, authorization: str) -> Actor:
        """The actor of a request that reads: the statement that answers it asks for the session
        as well, which saves a journey to the database."""
        actor = await self._verifier.admit(authorization)
        if actor.session is None or actor.session.startswith(OF_KEY):
            return await self._proven(actor)
        return replace(actor, proof=partial(self._proven, actor))

    async def _of_token(self, authorization: str) -> Actor:
        return await self._proven(await self._verifier.admit(authorization))

    async def _proven(self, actor: Actor) -> Actor:
        """The actor of a token whose session, or key, is there still and has its rights."""
        session = actor.session
        if session is None:
            return actor
        if session.startswith(OF_KEY):
            row = await self._good(self._realm.alive.key_id, session.removeprefix(OF_KEY))
        else:
            row = await self._good(self._realm.alive.session, session)
        if roles_in(row[0]) != actor.roles or row[1] != actor.tenant:
            raise Problem(TOKEN_STALE)
        return actor

    async def _of_cookie(self, request: Request, cookie: str) -> Actor:
        digest, now = digest_of(cookie, Kind.SESSION), self._clock()
        csrf.require_own_page(request, cookie, self._origins)
        rows = digest and await read(self._realm.database, self._realm.alive.cookie, digest, now)
        if not rows:
            raise Problem(SESSION_ENDED, members=COOKIE_ENDED)
        id_, account, methods, _, signed_in_at, seen_at, _, ends_at, roles, tenant = rows[0]
        if now - seen_at > NOTED_EVERY and not request.again:
            until = min(now + timedelta(seconds=self._realm.settings.browser_idle), ends_at)
            columns = ("seen_at", "expires_at")
            self._note(
                query.change(self._realm.dialect, SESSIONS, columns, ("id",)), now, until, id_
            )
        return Actor(
            account,
            roles_in(roles),
            MappingProxyType({"sub": account, "sid": id_}),
            frozenset(methods.split()),
            None if signed_in_at is None else signed_in_at.timestamp(),
            session=id_,
            tenant=tenant,
        )

    async def _of_key(self, key: str) -> Actor:
        digest = digest_of(key, Kind.API_KEY)
        if digest is None:
            raise Problem(INVALID_TOKEN, "This is not an API key of this service.")
        return await self._of_machine(digest, frozenset({API_KEY}))

    async def _of_certificate(self, request: Request) -> Actor:
        digest = certificate_of(request)
        if digest is None:
            return ANONYMOUS
        return await self._of_machine(digest, frozenset({API_KEY, "pop"}))

    async def _of_machine(self, digest: str, methods: frozenset[str]) -> Actor:
        row = await self._good(self._realm.alive.key, digest)
        id_, account, scopes, used_at, _, roles, tenant = row
        now = self._clock()
        if used_at is None or now - used_at > NOTED_EVERY:
            self._note(query.change(self._realm.dialect, API_KEYS, ("used_at",), ("id",)), now, id_)
        return Actor(
            account,
            roles_in(roles),
            MappingProxyType({"sub": account}),
            methods,
            scopes=None if scopes is None else frozenset(scopes.split()),
            tenant=tenant,
        )

    async def _good(self, asked: Query, value: str) -> tuple[Any, ...]:
        rows = await read(self._realm.database, asked, value, self._clock())
        if not rows:
            raise Problem(SESSION_ENDED)
        return rows[0]

    def _note(self, changing: Query, *values: Any) -> None:
        """Write down that something was used, without anybody waiting for it."""
        self._later(self._noted(changing, values))

    async def _noted(self, changing: Query, values: tuple[Any, ...]) -> None:
        async def work(transaction: Transaction) -> None:
            await run(transaction, changing, *values)

        try:
            with TOLD_AS_PROBLEMS:
                await self._realm.database.write(work)
        except Exception as error:
            if self._listener is not None:
                self._listener(Failed(None, error))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)
