"""Applying migrations: each in its phases, and no further than running releases allow."""

import getpass
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from charter.migrate import history
from charter.migrate.events import Adopted, Begun, Created, Finished
from charter.migrate.faults import MigrationFault
from charter.migrate.folder import state
from charter.migrate.job import Job, Overtaken
from charter.migrate.live import Live, blocking, live
from charter.migrate.migration import Change, Migration
from charter.migrate.objects import schema_from
from charter.migrate.releases import living, releases
from charter.migrate.running import Run, run_step
from charter.migrate.step import Phase, Step
from charter.migrate.stops import DIALECT_MISSING, NO_BASELINE, STEP_REFUSED
from charter.migrate.turn import Target, in_turn
from charter.sql import ddl
from charter.sql.differences import absent, differences
from charter.sql.own.history import Entry, Release, State, fingerprint_of, without_history
from charter.sql.own.history import noted as noted_entries
from charter.sql.schema import Schema
from charter.store.schema import found_schema, spelt_in_session


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: the schema of the contract, all migrations in their order, and the steps
    that were named. With `force` no release is waited for."""

    wanted: Schema
    migrations: tuple[Migration, ...]
    allowed: frozenset[str] = frozenset()
    force: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it. `waits` is the migration whose last phase waits: for `releases`, or for
    the steps that are `refused` until they are named. `pending` come after it."""

    waits: str | None = None
    releases: tuple[Release, ...] = ()
    refused: tuple[Step, ...] = ()
    pending: tuple[str, ...] = ()
    both: bool = True
    """Releases of either side are served while it waits; else only the older ones."""


async def apply(target: Target, request: Request) -> Applied:
    """Apply all migrations that are not applied yet. Raises MigrationFault and StoreError."""
    return await in_turn(target, partial(_apply, request=request))


async def _apply(job: Job, request: Request) -> Applied:
    migrations = request.migrations
    found = await history.entries(job.session, job.dialect)
    history.verified(found, migrations)
    if not found or found[-1].state is State.APPLIED:
        found = await _caught_up(job, found, request)
    known = {entry.name: entry for entry in found}
    order = [item for item in migrations if item.name in known] + [
        item for item in migrations if item.name not in known
    ]
    for place, migration in enumerate(order):
        entry = known.get(migration.name)
        if entry is not None and entry.state is State.APPLIED:
            continue
        waiting = await _forward(job, migration, entry, order[:place], request)
        if waiting is not None:
            return replace(waiting, pending=tuple(item.name for item in order[place + 1 :]))
    return Applied()


async def _caught_up(job: Job, found: Sequence[Entry], request: Request) -> tuple[Entry, ...]:
    """The history, once it has the migrations that are there without having been applied: all of
    them where the database is new, else those up to the one whose schema it has."""
    there = await found_schema(job.dialect, job.session.fetch)
    if not found and absent(without_history(request.wanted), there):
        await _create(job, request)
        return await history.entries(job.session, job.dialect)
    applied = [item for item in request.migrations if item.name in {e.name for e in found}]
    pending = [item for item in request.migrations if item not in applied]
    for count in range(len(pending), 0, -1):
        if await _is_there(job, found, applied, pending[:count], there):
            await _adopt(job, found, pending[:count], applied)
            return await history.entries(job.session, job.dialect)
    if not found and pending:
        message = f"{job.dialect.name}: {pending[0].name} would make tables that are there"
        raise MigrationFault(NO_BASELINE, message)
    return tuple(found)


async def _is_there(
    job: Job,
    found: Sequence[Entry],
    applied: Sequence[Migration],
    pending: Sequence[Migration],
    there: Schema,
) -> bool:
    """Whether the database has the schema that these migrations lead to; and where it has a
    history, whether that says that it was made with more than its migrations."""
    before, after = (
        schema_from(state(some, job.dialect.name)) for some in (applied, [*applied, *pending])
    )
    made = found[-1].after if found else None
    if made is not None and not fingerprint_of(before) != made == fingerprint_of(after):
        return False
    spelt = await spelt_in_session(after, job.dialect, job.session)
    return all(item.harmless for item in differences(spelt, there))


async def _create(job: Job, request: Request) -> None:
    noted = history.noted(request.migrations)
    made = fingerprint_of(request.wanted)
    own = {table.name for table in (await found_schema(job.dialect, job.session.fetch)).tables}
    tables = Schema(tuple(t for t in request.wanted.tables if t.name not in own))

    async def work() -> None:
        async with job.session.transaction():
            now = await found_schema(job.dialect, job.session.fetch)
            if not absent(without_history(request.wanted), now):
                raise Overtaken
            for text in ddl.statements(tables, job.dialect):
                await job.session.run(text)
            for entry in noted_entries(noted, made, history.now(), author()):
                await history.add(job.session, job.dialect, entry)

    await job.patiently("create the schema", "", work)
    job.tell(Created(tuple(item.name for item in noted)))


async def _adopt(
    job: Job, found: Sequence[Entry], pending: Sequence[Migration], applied: Sequence[Migration]
) -> None:
    after = schema_from(state([*applied, *pending], job.dialect.name))
    entries = noted_entries(history.noted(pending), fingerprint_of(after), history.now(), author())

    async def work() -> None:
        async with job.session.transaction():
            if len(await history.entries(job.session, job.dialect)) != len(found):
                raise Overtaken
            for entry in entries:
                numbered = replace(entry, number=len(found) + entry.number)
                await history.add(job.session, job.dialect, numbered)

    await job.patiently("note migrations", "", work)
    job.tell(Adopted(tuple(item.name for item in pending)))


def author() -> str:
    """Who applies migrations, as far as the machine knows."""
    name = "somebody"
    with suppress(OSError, KeyError):
        name = getpass.getuser()
    return f"{name}@{socket.gethostname()}"


def change_of(migration: Migration, dialect: str) -> Change:
    """What a migration is for a dialect. Raises MigrationFault where it says nothing of it."""
    change = migration.changes.get(dialect)
    if change is None:
        raise MigrationFault(DIALECT_MISSING, f"{migration.name} has no steps for {dialect}")
    return change


async def _forward(
    job: Job,
    migration: Migration,
    entry: Entry | None,
    before: Sequence[Migration],
    request: Request,
) -> Applied | None:
    """Take a migration as far as it goes now; what it waits for, None where it is applied."""
    change = change_of(migration, job.dialect.name)
    steps = change.steps
    split = sum(step.phase is not Phase.CONTRACT for step in steps)
    allowed = request.allowed | (entry.allowed if entry else frozenset())
    start = 0 if entry is None else entry.done
    tables = [step.table for step in steps[start:]]
    looked = partial(live, job.session, job.dialect, tables)
    facts = await job.patiently(migration.name, "", looked)
    refused = [
        step for step in refusals(steps[start:split], facts, job) if step.name not in allowed
    ]
    if refused:
        raise MigrationFault(STEP_REFUSED, "; ".join(why(step, facts, job) for step in refused))
    if entry is None:
        entry = await _begin(job, migration, before, request)
    elif entry.state is State.REVERTING:
        entry = await _turned(job, entry, split)
    if request.allowed - entry.allowed:
        entry = await job.note(entry, allowed=allowed)
    job.tell(Begun(migration.name, back=False, number=entry.done + 1, steps=len(steps)))
    entry = await _run_to(split, job, entry, steps, facts)
    if split == len(steps):
        entry = await job.note(entry, state=State.APPLIED)
    elif entry.state is State.EXPANDING and not any(step.apart for step in steps[split:]):
        entry = await job.note(entry, state=State.EXPANDED)
    if entry.state is not State.APPLIED:
        waiting = await _waiting(job, entry, steps[entry.done :], facts, request)
        if waiting is not None:
            return waiting
        entry = await job.note(entry, state=State.CONTRACTING)
        entry = await _run_to(len(steps), job, entry, steps, facts)
        entry = await job.note(entry, state=State.APPLIED)
    job.tell(Finished(migration.name, back=False))
    return None


async def _run_to(end: int, job: Job, entry: Entry, steps: Sequence[Step], facts: Live) -> Entry:
    """Run steps until so many are done; the entry then."""
    while entry.done < end:
        step = steps[entry.done]
        if step.table not in facts.sizes and step.name not in entry.allowed:
            await _refuse_found(job, step)
        run = Run(step, entry.done + 1, len(steps), back=False)
        entry = await run_step(job, entry, run)
    return entry


async def _refuse_found(job: Job, step: Step) -> None:
    """Raises MigrationFault where a step has to be named, since the table that it is about, which
    had another name when the migration began, is large."""
    facts = await job.patiently(
        step.name, "", partial(live, job.session, job.dialect, [step.table])
    )
    if blocking(step, facts, job.pace.lock_timeout):
        raise MigrationFault(STEP_REFUSED, why(step, facts, job))


async def _begin(
    job: Job, migration: Migration, before: Sequence[Migration], request: Request
) -> Entry:
    dialect = job.dialect.name
    change = change_of(migration, dialect)
    sides = [schema_from(state(some, dialect)) for some in (before, [*before, migration])]
    found = await history.entries(job.session, job.dialect)
    now = history.now()
    entry = Entry(
        migration.name,
        migration.fingerprint,
        1 + max((item.number for item in found), default=0),
        State.EXPANDING,
        0,
        None,
        None,
        fingerprint_of(sides[0]),
        fingerprint_of(sides[1]),
        frozenset(name.table for name in change.effects.touched),
        request.allowed,
        now,
        now,
        author(),
    )

    async def work() -> None:
        async with job.session.transaction():
            if await history.entries(job.session, job.dialect) != found:
                raise Overtaken
            await history.add(job.session, job.dialect, entry)

    await job.patiently(migration.name, "", work)
    return entry


async def _turned(job: Job, entry: Entry, split: int) -> Entry:
    """A migration that was on its way back goes forward again. A step that is half undone is
    done again."""
    done = entry.done - (entry.step is not None)
    onward = State.EXPANDING if done < split else State.CONTRACTING
    return await job.note(entry, state=onward, done=done, step=None, reached=None)


async def _waiting(
    job: Job, entry: Entry, steps: Sequence[Step], facts: Live, request: Request
) -> Applied | None:
    """What the last phase waits for."""
    refused = tuple(step for step in refusals(steps, facts, job) if step.name not in entry.allowed)
    both = entry.state is State.EXPANDED
    if refused:
        return Applied(entry.name, refused=refused, both=both)
    if request.force or entry.state is State.CONTRACTING:
        return None
    suspects = [
        item for item in await releases(job.session, job.dialect) if item.schema != entry.after
    ]
    alive = await living(job, suspects)
    return Applied(entry.name, releases=alive, both=both) if alive else None


def refusals(steps: Sequence[Step], facts: Live, job: Job) -> list[Step]:
    """The steps that have to be named: they lose data, or block for long."""
    return [
        step
        for step in steps
        if step.loses is not None or blocking(step, facts, job.pace.lock_timeout)
    ]


def why(step: Step, facts: Live, job: Job) -> str:
    """Why a step has to be named."""
    if step.loses is not None:
        return f"{step.name!r}: {step.loses}"
    seconds = facts.seconds(step)
    return f"{step.name!r} holds {step.lock} on {step.table} for about {seconds:.0f} s"
