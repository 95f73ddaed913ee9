"""Rolling migrations back: their steps undone, the last one first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from charter.migrate import history
from charter.migrate.apply import change_of, refusals, why
from charter.migrate.events import Begun, Finished
from charter.migrate.faults import MigrationFault
from charter.migrate.folder import state
from charter.migrate.job import Job
from charter.migrate.live import live
from charter.migrate.migration import Migration
from charter.migrate.objects import schema_from
from charter.migrate.releases import living, releases
from charter.migrate.running import Run, run_step
from charter.migrate.step import Phase, Step, going_back
from charter.migrate.stops import NOTHING_TO_ROLL_BACK, RELEASES_RUN, STEP_REFUSED
from charter.migrate.turn import Target, in_turn
from charter.sql.own.history import Entry, State, fingerprint_of


@dataclass(frozen=True, slots=True)
class Back:
    """What is asked: all migrations in their order, and the name of the first one to undo (the
    last one that was applied by default), with the steps that were named. With `force` running
    releases count for nothing."""

    migrations: tuple[Migration, ...]
    first: str | None = None
    allowed: frozenset[str] = frozenset()
    force: bool = False


async def rollback(target: Target, request: Back) -> tuple[str, ...]:
    """Undo migrations; the names of those that are gone. Raises MigrationFault and StoreError."""
    found: list[str] = []
    await in_turn(target, partial(_rollback, request=request, gone=found))
    return tuple(found)


async def _rollback(job: Job, request: Back, gone: list[str]) -> None:
    while True:
        found = await history.entries(job.session, job.dialect)
        history.verified(found, request.migrations)
        names = [entry.name for entry in found]
        first = request.first or (gone[0] if gone else None)
        if gone and (request.first is None or first not in names):
            return
        if not found or (first is not None and first not in names):
            message = f"{first} is not applied here" if first else "no migration is applied here"
            raise MigrationFault(NOTHING_TO_ROLL_BACK, message)
        named = {item.name: item for item in request.migrations}
        await _back(job, found, named, request)
        gone.append(names[-1])


async def _back(
    job: Job, found: Sequence[Entry], named: dict[str, Migration], request: Back
) -> None:
    """Undo the last migration of the history."""
    entry = found[-1]
    migration = named[entry.name]
    steps = change_of(migration, job.dialect.name).steps
    undone = steps[: _there(entry, steps)]
    looked = partial(live, job.session, job.dialect, [step.table for step in undone])
    facts = await job.patiently(entry.name, "", looked)
    turned = [going_back(step) for step in undone]
    refused = [step for step in refusals(turned, facts, job) if step.name not in request.allowed]
    if refused:
        said = "; ".join(f"undoing {why(step, facts, job)}" for step in refused)
        raise MigrationFault(STEP_REFUSED, said)
    if not request.force:
        await _refuse_released(job, entry, steps)
    earlier = [named[item.name] for item in found[:-1]]
    before = fingerprint_of(schema_from(state(earlier, job.dialect.name)))
    if entry.state is not State.REVERTING:
        entry = await job.note(
            entry,
            state=State.REVERTING,
            done=len(undone),
            step=None,
            reached=None,
            before=before,
            touches=frozenset(
                name.table for name in change_of(migration, job.dialect.name).effects.touched
            ),
        )
    job.tell(Begun(migration.name, back=True, number=len(undone), steps=len(steps)))
    while entry.done:
        run = Run(steps[entry.done - 1], entry.done, len(steps), back=True)
        entry = await run_step(job, entry, run)
    await _forget(job, entry, found[:-1], before)
    job.tell(Finished(migration.name, back=True))


def _there(entry: Entry, steps: Sequence[Step]) -> int:
    """How many steps there are to undo, one that is half done among them."""
    match entry.state:
        case State.APPLIED:
            return len(steps)
        case State.REVERTING:
            return entry.done
        case _:
            return entry.done + (entry.step is not None)


async def _refuse_released(job: Job, entry: Entry, steps: Sequence[Step]) -> None:
    """Raises MigrationFault where releases run that have this migration."""
    split = sum(step.phase is not Phase.CONTRACT for step in steps)
    if entry.state is State.EXPANDING or (entry.state is State.REVERTING and entry.done < split):
        return
    suspects = [
        item for item in await releases(job.session, job.dialect) if item.schema == entry.after
    ]
    alive = await living(job, suspects)
    if alive:
        names = ", ".join(item.name for item in alive)
        raise MigrationFault(RELEASES_RUN, f"{entry.name} is in use by {names}")


async def _forget(job: Job, entry: Entry, earlier: Sequence[Entry], before: str) -> None:
    """Take a migration out of the history: the schema is that of those before it again."""

    async def work() -> None:
        async with job.session.transaction():
            await job.expect(entry)
            await history.remove(job.session, job.dialect, entry.name)
            if earlier:
                await history.put(job.session, job.dialect, replace(earlier[-1], after=before))

    await job.patiently(entry.name, "", work)
