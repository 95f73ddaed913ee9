"""Subscribers of the tests: they follow a path as some actor, and keep what they are told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from charter.core.problems import Code, Problem
from charter.plan.actor import Actor
from charter.plan.ask import Ask
from charter.plan.news import Changes, Ended, Kind, News, Reached, Rows
from charter.serve.live.hub import Hub, Subscription
from charter.serve.live.view import Start
from charter.serve.settings.live import LiveSettings
from charter.serve.web.rest import Rest
from charter.wire.http import Request
from charter.wire.rest.settings import RestSettings
from tests.behaviour.clients.base import Someone
from tests.behaviour.serving import Served

SECONDS = 10.0
"""How long a test waits for what has to come."""


def actor_of(someone: Someone | None) -> Actor:
    """The actor that a token of somebody stands for."""
    if someone is None:
        return Actor()
    claims = {"sub": someone.id, **someone.claims}
    return Actor(someone.id, frozenset(someone.roles), claims)


def ask_of(rest: Rest, path: str, someone: Someone | None = None) -> Ask:
    """What a path asks for, without pages."""
    target, _, query = path.partition("?")
    headers = {"accept": "application/x-ndjson, application/json;q=0.5"}
    request = Request("GET", target, query, headers)
    return rest.parse(request, actor_of(someone), datetime.now(UTC), "test").ask


@dataclass
class Watcher:
    """Keeps rows as it is told of them, and refuses what makes no sense."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, str | None] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    """Kind and key of each change, in order."""
    position: str = ""
    ready: int = 0
    resets: list[Code] = field(default_factory=list)
    ended: Problem | None = None
    messages: int = 0
    subscription: Subscription | None = None

    def tell(self, news: News) -> None:
        self.messages += 1
        match news:
            case Rows():
                self.rows = {row.key: json.loads(row.body) for row in news.rows}
                self.tags = {row.key: row.tag for row in news.rows}
                self.position = news.position
                self.resets += [] if news.reset is None else [news.reset]
            case Changes():
                for change in news.changes:
                    self._take(change.kind, change.key, change.row)
                self.position = news.position
            case Reached():
                self.position = news.position
                self.ready += news.ready
            case Ended():
                self.ended = news.problem

    def _take(self, kind: Kind, key: str, row: Any) -> None:
        self.told.append((kind.value, key))
        assert (key in self.rows) == (kind is not Kind.CREATED), (kind, key)
        if row is None:
            assert kind is Kind.REMOVED
            del self.rows[key], self.tags[key]
            return
        body = json.loads(row.body)
        if kind is Kind.UPDATED:
            assert self.tags[key] != row.tag
            if "version" in body and "version" in self.rows[key]:
                assert body["version"] >= self.rows[key]["version"]
        self.rows[key], self.tags[key] = body, row.tag

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(SECONDS):
            while not condition():  # noqa: ASYNC110 - what a test waits for is no event
                await asyncio.sleep(0.005)

    def close(self) -> None:
        if self.subscription is not None:
            self.subscription.close()


@dataclass
class Watching:
    """A hub of the tests on a service."""

    served: Served
    hub: Hub
    rest: Rest

    async def watch(
        self, path: str, someone: Someone | None = None, start: Start | None = None,
        watcher: Watcher | None = None,
    ) -> Watcher:  # fmt: skip
        """Follow a path from now on."""
        watcher = watcher or Watcher()
        ask = ask_of(self.rest, path, someone)
        watcher.subscription = await self.hub.subscribe(ask, watcher, start or Start())
        return watcher

    async def settled(self) -> None:
        """Wait until all that was written has been told of."""
        mark = await self.hub.log.head()

        def behind() -> bool:
            seen = self.hub.mark
            return seen.upto < mark.upto or bool(set(seen.missing) - set(mark.missing))

        async with asyncio.timeout(SECONDS):
            while behind() or self.hub.busy:  # noqa: ASYNC110 - nor is this
                await asyncio.sleep(0.002)


@asynccontextmanager
async def watching(served: Served, **changes: Any) -> AsyncIterator[Watching]:
    """A hub on a service."""
    settings = LiveSettings(**{"max_rows": 1000, "poll": 0.1} | changes)
    hub = Hub(
        served.service, b"p" * 32, settings, longest_transaction=10.0, listener=served.witness
    )
    try:
        yield Watching(served, hub, Rest(served.contract, b"k" * 32, RestSettings()))
    finally:
        await hub.close()
