"""One run of `charter migrate` on one database: its session, how patient it is, who is told."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from charter.migrate import history
from charter.migrate.events import Retrying, Tell
from charter.migrate.faults import MigrationFault
from charter.migrate.load import holders
from charter.migrate.pace import Pace
from charter.migrate.step import Step
from charter.migrate.stops import EXTENSION_MISSING, LOCK_TIMEOUT, ROWS_UNFIT, STEP_FAILED
from charter.sql.dialect import Dialect
from charter.sql.own.history import Entry
from charter.store.errors import BadValue, Contended, Locked, StoreError, Violated
from charter.store.session import Session

T = TypeVar("T")


class Overtaken(Exception):
    """Another `charter migrate` has gone on with the migration meanwhile: look again."""


@dataclass(frozen=True, slots=True)
class Job:
    """What every part of a run needs."""

    session: Session
    dialect: Dialect
    pace: Pace
    tell: Tell

    async def noted(self, entry: Entry, **changes: Any) -> Entry:
        """The entry with changes, noted in the transaction that is under way.

        Raises Overtaken where the history does not have the entry as it was.
        """
        await self.expect(entry)
        changed = replace(entry, changed_at=history.now(), **changes)
        await history.put(self.session, self.dialect, changed)
        return changed

    async def note(self, entry: Entry, **changes: Any) -> Entry:
        """The same, in a transaction of its own."""

        async def work() -> Entry:
            async with self.session.transaction():
                return await self.noted(entry, **changes)

        return await self.patiently(entry.name, "", work)

    async def expect(self, entry: Entry) -> None:
        """Raises Overtaken where the history does not have the entry as it is here."""
        for found in await history.entries(self.session, self.dialect):
            if found.name == entry.name:
                if replace(found, began_at=entry.began_at, changed_at=entry.changed_at) == entry:
                    return
                break
        raise Overtaken

    async def patiently(self, step: str, table: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do some work that may not get its locks, again and again with growing pauses.

        Raises MigrationFault where it never gets them.
        """
        pause = self.pace.first_pause
        for attempt in range(1, self.pace.tries + 1):
            try:
                return await work()
            except (Locked, Contended) as error:
                if attempt == self.pace.tries:
                    raise await self._locked(step, table) from error
            self.tell(Retrying(step, attempt, pause))
            await asyncio.sleep(pause * random.uniform(0.75, 1))  # noqa: S311 - jitter
            pause = min(2 * pause, self.pace.longest_pause)
        raise AssertionError("the last try returns or raises")

    async def _locked(self, step: str, table: str) -> MigrationFault:
        held = await holders(self.session, self.dialect, table) if table else ""
        text = f"{step}: no lock in {self.pace.tries} tries of {self.pace.lock_timeout:g} s"
        return MigrationFault(LOCK_TIMEOUT, f"{text}{held and ': '}{held}")


def failure_of(step: Step, error: StoreError) -> MigrationFault:
    """The fault that a failed step is."""
    match error:
        case Violated(constraint=constraint, table=table, columns=columns):
            where = constraint or ", ".join(columns)
            what = f"rows of {table or step.table} break {where or 'a constraint'}"
            return MigrationFault(ROWS_UNFIT, f"{step.name}: {what} ({error.violation})")
        case BadValue():
            return MigrationFault(ROWS_UNFIT, f"{step.name}: {error}")
        case _ if any(text.startswith("CREATE EXTENSION") for text in step.up):
            return MigrationFault(EXTENSION_MISSING, f"{step.name}: {error}")
        case _:
            return MigrationFault(STEP_FAILED, f"{step.name}: {error}")
