"""Everything that one process needs to serve a contract, put together."""

import asyncio
import secrets
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from charter.access.extras import needing
from charter.access.gate import open_gate
from charter.access.keys import Algorithm, Keys
from charter.access.rates.open import open_store
from charter.access.settings import keys_from, verifier_from
from charter.contract.contract import Contract
from charter.core.signals import Listener, Stopping
from charter.serve.account import offered
from charter.serve.engine.heartbeat import Heartbeat, release_of
from charter.serve.engine.pipeline import Limits
from charter.serve.engine.service import Service
from charter.serve.identity.authenticate import Authenticator as SessionAuthenticator
from charter.serve.identity.identity import Identity
from charter.serve.identity.opening import open_realm
from charter.serve.identity.strong import Strong
from charter.serve.live.hub import Hub
from charter.serve.live.trimming import Trimmer
from charter.serve.settings.model import LogLevel, Settings
from charter.serve.signing import signers
from charter.serve.web.app import App
from charter.serve.web.authenticate import Authenticator, Bearers, located
from charter.serve.web.correlation import Correlator
from charter.serve.web.edge import Edge
from charter.serve.web.graphql import graphql_of
from charter.serve.web.health import LIVE, READY, Health
from charter.serve.web.inflight import InFlight
from charter.serve.web.live.channel import Channel
from charter.serve.web.live.credentials import Origins
from charter.serve.web.live.endpoint import Live
from charter.serve.web.live.operations import Operations
from charter.serve.web.live.paths import Paths
from charter.serve.web.mount import mounted, pages_at
from charter.serve.web.public import open_public, with_public
from charter.serve.web.published import with_keys
from charter.serve.web.rest import Rest
from charter.serve.web.throttle import AUTH, Throttle
from charter.serve.web.wires import Spoken
from charter.sql.own.history import Noted
from charter.wire.graphql.persisted import listed_documents
from charter.wire.grpc.describe import numbers_for
from charter.wire.grpc.numbers import NO_NUMBERS, Numbers
from charter.wire.http import Request
from charter.wire.identity.parse import IdentityParser
from charter.wire.live.describe import PATH as LIVE_PATH
from charter.wire.live.render import Renderer
from charter.wire.pages.account import Offers

_CURSOR_LABEL = b"charter cursors 1"
_GRPC = "charter.serve.grpc.opening"


class GrpcServer(Protocol):
    """What is used of the server of gRPC; its module needs packages that may not be there."""

    port: int

    async def start(self) -> None: ...

    async def end_watches(self) -> None: ...

    async def stop(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Shared:
    """The files that the workers of a machine share; None where a process keeps it to itself."""

    spending: Path | None = None
    """What was spent of the rate limits."""
    written: Path | None = None
    """Who wrote when, where there are replicas."""


NOT_SHARED = Shared()


class Process:
    """A contract with its settings, served by this process. For one event loop.

    Raises BadKey where the keys cannot be used (in production also where there are none), and
    ValueError or MissingDriver for a database that cannot be opened.
    """

    def __init__(
        self,
        contract: Contract,
        settings: Settings,
        *,
        listener: Listener | None = None,
        cursor_key: bytes | None = None,
        shared: Shared = NOT_SHARED,
        noted: Sequence[Noted] = (),
    ) -> None:
        serve = settings.serve
        self.contract = contract
        self.settings = settings
        self.listener = listener
        watching = {} if listener is None else {"listener": listener}
        self.keys: Keys = keys_from(settings.auth, production=serve.in_production, **watching)
        self._cursor_key = cursor_key or cursor_key_of(settings, self.keys)
        own = verifier_from(settings.auth, self.keys, own=contract.accounts is not None)
        development = not serve.in_production
        self._gate = open_gate(settings.auth, own, listener, development=development)
        verifier = self._gate or own
        debug = serve.log_level is LogLevel.DEBUG
        self.service = Service(
            contract,
            database_of(contract, settings),
            settings.store,
            listener if debug else None,
            Limits(serve.command_timeout, serve.key_lifetime),
            signers(settings, self.keys)[0],
        )
        self._hub = Hub(
            self.service,
            self._cursor_key,
            settings.live,
            longest_transaction=settings.store.transaction_timeout,
            listener=listener,
        )
        self._trimmer = Trimmer(self.service, settings.live.retention, listener)
        self._lives: list[Live] = []
        self._noted = noted
        self._grpc: GrpcServer | None = None
        self._heartbeat: Heartbeat | None = None
        if serve.database_replicas:
            self.service.follow(serve.database_replicas.split(), shared.written)
        if listener is not None:
            self.service.tell_slow(listener)
        if settings.graphql.documents is not None:
            listed_documents(settings.graphql.documents)
        self._realm = None
        self._sessions = None
        if contract.accounts is None and settings.auth.providers:
            raise ValueError("auth.providers: nobody can sign in where a contract has no accounts")
        if contract.accounts is not None:
            self._realm = open_realm(contract, self.service, settings, self.keys, listener)
            realm, origins = self._realm.realm, self._realm.origins
            self._sessions = SessionAuthenticator(
                realm, verifier, origins, listener, queried=settings.graphql.path
            )
        self._authenticator = located(contract, self._sessions or Bearers(verifier))
        self._in_flight = InFlight(serve.max_in_flight)
        self._correlate = Correlator()
        self._public = open_public(serve)
        self._edge = Edge(serve, settings.cors)
        rates = settings.rates
        self._spending = open_store(rates, shared.spending, listener) if rates.enabled else None
        self._health = Health(self.service.ping, self.service.usage if development else None)

    def app(self, root: str = "") -> App:
        """The app below a path, which is empty or begins with a slash."""
        settings = mounted(self.settings, root)
        explains = not settings.serve.in_production
        rest = Rest(self.contract, self._cursor_key, settings.rest, explains_to_all=explains)
        health = {root + LIVE: self._health.live, root + READY: self._health.ready}
        identity = self._identity(settings)
        page = self._account_page(root, settings)
        own = with_keys(root, self.keys, pages_at(root, self.contract, settings, page))
        talks = graphql_of(self.contract, settings, self._cursor_key)
        prefix = settings.rest.prefix

        def claimed(request: Request) -> bool:
            """What the API has to answer: all below its prefix, or where it has none, all that
            there is of it."""
            if any(talk.route(request) for talk in talks):
                return True
            if prefix != root:
                return request.path.startswith(prefix + "/")
            return bool(rest.route(request) or (identity and identity.route(request)))

        authenticator, throttle = self._authenticating(identity), self._throttle(settings)
        return App(
            rest,
            self.service.answer,
            authenticator,
            settings.serve,
            with_public(root, self._public, own, claimed),
            health,
            self._in_flight,
            self._correlate,
            self._edge,
            throttle,
            identity,
            talks,
            failures=self.listener,
            answers=self.listener if settings.serve.access_log else None,
            live=self._live(rest, settings, authenticator, throttle, talks),
        )

    def _live(
        self,
        rest: Rest,
        settings: Settings,
        authenticator: Authenticator,
        throttle: Throttle | None,
        talks: Sequence[Spoken],
    ) -> Live | None:
        if not settings.live.enabled:
            return None
        renderer = Renderer(settings.rest)
        paths = Paths(rest, settings.serve, throttle, renderer)
        channels = {settings.rest.prefix + LIVE_PATH: Channel(renderer, paths)}
        for talk in talks:
            operations = Operations(
                talk,
                answer=self.service.answer,
                throttle=throttle,
                in_flight=self._in_flight,
                seconds=settings.serve.request_timeout,
                correlate=self._correlate,
                failures=self.listener,
                answers=self.listener if settings.serve.access_log else None,
            )
            channels[talk.path] = Channel(talk.speech, operations, confirms=True)
        live = Live(
            paths=paths,
            channels=channels,
            rest=settings.rest,
            hub=self._hub,
            authenticator=authenticator,
            edge=self._edge,
            origins=Origins(settings.cors),
            serve=settings.serve,
            settings=settings.live,
            throttle=throttle,
            listener=self.listener,
            answers=self.listener if settings.serve.access_log else None,
            correlate=self._correlate,
        )
        self._lives.append(live)
        return live

    async def serve_grpc(self, numbers: Numbers) -> None:
        """Serve gRPC beside HTTP, where a port is set. Raises MissingExtra, ProtoFault, and
        ValueError for what cannot be served."""
        if self.settings.grpc.port is not None:
            self._grpc = self.grpc(numbers)
            await self._grpc.start()

    def grpc(self, numbers: Numbers = NO_NUMBERS) -> GrpcServer:
        """The server of gRPC, not listening yet. What has no number yet gets one."""
        module = needing("grpc", "grpc", "Serving gRPC", _GRPC)
        parts = module.Parts(
            self.service.answer,
            self._authenticating(self._identity(self.settings)),
            self._in_flight,
            self._correlate,
            self._edge,
            self._health.ready,
            self._throttle(self.settings),
            self.listener,
            self._hub,
            lambda: sum(map(len, self._lives)),
        )
        whole = numbers_for(self.contract, numbers)
        server: GrpcServer = module.opened(
            self.contract, self.settings, whole, self._cursor_key, parts
        )
        return server

    def _authenticating(self, identity: Identity | None) -> Authenticator:
        if identity is None or not self.settings.identity.second_factor:
            return self._authenticator
        return Strong(self._authenticator, identity)

    def _identity(self, settings: Settings) -> Identity | None:
        opened, rest = self._realm, settings.rest
        if opened is None:
            return None
        parser = IdentityParser(self.contract, rest.prefix + AUTH, rest.max_json_depth)
        return Identity(
            opened.realm,
            opened.post,
            parser,
            opened.origins,
            rest.min_compressed,
            self.service.wrote,
        )

    def _account_page(self, root: str, settings: Settings) -> Offers | None:
        if self._realm is None or not settings.serve.account_page:
            return None
        return offered(root, settings, passkeys=self._realm.realm.passkeys is not None)

    def _throttle(self, settings: Settings) -> Throttle | None:
        if self._spending is None:
            return None
        queried = settings.graphql.path
        return Throttle(settings.rates, settings.rest.prefix, self._spending, queried)

    async def start(self) -> None:
        """Connect, and create the schema on an empty database. Raises what the service raises."""
        await self.service.open(self._noted)
        self._heartbeat = await self._beating()
        if self._gate is not None:
            await self._gate.start()
        if self._realm is not None:
            self._realm.start()
        self._trimmer.start()

    async def _beating(self) -> Heartbeat:
        service, contract = self.service, self.contract
        release = release_of(f"{contract.name} {contract.version}".rstrip(), service.schema)
        heartbeat = Heartbeat(service.aside, service.dialect, release, self.listener)
        try:
            await heartbeat.start()
        except BaseException:
            await service.close()
            raise
        return heartbeat

    async def leave_live(self) -> None:
        """End what is followed, and begin nothing of the kind any more."""
        for live in self._lives:
            await live.close()
        if self._grpc is not None:
            await self._grpc.end_watches()

    async def stop(self) -> None:
        """Take no more requests, wait for those under way, and disconnect."""
        self._health.stopping = self._in_flight.stopping = True
        if self.listener is not None:
            self.listener(Stopping(len(self._in_flight)))
        await self.leave_live()
        await self._hub.close()
        await self._trimmer.stop()
        seconds = self.settings.serve.stop_timeout
        ending: list[Awaitable[object]] = [self._in_flight.drained(seconds)]
        if self._grpc is not None:
            ending.append(self._grpc.stop(seconds))
        await asyncio.gather(*ending)
        if self._realm is not None:
            await self._realm.stop()
        if self._sessions is not None:
            await self._sessions.drained()
        if self._gate is not None:
            await self._gate.stop()
        if self._heartbeat is not None:
            await self._heartbeat.stop()
        await self.service.close()
        if self._spending is not None:
            await self._spending.close()


def database_of(contract: Contract, settings: Settings) -> str:
    """The URL of the database that is set, or of a file that has the contract's name."""
    return settings.serve.database or f"sqlite:///{contract.name}.db"


def cursor_key_of(settings: Settings, keys: Keys) -> bytes:
    """The secret of cursors: the one that is set, or one derived from the first HS256 key, which
    is the same in all processes and after a restart; else a random one."""
    if settings.serve.cursor_key is not None:
        return sha256(_CURSOR_LABEL + settings.serve.cursor_key.encode()).digest()
    for key in keys.current(0.0):
        if key.algorithm is Algorithm.HS256:
            return key.sign(_CURSOR_LABEL)
    return secrets.token_bytes(32)
