"""Services that run in the test's own process, with what they tell about themselves."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from charter.access.issue import Grant, issue_token
from charter.access.keys import secret_key
from charter.access.rates.settings import RatesSettings
from charter.access.settings import AccessSettings
from charter.contract.contract import Contract
from charter.core.signals import Failed, Queried, Signal
from charter.serve.asgi import AsgiApp
from charter.serve.engine.service import Service
from charter.serve.process import Process
from charter.serve.settings.model import LogLevel, ServeSettings, Settings
from charter.sql.own.history import RELEASES
from charter.store.bell import BELL
from tests.behaviour.clients.base import Someone

SECRET = "a secret of the tests, and of nothing else"
KEY = secret_key(SECRET.encode(), None, "tests")


def token(actor: Someone, **changes: Any) -> str:
    """A bearer token for an actor."""
    grant = Grant(actor.id, tuple(actor.roles), claims=dict(actor.claims))
    return issue_token(KEY, replace(grant, **changes), now=time.time())


@dataclass(slots=True)
class Witness:
    """Hears what a service tells: its statements, but not its heartbeat and its bell, and its
    failures."""

    statements: list[str] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def __call__(self, signal: Signal) -> None:
        match signal:
            case Queried() if not signal.statement.endswith((RELEASES.name, BELL)):
                self.statements.append(signal.statement)
            case Failed():
                self.failures.append(signal.error)


@dataclass(frozen=True, slots=True)
class Served:
    """A service, the app in front of it, and the witness of both."""

    contract: Contract = field(repr=False)
    service: Service = field(repr=False)
    app: Callable[..., Any] = field(repr=False)
    witness: Witness = field(repr=False)
    url: str
    process: Process = field(repr=False)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    """What clients make once for a service."""
    closing: AsyncExitStack = field(default_factory=AsyncExitStack, repr=False)


def settings_for(url: str) -> Settings:
    return Settings(
        serve=ServeSettings(database=url, log_level=LogLevel.DEBUG),
        auth=AccessSettings(secret=SECRET),
        rates=RatesSettings(enabled=False),
    )


@asynccontextmanager
async def serving(
    contract: Contract, url: str, settings: Settings | None = None
) -> AsyncIterator[Served]:
    """A contract, served from a database: its schema is created where it is not there."""
    witness = Witness()
    process = Process(contract, settings or settings_for(url), listener=witness)
    await process.start()
    try:
        served = Served(contract, process.service, AsgiApp(process), witness, url, process)
        async with served.closing:
            yield served
    finally:
        await process.stop()
