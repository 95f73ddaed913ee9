"""Everything that one process needs to serve a contract, put together."""

import secrets
from hashlib import sha256

from charter.access.keys import Algorithm, Keys
from charter.access.settings import keys_from, verifier_from
from charter.contract.contract import Contract
from charter.core.signals import Listener, Stopping
from charter.serve.engine.pipeline import Limits
from charter.serve.engine.service import Service
from charter.serve.settings.model import LogLevel, Settings
from charter.serve.web.app import App
from charter.serve.web.correlation import Correlator
from charter.serve.web.health import LIVE, READY, Health
from charter.serve.web.inflight import InFlight
from charter.serve.web.mount import mounted, pages_at
from charter.serve.web.rest import Rest

_CURSOR_LABEL = b"charter cursors 1"


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
    ) -> None:
        serve = settings.serve
        self.contract = contract
        self.settings = settings
        self.listener = listener
        watching = {} if listener is None else {"listener": listener}
        self.keys: Keys = keys_from(settings.auth, production=serve.in_production, **watching)
        self._cursor_key = cursor_key or cursor_key_of(settings, self.keys)
        self._verifier = verifier_from(settings.auth, self.keys)
        debug = serve.log_level is LogLevel.DEBUG
        self.service = Service(
            contract,
            database_of(contract, settings),
            settings.store,
            listener if debug else None,
            Limits(serve.command_timeout, serve.key_lifetime),
        )
        self._in_flight = InFlight(serve.max_in_flight)
        self._correlate = Correlator()
        self._health = Health(self.service.ping)

    def app(self, root: str = "") -> App:
        """The app below a path, which is empty or begins with a slash."""
        settings = mounted(self.settings, root)
        rest = Rest(self.contract, self._cursor_key, settings.rest)
        health = {root + LIVE: self._health.live, root + READY: self._health.ready}
        return App(
            rest,
            self.service.answer,
            self._verifier,
            settings.serve,
            pages_at(root, self.contract, settings),
            health,
            self._in_flight,
            self._correlate,
            failures=self.listener,
            answers=self.listener if settings.serve.access_log else None,
        )

    async def start(self) -> None:
        """Connect, and create the schema on an empty database. Raises what the service raises."""
        await self.service.open()

    async def stop(self) -> None:
        """Take no more requests, wait for those under way, and disconnect."""
        self._health.stopping = self._in_flight.stopping = True
        if self.listener is not None:
            self.listener(Stopping(len(self._in_flight)))
        await self._in_flight.drained(self.settings.serve.stop_timeout)
        await self.service.close()


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
