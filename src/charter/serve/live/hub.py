"""The hub: all views of a process, and the feed that tells them what happened."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from charter.core import codes
from charter.core.livecodes import NOT_LIVE
from charter.core.problems import Problem
from charter.core.signals import Failed, Listener
from charter.core.tasks import ended
from charter.plan.actor import Actor
from charter.plan.ask import Ask, ReadMany, ReadOne
from charter.plan.news import Sink
from charter.plan.standing import Standing
from charter.serve.engine.failures import TOLD_AS_PROBLEMS
from charter.serve.engine.service import Service
from charter.serve.engine.watching import Watch, taken_along, whole_list
from charter.serve.live.feed import Feed
from charter.serve.live.log import Log, Read
from charter.serve.live.position import Position, Seal
from charter.serve.live.reader import Reader
from charter.serve.live.view import Member, Start, View
from charter.serve.settings.live import LiveSettings
from charter.sql.log import Mark
from charter.sql.statement import Sources, Statement

TICK = 0.25
IDLE_SECONDS = 10.0
"""After so long without a subscriber the log is not followed any more."""
SLACK_SECONDS = 15.0
"""An entry may be so much older than its commit, beyond the longest transaction."""
_EPOCHS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Subscription:
    """Somebody watches something, until it is closed. `standing` is whose rights are told to."""

    member: Member
    view: View
    actor: Actor
    standing: Standing
    leave: Callable[["Subscription"], None]

    def close(self) -> None:
        """Be told no more. May be called again."""
        self.leave(self)


class Hub:
    """Subscriptions to reads of one service. It knows no protocol. For one event loop."""

    def __init__(
        self,
        service: Service,
        key: bytes,
        settings: LiveSettings,
        *,
        longest_transaction: float,
        listener: Listener | None = None,
    ) -> None:
        self._service = service
        self._seal = Seal(key)
        self._most = settings.max_rows
        self._retention = settings.retention
        self._patience = longest_transaction + SLACK_SECONDS
        self._listener = listener
        self.log = Log(service.database, service.dialect, self._patience)
        self._feed = Feed(self.log, self._heard, listener, service.bell, settings.poll)
        self._views: dict[Any, View] = {}
        self._watching: defaultdict[str, set[View]] = defaultdict(set)
        self.reader = Reader(service.database, remote=service.dialect.remote)
        self._clock: asyncio.Task[None] | None = None
        self._coming = 0
        service.tell_written(self._feed.wake)

    # -- for those who subscribe ---------------------------------------------------------------
    async def subscribe(self, ask: Ask, sink: Sink, start: Start = Start()) -> Subscription:  # noqa: B008
        """Watch the row or the list that an ask reads, without its pages.

        The sink is told first what there is (or, as `start` says, what is different from what
        was there), then that it is ready, then of each change. Raises the problems of the read,
        and `too_complex` where it has more rows than can be watched. The actor of the ask has
        been proven.
        """
        form = ask.form
        if not isinstance(form, ReadOne | ReadMany):
            raise Problem(NOT_LIVE)
        compiler = self._service.pipeline.compiler
        standing = compiler.standing(ask.actor, ask.now)
        watch = compiler.watch(whole_list(form), standing, len(ask.values), self._most)
        self._coming += 1
        try:
            await self._follow()
            if isinstance(form, ReadOne) or watch.parent:
                await self._service.answer(_first(ask))
            view = self._of(watch, ask)
            member = Member(sink, start, asyncio.get_running_loop().create_future())
            view.join(member)
        finally:
            self._coming -= 1
        subscription = Subscription(member, view, ask.actor, standing, self._leave)
        try:
            await member.entered
        except BaseException:
            subscription.close()
            raise
        return subscription

    def holds(self, subscription: Subscription) -> bool:
        """Whether the actor of a subscription still has the rights that it was planned for."""
        now = datetime.now(UTC)
        standing = self._service.pipeline.compiler.standing(subscription.actor, now)
        return standing == subscription.standing

    async def close(self) -> None:
        """End all subscriptions."""
        for view in list(self._views.values()):
            view.end(Problem(codes.OVERLOADED, "The service stops.", retry_after=1))
            self._drop(view)
        await self._stop()

    @property
    def views(self) -> int:
        """How many different reads are watched."""
        return len(self._views)

    @property
    def busy(self) -> bool:
        """Whether something is still to be read, or told."""
        return any(view.busy for view in self._views.values())

    # -- for views -----------------------------------------------------------------------------
    @property
    def mark(self) -> Mark:
        return self._feed.mark

    async def head(self) -> Mark:
        return await self.log.head()

    def sealed(self, mark: Mark) -> str:
        return self._seal.text(Position(mark, time.time()))

    async def quiet_since(self, position: str, names: frozenset[str]) -> bool:
        found = self._seal.position(position)
        if found is None or time.time() - found.at > self._retention:
            return False
        if await self.log.reach() < found.mark.upto:
            return False  # It is a position of another log, or of this one before it was restored.
        read = await self.log.since(found.mark)
        if read.entries is None:
            return False
        return not any(names & self._touched(e.resource, deleted=e.deleted) for e in read.entries)

    def failed(self, error: BaseException) -> None:
        if self._listener is not None:
            self._listener(Failed(None, error))

    # -- inside --------------------------------------------------------------------------------
    @cached_property
    def _along(self) -> Mapping[str, frozenset[str]]:
        return taken_along(self._service.contract)

    def _touched(self, name: str, *, deleted: bool) -> frozenset[str]:
        """The resources that an entry of the log is about."""
        along = self._along.get(name, frozenset()) if deleted else frozenset()
        return along | {name}

    def _heard(self, read: Read) -> None:
        if read.entries is None:
            for view in self._views.values():
                view.moved()
            return
        for entry in read.entries:
            along = self._touched(entry.resource, deleted=entry.deleted)
            for name in along:
                for view in self._watching.get(name, ()):
                    if name != view.watch.resource.name:
                        view.moved()
                    elif name == entry.resource:
                        view.changed(entry.key, deleted=entry.deleted)
                    else:
                        view.changed(None, deleted=False)

    async def _follow(self) -> None:
        with TOLD_AS_PROBLEMS:
            await self._feed.start()
        self._clock = self._clock or asyncio.create_task(self._tick())

    def _of(self, watch: Watch, ask: Ask) -> View:
        """The view of a read: the one that there is, or a new one."""
        first, second = (repr(_bound(watch.whole.one, ask, now)) for now in _EPOCHS)
        name = (watch.whole.one.text, first)
        view = self._views.get(name)
        if view is not None:
            return view
        view = self._views[name] = View(self, name, watch, ask, self._most, timed=first != second)
        for resource in watch.others | {watch.resource.name}:
            self._watching[resource].add(view)
        return view

    def _leave(self, subscription: Subscription) -> None:
        view = subscription.view
        view.leave(subscription.member)
        if view.empty:
            self._drop(view)

    def _drop(self, view: View) -> None:
        if self._views.get(view.name) is view:
            del self._views[view.name]
        for views in self._watching.values():
            views.discard(view)
        view.close()

    async def _tick(self) -> None:
        """Whatever goes by time; and once nobody has watched for a while, the log rests too."""
        idle, told = 0.0, time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            idle = 0.0 if self._views or self._coming else idle + TICK
            if idle > IDLE_SECONDS:
                await self._feed.stop()
            now = time.monotonic()
            for view in list(self._views.values()):
                view.tick(now)
            if now - told > self._retention / 4:
                told = now
                for view in self._views.values():
                    view.reached()

    async def _stop(self) -> None:
        clock, self._clock = self._clock, None
        await ended(clock)
        await self._feed.stop()


def _bound(statement: Statement, ask: Ask, now: datetime) -> tuple[Any, ...]:
    return statement.arguments(Sources(ask.values, ask.actor, now))


def _first(ask: Ask) -> Ask:
    """The same for a single row, to find out whether there is anything to be seen."""
    form = ask.form
    return replace(ask, form=replace(form, limit=1)) if isinstance(form, ReadMany) else ask
