"""Running one step, forward or back, and noting that it is done.

A step with a transaction is noted in that transaction. One without is noted before it begins,
and can be run again. So whatever kills the process, the history knows what there is.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

from charter.migrate.backfill import fill
from charter.migrate.events import StepBegun, StepDone
from charter.migrate.faults import MigrationFault
from charter.migrate.job import Job, failure_of
from charter.migrate.step import Batch, Need, Step, Work
from charter.migrate.stops import ROWS_UNFIT
from charter.sql.own.history import Entry
from charter.sql.statement import Statement
from charter.store.errors import StoreError, Unavailable


@dataclass(frozen=True, slots=True)
class Run:
    """A step in one direction. `done` is how many steps are done after it."""

    step: Step
    number: int
    steps: int
    back: bool

    @property
    def statements(self) -> tuple[str, ...]:
        return self.step.down if self.back else self.step.up

    @property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """The statements, each with the query that tells whether it was run; some have none."""
        return _asked(self.statements, self.step.ran_down if self.back else self.step.ran)

    @property
    def undoing(self) -> tuple[tuple[str, str], ...]:
        """The same of the other direction."""
        if self.back:
            return _asked(self.step.up, self.step.ran)
        return _asked(self.step.down, self.step.ran_down)

    @property
    def batch(self) -> Batch | None:
        return self.step.batch_down if self.back else self.step.batch

    @property
    def needs(self) -> tuple[Need, ...]:
        return self.step.needs_down if self.back else self.step.needs

    @property
    def work(self) -> Work:
        return self.step.work_down if self.back else self.step.work

    @property
    def done(self) -> int:
        return self.number - 1 if self.back else self.number


def _asked(statements: Sequence[str], queries: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple(zip_longest(statements, queries, fillvalue=""))


Ended = Callable[[Entry], dict[str, object]]
"""What else is noted of an entry once a step is done, in the same transaction."""


async def run_step(job: Job, entry: Entry, run: Run, ended: Ended = lambda _: {}) -> Entry:
    """Run a step; the entry as it is noted then. Raises MigrationFault; Unavailable where the
    connection is lost; Overtaken."""
    step = run.step
    job.tell(StepBegun(step, run.number, run.steps, run.back))
    started = time.monotonic()
    try:
        if entry.step != step.name:
            await _need(job, run.needs, step)
        if not step.transaction:
            entry = await _outside(job, entry, run)
        elif entry.step != step.name:
            entry = await _within(job, entry, run, ended)
        if run.batch is not None:
            entry = await fill(job, entry, step, run.batch)
        if entry.step is not None:
            end = {"done": run.done, "step": None, "reached": None, **ended(entry)}
            entry = await job.note(entry, **end)
    except (MigrationFault, Unavailable) as error:
        if isinstance(error, Unavailable) and job.session.alive:
            raise failure_of(step, error) from error
        raise
    except StoreError as error:
        raise failure_of(step, error) from error
    job.tell(StepDone(step, run.number, time.monotonic() - started))
    return entry


async def _need(job: Job, needs: Sequence[Need], step: Step) -> None:
    for need in needs:
        counted = partial(job.session.fetch, Statement(need.count, label="need"))
        count = (await job.patiently(step.name, step.table, counted))[0][0]
        if count:
            raise MigrationFault(ROWS_UNFIT, f"{step.name}: {count:,} {need.says}")


async def _within(job: Job, entry: Entry, run: Run, ended: Ended) -> Entry:
    """The statements in one transaction, and the note that they are done."""
    over = {"done": run.done, "step": None, "reached": None, **ended(entry)}
    # Where a batch follows, the step is under way still.
    after = over if run.batch is None else {"step": run.step.name, "reached": None}

    async def work() -> Entry:
        async with job.session.transaction():
            # Before a statement fails because another call has run it already.
            await job.expect(entry)
            for text in run.statements:
                await job.session.run(text)
            if run.work in {Work.REWRITE, Work.SCAN} and (lost := await job.session.checked()):
                raise MigrationFault(ROWS_UNFIT, f"{run.step.name}: {lost[0]}")
            return await job.noted(entry, **after)

    return await job.patiently(run.step.name, run.step.table, work)


async def _outside(job: Job, entry: Entry, run: Run) -> Entry:
    """The statements one by one. What a failed one leaves behind is taken away."""
    entry = await job.note(entry, step=run.step.name)

    async def work() -> None:
        for text, query in run.asked:
            await _once(job, text, query)

    if job.dialect.waits_aside:
        await job.session.wait_at_most(job.pace.build_timeout)
    try:
        await job.patiently(run.step.name, run.step.table, work)
    except (StoreError, MigrationFault):
        if not job.session.alive:
            raise
        await _undone(job, run)
        await job.session.wait_at_most(job.pace.lock_timeout)
        await job.note(entry, step=None)
        raise
    await job.session.wait_at_most(job.pace.lock_timeout)
    return entry


async def _undone(job: Job, run: Run) -> None:
    """What a step leaves half done (an index that is not valid) slows down every write."""
    if run.back:
        return
    for text, query in run.undoing:
        try:
            await _once(job, text, query)
        except StoreError:
            # What is left is found when it is tried again.
            return


async def _once(job: Job, text: str, query: str) -> None:
    """Run a statement, unless it was run already."""
    if not query or not (await job.session.fetch(Statement(query, label="was it run")))[0][0]:
        await job.session.run(text)
