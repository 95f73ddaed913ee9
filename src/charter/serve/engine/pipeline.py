"""The one way through: ask → plan → statement → store → outcome."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from charter.core import codes
from charter.core.problems import Flaw, Problem
from charter.plan.actor import API_KEY, Actor
from charter.plan.ask import Ask, Can, Create, Delete, Invoke, Operation, Selection, Update, Write
from charter.plan.outcome import (
    ManyOutcome,
    Outcome,
    RowOutcome,
    ValueOutcome,
    WriteOutcome,
)
from charter.serve.engine import can, changes, commands, once
from charter.serve.engine.alone import Alone
from charter.serve.engine.answers import REPEATABLE
from charter.serve.engine.attempts import Refused
from charter.serve.engine.audit import Ledger
from charter.serve.engine.changes import Changed
from charter.serve.engine.commands import Returned
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.defaults import completed
from charter.serve.engine.failures import TOLD_AS_PROBLEMS
from charter.serve.engine.locks import lock_ahead
from charter.serve.engine.reading import read, read_proving, reread
from charter.serve.engine.reads import Reads
from charter.serve.engine.violations import explained
from charter.serve.engine.work import Work
from charter.sql.schema import Schema
from charter.sql.statement import Sources, Statement
from charter.store.database import Database, Row, Transaction
from charter.store.errors import Violation

KNOWN_USERS = 10_000


class _DryRun(Exception):
    """Ends a transaction that was only a trial."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, in seconds, a command may run and an idempotent answer is kept."""

    command_seconds: float = 10.0
    key_seconds: float = 86_400.0


@dataclass(frozen=True)
class Pipeline:
    """Answers asks on one database."""

    compiler: Compiler
    database: Database
    schema: Schema
    limits: Limits
    ledger: Ledger
    reads: Reads
    _users: set[str] = field(default_factory=set)
    _running: set[tuple[str, str]] = field(default_factory=set)

    @cached_property
    def _alone(self) -> Alone:
        return Alone(self.compiler, self.database)

    async def answer(self, ask: Ask) -> Outcome:
        """What comes of an ask. Raises problems, and nothing else that a client can cause."""
        form = ask.form
        with TOLD_AS_PROBLEMS:
            if ask.actor.proof is not None:
                return await self._proving(ask, ask.actor.proof)
            if isinstance(form, Write):
                try:
                    return await self._write(ask, form)
                finally:  # Also where it is not known whether anything was committed.
                    self.reads.wrote(ask.actor)
            if isinstance(form, Can):
                return await can.answer(self.compiler, self.database, ask, form, self.answer)
            database = self.reads.away(ask.actor, ask.now) or self.database
            return await read(self.compiler, database, ask, form)

    async def _proving(self, ask: Ask, proof: Callable[[], Awaitable[Actor]]) -> Outcome:
        """The same for an actor whose session is still to be proven: by the primary always, since
        a replica may not know yet that somebody was signed out."""
        form = ask.form
        if not isinstance(form, Write | Can) and self.reads.away(ask.actor, ask.now) is None:
            outcome = await read_proving(self.compiler, self.database, ask, form)
            if outcome is not None:
                return outcome
        return await self.answer(replace(ask, actor=await proof()))

    async def _write(self, ask: Ask, form: Write) -> Outcome:
        if ask.once is None:
            return await self._commit(ask, form)
        running = (ask.once.scope, ask.once.key)
        if running in self._running:
            raise Problem(codes.IN_PROGRESS, retry_after=1)
        self._running.add(running)
        try:
            return await self._commit(ask, form)
        finally:
            self._running.discard(running)

    async def _commit(self, ask: Ask, form: Write) -> Outcome:
        alone = await self._at_once(ask, form)
        if alone is not None:
            return alone
        try:
            outcome = await self._transact(ask, form)
        except _DryRun as trial:
            return trial.outcome
        except Refused as refused:
            raise await self.explained(ask, refused) from refused
        if isinstance(outcome, Problem):
            raise outcome
        if ask.actor.id is not None:
            if len(self._users) >= KNOWN_USERS:
                self._users.clear()
            self._users.add(ask.actor.id)
        return outcome

    async def _at_once(self, ask: Ask, form: Write) -> Outcome | None:
        """The outcome of a write that is one statement; None where a transaction is needed."""
        if not self.compiler.dialect.combines_writes or not self._provisioned(ask.actor):
            return None
        return await self._alone.create(ask, form)

    def _provisioned(self, actor: Actor) -> bool:
        """Whether the actor's own row is there, as far as is known."""
        contract = self.compiler.contract
        known = actor.id is None or actor.id in self._users
        if known or contract.user not in contract.resource_named:
            return True
        return contract.accounts is not None and has_account(actor)

    async def _transact(self, ask: Ask, form: Write) -> Outcome | Problem:
        """One transaction; a second one where the actor's own row turns out to be gone."""
        write = partial(self._attempt, ask, form)
        try:
            return await self.database.write(write)
        except Refused as refused:
            known = ask.actor.id in self._users
            if not known or refused.violated.violation is not Violation.REFERENCE:
                raise
        self._users.discard(ask.actor.id or "")
        return await self.database.write(write)

    async def _attempt(self, ask: Ask, form: Write, transaction: Transaction) -> Outcome | Problem:
        standing = self.compiler.standing(ask.actor, ask.now)
        work = Work(self.compiler, transaction, ask, standing, ledger=self.ledger)
        if ask.once is None or form.dry_run:
            return await self._perform(work, form)
        replay = await once.find(work, ask.once)
        if replay is not None:
            return replay
        try:
            async with transaction.savepoint():
                answer: Outcome | Problem = await self._perform(work, form)
        except (Problem, Refused) as failure:
            # What the failed attempt left unwritten goes with it: rows that waited, and events.
            work = Work(self.compiler, transaction, ask, work.standing, ledger=self.ledger)
            answer = await self._failure(work, failure)
            if answer.code.family not in REPEATABLE:
                raise answer from failure
        await once.keep(work, ask.once, answer, self.limits.key_seconds)
        return answer

    async def _failure(self, work: Work, failure: Problem | Refused) -> Problem:
        if isinstance(failure, Problem):
            return failure
        problem = await explained(self.compiler, self.schema, work.fetch, failure)
        return placed(problem, failure.place)

    async def _perform(self, work: Work, form: Write) -> Outcome:
        await self._provision(work)
        await lock_ahead(work, form)
        outcomes: list[WriteOutcome] = []
        for index, step in enumerate(form.steps):
            place = form.places[index] if form.places else ""
            selection = form.selections[index] if form.selections else form.selection
            try:
                changed = await self._run(work, step(outcomes))
                outcomes.append(await _finished(work, changed, selection))
            except Problem as problem:
                raise placed(problem, place) from problem
            except Refused as refused:
                refused.place = place
                raise
        await work.finish()
        outcome = ManyOutcome(tuple(outcomes)) if form.many else outcomes[0]
        if form.dry_run:
            raise _DryRun(outcome)
        return outcome

    async def _run(self, work: Work, operation: Operation) -> Changed | Returned:
        match operation:
            case Create():
                return await changes.create(work, operation)
            case Update():
                return await changes.update(work, operation)
            case Delete():
                return await changes.delete(work, operation)
            case Invoke():
                return await commands.invoke(work, operation, self.limits.command_seconds)

    async def _provision(self, work: Work) -> None:
        """The row of the actor, at its first write: others refer to it."""
        actor = work.ask.actor
        if self._provisioned(actor):
            return
        contract = self.compiler.contract
        user = contract.resource_named[contract.user]
        name, email = (actor.claims.get(claim) for claim in ("name", "email"))
        if contract.accounts is not None:
            email = None  # An address by which people sign in is not taken from a claim.
        known = {
            "id": actor.id,
            "name": name[:200] if isinstance(name, str) else None,
            "email": email if isinstance(email, str) and len(email) <= 254 else None,
        }
        values = completed(user, known, work.ask)
        statement = self.compiler.provision(user, tuple(values))
        if await work.execute(statement, tuple(values.values())):
            work.changed(user, "created", actor.id, 1, values)

    async def explained(self, ask: Ask, refused: Refused) -> Problem:
        """The problem that a refusal is, asked of the database after the transaction."""

        async def fetch(statement: Statement, values: Sequence[Any]) -> Sequence[Row]:
            sources = Sources(values, ask.actor, ask.now)
            return await self.database.read(statement, statement.arguments(sources))

        problem = await explained(self.compiler, self.schema, fetch, refused)
        return placed(problem, refused.place)


def has_account(actor: Actor) -> bool:
    """Whether an account of the service's own says who this is. Where its row is gone, it was
    deleted, and is not to come back with a write that was under way."""
    return actor.session is not None or API_KEY in actor.methods


async def _finished(work: Work, changed: Changed | Returned, selection: Selection) -> WriteOutcome:
    """The row as its writer may read it, after the write."""
    if isinstance(changed, Returned):
        return ValueOutcome(await _returned(work, changed, selection))
    name, key = changed.resource.name, changed.key
    if changed.deleted:
        return RowOutcome(name, key, "", changed.version, deleted=True)
    body, version = await reread(work, changed.resource, key, selection, changed.verdict)
    return RowOutcome(name, key, body, version or changed.version, changed.created)


async def _returned(work: Work, returned: Returned, selection: Selection) -> str | None:
    if returned.rows is None:
        return returned.body
    rows = [await reread(work, row.resource, row.key, selection) for row in returned.rows]
    return f"[{','.join(body for body, _ in rows if body)}]"


def placed(problem: Problem, place: str) -> Problem:
    """The problem with the pointers of its flaws inside the body at `place`."""
    if not place:
        return problem
    flaws = tuple(
        Flaw(flaw.code, flaw.message, place + (flaw.pointer or ""), flaw.parameter)
        for flaw in problem.detail.flaws
    )
    detail = problem.detail
    return Problem(
        problem.code,
        detail.message,
        flaws=flaws,
        retry_after=detail.retry_after,
        members={**detail.members, "operation": place},
    )
