"""A view: what the subscribers of one and the same read can see, kept up to date.

It keeps the key and the tag of each row that is shown, no bodies. After a change it reads again:
the rows that changed, or all of them where the change may have moved others in or out. What is
different from what it keeps is told. So it cannot tell of anything that a read would not show,
and however it missed something, the next read of all puts it right.
"""

import asyncio
import base64
import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Protocol

from charter.core import codes
from charter.core.livecodes import POSITION_EXPIRED
from charter.core.problems import Code, Problem
from charter.plan.ask import Ask
from charter.plan.news import Change, Changes, Ended, Kind, News, Reached, Rows, Shown, Sink
from charter.plan.values import text_reader
from charter.serve.engine.failures import problem_of
from charter.serve.engine.watching import Watch
from charter.serve.live.reader import Reader
from charter.sql.log import Mark
from charter.sql.statement import Sources
from charter.store.errors import StoreError

TAG_BYTES = 9
MOST_CHARACTERS = 32 * 1024 * 1024
"""Of the bodies of one view."""
SHARE = 4
"""After all rows were read, a view rests for so many times as long as that took."""
LONGEST_REST = 5.0
SHORT = 50
"""Rows that are read together with those of other views."""
TROUBLE_SECONDS = 0.5
TIMED_SECONDS = 1.0
"""How often it reads again where it depends on the time of day."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a subscriber begins: with all rows, or (`have`: a tag, or None, for each key that it
    has) with what is different, or (`after`: a position) with nothing if nothing happened since.
    """

    have: Mapping[str, str | None] | None = None
    after: str | None = None


@dataclass(slots=True, eq=False)
class Member:
    """A subscriber of a view."""

    sink: Sink
    start: Start
    entered: "asyncio.Future[None]"


class House(Protocol):
    """What a view needs of where it lives."""

    @property
    def mark(self) -> Mark: ...

    async def head(self) -> Mark: ...

    def sealed(self, mark: Mark) -> str: ...

    @property
    def reader(self) -> Reader: ...

    async def quiet_since(self, position: str, names: frozenset[str]) -> bool: ...

    def failed(self, error: BaseException) -> None: ...


@dataclass(slots=True)
class Pending:
    """What is still to be read: these keys in the order of their changes, or all."""

    keys: dict[str, None] = field(default_factory=dict)
    everything: bool = False
    joining: list[Member] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.keys or self.everything or self.joining)


class View:
    """One read that goes on, for all who may see the same. For one event loop.

    `timed` tells that it depends on the time of day. `ask` is that of any of its subscribers:
    what differs between them is nothing that the statements are bound to.
    """

    def __init__(
        self, house: House, name: Hashable, watch: Watch, ask: Ask, most: int, *, timed: bool
    ) -> None:
        self.name = name
        self.watch = watch
        self.timed = timed
        self.members: set[Member] = set()
        self._house = house
        self._ask = ask
        self._key = text_reader(watch.resource.key.type)
        self._most = most
        self._rows: dict[str, str] = {}
        self._pending = Pending()
        self._task: asyncio.Task[None] | None = None
        self._known = False
        self._joined = asyncio.Event()
        self._rested = self._looked = 0.0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def empty(self) -> bool:
        """Whether nobody watches."""
        return not self.members and not self._pending.joining

    @property
    def busy(self) -> bool:
        """Whether something is still to be read."""
        return self._task is not None

    def join(self, member: Member) -> None:
        """Someone comes in, and is told of all from the next read on."""
        self._pending.joining.append(member)
        self._joined.set()
        self._go_on()

    def leave(self, member: Member) -> None:
        self.members.discard(member)
        with suppress(ValueError):
            self._pending.joining.remove(member)

    def changed(self, key: str | None, *, deleted: bool) -> None:
        """A row of its resource was written; any of them, where no key is given."""
        if key is None or not self.watch.itself:
            self._pending.everything = True
        elif not deleted or key in self._rows or self._task is not None:
            self._pending.keys[key] = None
        self._go_on()

    def moved(self) -> None:
        """Something happened after which any row may look different."""
        self._pending.everything = True
        self._go_on()

    def tick(self, now: float) -> None:
        """Time has gone by, which changes what is seen of some views."""
        if self.timed and now - self._looked >= TIMED_SECONDS:
            self._looked = now
            self.moved()

    def reached(self) -> None:
        """Tell how far all is told, where nothing waits."""
        if self._task is None:
            self._tell(Reached(self._house.sealed(self._house.mark)))

    def end(self, problem: Problem) -> None:
        """Tell everybody that it is over."""
        members, joining = tuple(self.members), self._pending.joining
        self._pending = Pending()
        self.members.clear()
        self._refuse(joining, problem)
        for member in members:
            self._inform(member, Ended(problem))

    def close(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()

    def _go_on(self) -> None:
        if self._pending and self._task is None:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._pending:
                await self._step()
        except Problem as problem:
            self.end(problem)
        except Exception as error:
            self._house.failed(error)
            self.end(Problem(codes.INTERNAL))
        finally:
            self._task = None

    async def _step(self) -> None:
        if self._pending.everything:
            await self._rest()
        pending, self._pending = self._pending, Pending()
        try:
            await self._catch_up(pending)
        except StoreError as error:
            self._house.failed(error)
            self._refuse(pending.joining, problem_of(error) or Problem(codes.INTERNAL))
            pending.joining.clear()
            self._take_back(pending)
            await asyncio.sleep(TROUBLE_SECONDS)
        except BaseException:
            self._take_back(pending)
            raise

    async def _catch_up(self, pending: Pending) -> None:
        """Read what may be different, and tell what is."""
        joining, began = pending.joining, time.monotonic()
        everything = pending.everything or bool(joining)
        # All of a read of everything is told, also what the feed has not come to yet.
        mark = await self._house.head() if joining else self._house.mark
        found = await (self._all() if everything else self._some(list(pending.keys)))
        quiet = [await self._quiet(member) for member in joining]
        if everything:
            self._rested = time.monotonic() + min(LONGEST_REST, SHARE * (time.monotonic() - began))
        position = self._house.sealed(mark)
        self._publish(self._differences(pending.keys, found, everything=everything), position)
        for member, is_quiet in zip(joining, quiet, strict=True):
            self._enter(member, found, position, quiet=is_quiet)

    async def _rest(self) -> None:
        """Where each change means that all is read again, leave time for other things; but let
        nobody wait who comes in."""
        self._joined.clear()
        left = self._rested - time.monotonic()
        if left > 0 and not self._pending.joining:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._joined.wait()

    def _refuse(self, members: Sequence[Member], problem: Problem) -> None:
        for member in members:
            if not member.entered.done():
                member.entered.set_exception(problem)

    def _take_back(self, pending: Pending) -> None:
        later, self._pending = self._pending, pending
        pending.keys.update(later.keys)
        pending.everything |= later.everything
        pending.joining += later.joining

    async def _all(self) -> dict[str, Shown]:
        reader, sources = self._house.reader, self._sources(self._ask.values)
        short = self._known and len(self._rows) <= SHORT
        ask = reader.together if short else reader.alone
        found = _shown(await ask(self.watch.whole, sources))
        if len(found) > self._most:
            message = f"A subscription has at most {self._most:,} rows; ask for fewer."
            raise Problem(codes.TOO_COMPLEX, message)
        if sum(len(row.body) for row in found.values()) > MOST_CHARACTERS:
            message = f"A subscription has at most {MOST_CHARACTERS:,} characters; ask for less."
            raise Problem(codes.TOO_COMPLEX, message)
        self._known = True
        return found

    async def _some(self, keys: Sequence[str]) -> dict[str, Shown]:
        sources = self._sources((*self._ask.values, [self._key(key) for key in keys]))
        reader = self._house.reader
        ask = reader.together if len(keys) <= SHORT else reader.alone
        return _shown(await ask(self.watch.some, sources))

    def _sources(self, values: Sequence[Any]) -> Sources:
        return Sources(values, self._ask.actor, datetime.now(UTC))

    async def _quiet(self, member: Member) -> bool:
        """Whether nothing happened since the position that a subscriber knows."""
        after = member.start.after
        if after is None or self.timed or member.start.have is not None:
            return False
        names = self.watch.others | {self.watch.resource.name}
        return await self._house.quiet_since(after, names)

    def _differences(
        self, first: Mapping[str, None], found: Mapping[str, Shown], *, everything: bool
    ) -> list[Change]:
        """What is different from what was told, the keys that come `first` before all others;
        it counts as told then."""
        keys = dict(first)
        if everything:
            keys |= dict.fromkeys(key for key in self._rows if key not in found)
            keys |= dict.fromkeys(found)
        changes = []
        for key in keys:
            change = difference(key, self._rows.get(key), found.get(key))
            if change is not None:
                changes.append(change)
        for change in changes:
            if change.row is None:
                del self._rows[change.key]
            else:
                self._rows[change.key] = change.row.tag
        if everything and len(self._rows) == 0:
            self._rows = {}  # A dictionary keeps the room of what was in it.
        return changes

    def _publish(self, changes: Sequence[Change], position: str) -> None:
        if changes:
            self._tell(Changes(tuple(changes), position))
        if len(self._rows) > self._most:
            raise Problem(codes.TOO_COMPLEX, f"A subscription has at most {self._most:,} rows.")

    def _tell(self, news: Changes | Reached) -> None:
        for member in tuple(self.members):
            self._inform(member, news)

    def _inform(self, member: Member, news: News) -> None:
        """One that cannot be told is told nothing more, and harms nobody else."""
        try:
            member.sink.tell(news)
        except Exception as error:
            self._house.failed(error)
            self.members.discard(member)

    def _enter(
        self, member: Member, found: Mapping[str, Shown], position: str, *, quiet: bool
    ) -> None:
        """The first that a subscriber is told."""
        if member.entered.cancelled():
            return
        have, after = member.start.have, member.start.after
        self.members.add(member)
        if not member.entered.done():
            member.entered.set_result(None)
        if have is not None:
            changes = tuple(differing(have, found))
            if changes:
                self._inform(member, Changes(changes, position, resumed=True))
        elif not quiet:
            reset: Code | None = POSITION_EXPIRED if after is not None else None
            self._inform(member, Rows(tuple(found.values()), position, reset))
        self._inform(member, Reached(position, ready=True))


def _shown(rows: Iterable[tuple[str, str]]) -> dict[str, Shown]:
    return {key: Shown(key, tag_of(body), body) for key, body in rows}


def tag_of(body: str) -> str:
    """The same for the same body."""
    digest = blake2b(body.encode(), digest_size=TAG_BYTES).digest()
    return base64.urlsafe_b64encode(digest).decode()


def difference(key: str, before: str | None, now: Shown | None) -> Change | None:
    """What has become of a row, of which the tag that it had is known."""
    if now is None:
        return None if before is None else Change(Kind.REMOVED, key)
    if before is None:
        return Change(Kind.CREATED, key, now)
    return None if before == now.tag else Change(Kind.UPDATED, key, now)


def differing(have: Mapping[str, str | None], found: Mapping[str, Shown]) -> list[Change]:
    """What differs from what somebody says it has: rows without a tag count as different."""
    changes = [Change(Kind.REMOVED, key) for key in have if key not in found]
    for key, row in found.items():
        if key not in have:
            changes.append(Change(Kind.CREATED, key, row))
        elif have[key] != row.tag:
            changes.append(Change(Kind.UPDATED, key, row))
    return changes
