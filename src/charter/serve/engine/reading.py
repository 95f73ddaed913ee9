"""Reads: one statement, whatever its depth, and what its rows mean."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from charter.contract.resource import Resource
from charter.core import codes
from charter.core.problems import Problem
from charter.plan.ask import Ask, Read, ReadOne, Selection
from charter.plan.outcome import (
    Outcome,
    PageOutcome,
    RowOutcome,
    StreamOutcome,
    SummaryOutcome,
    TogetherOutcome,
)
from charter.plan.plan import COUNT_CEILING, ManyPlan, OnePlan, SummaryPlan, TogetherPlan
from charter.serve.engine.checks import Verdict, judge, require
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.work import Work
from charter.sql.dialect import Dialect
from charter.sql.existing.state import version_number
from charter.sql.identity.alive import roles_in
from charter.sql.pages import page_of
from charter.sql.statement import Sources
from charter.store.database import Database, Row

MOST_CHARACTERS = 32 * 1024 * 1024
"""Characters of the rows in one answer that is not a stream."""
_UNSEEN = frozenset(
    {
        codes.NOT_FOUND,
        codes.FORBIDDEN,
        codes.UNAUTHENTICATED,
        codes.INSUFFICIENT_SCOPE,
        codes.INSUFFICIENT_USER_AUTHENTICATION,
    }
)


async def read(compiler: Compiler, database: Database, ask: Ask, form: Read) -> Outcome:
    """Run the one statement of a read. Raises problems and store errors."""
    prepared = compiler.read(form, compiler.standing(ask.actor, ask.now))
    arguments = prepared.statement.arguments(Sources(ask.values, ask.actor, ask.now))
    match prepared.plan:
        case OnePlan():
            rows = await database.read(prepared.statement, arguments)
            return one_row(prepared.plan, ask.values[0], rows)
        case ManyPlan(limit=None, parent=parent):
            batches = database.stream(prepared.statement, arguments)
            first = [] if parent is None else await _first(batches)
            return StreamOutcome(_bodies(first, batches))
        case ManyPlan():
            rows = await database.read(prepared.statement, arguments)
            return _page(compiler.dialect, prepared.plan, rows)
        case SummaryPlan():
            rows = await database.read(prepared.statement, arguments)
            _require_parent(prepared.plan, rows)
            return SummaryOutcome([row[0] for row in rows if row[0] is not None])
        case TogetherPlan():
            rows = await database.read(prepared.statement, arguments)
            return _together(prepared.plan, rows)


async def read_proving(
    compiler: Compiler, database: Database, ask: Ask, form: Read
) -> Outcome | None:
    """The same for an actor whose session is still to be proven, asked in the same statement.

    None where it has to be asked beforehand. Raises the problem of the proof.
    """
    prepared = compiler.read_proving(form, ask.actor, ask.now)
    if prepared is None or ask.actor.proof is None:
        return None
    arguments = prepared.statement.arguments(Sources(ask.values, ask.actor, ask.now))
    rows = await database.read(prepared.statement, arguments)
    roles = rows[0][-1] if rows else None
    if roles is None or roles_in(roles) != ask.actor.roles:
        await ask.actor.proof()
        if rows:  # It came right in between: the answer is not.
            raise Problem(codes.TOKEN_STALE)
    told = [row[:-1] for row in rows]
    if isinstance(prepared.plan, OnePlan):
        return one_row(prepared.plan, ask.values[0], told)
    if isinstance(prepared.plan, ManyPlan):
        return _page(compiler.dialect, prepared.plan, told)
    if isinstance(prepared.plan, TogetherPlan):
        return _together(prepared.plan, told)
    raise TypeError("only rows and pages are read with a proof")


def one_row(plan: OnePlan, key: Any, rows: Sequence[Row]) -> RowOutcome:
    """The row that was read; a row that cannot be seen does not exist."""
    if not rows:
        raise Problem(codes.NOT_FOUND)
    body, version = rows[0][0], rows[0][1]
    _bounded(len(body))
    if type(version) is not int:
        version = version_number(version)
    return RowOutcome(plan.row.resource.name, key, body, version)


def _bounded(size: int) -> None:
    """Estimates bound what a read may include; this bounds what it turns out to be."""
    if size > MOST_CHARACTERS:
        message = f"The answer would have more than {MOST_CHARACTERS:,} characters; ask for less."
        raise Problem(codes.TOO_COMPLEX, message)


async def reread(
    work: Work, resource: Resource, key: Any, selection: Selection, verdict: Verdict | None = None
) -> tuple[str, int | None]:
    """A row as the writer may read it now: its body (empty where it may not) and version.

    What a verdict asks is asked in the same statement where the writer may read the row.
    """
    conditions = () if verdict is None else verdict.conditions
    rows: Sequence[Row] = ()
    try:
        form = ReadOne(resource.name, selection)
        prepared = work.compiler.read(form, work.standing, conditions)
    except Problem as problem:
        if problem.code not in _UNSEEN:
            raise
    else:
        values = (key,) if verdict is None else (key, *verdict.values)
        rows = await work.fetch(prepared.statement, values)
    if verdict is not None and rows:
        await require(work, resource, key, verdict, rows[0][2:])
    elif verdict is not None:
        await judge(work, resource, key, verdict)
    return (rows[0][0], version_number(rows[0][1])) if rows else ("", None)


async def _first(batches: AsyncGenerator[list[Row], None]) -> list[Row]:
    """The first rows of a parent's list: none at all means that there is no such parent."""
    rows: list[Row] = await anext(batches, [])
    if not rows:
        raise Problem(codes.NOT_FOUND)
    return rows


async def _bodies(
    first: list[Row], batches: AsyncGenerator[list[Row], None]
) -> AsyncGenerator[Sequence[str], None]:
    async with aclosing(batches):
        if first:
            yield [row[0] for row in first if row[0] is not None]
        async for rows in batches:
            yield [row[0] for row in rows if row[0] is not None]


def _page(dialect: Dialect, plan: ManyPlan, rows: Sequence[Row]) -> PageOutcome:
    _require_parent(plan, rows)
    page = page_of(dialect, plan, rows)
    _bounded(len(page.rows))
    if page.total is None:
        return PageOutcome(page.rows, page.last)
    exact = plan.count == "exact" or page.total <= COUNT_CEILING
    return PageOutcome(page.rows, page.last, page.total if exact else COUNT_CEILING, exact)


def _together(plan: TogetherPlan, rows: Sequence[Row]) -> TogetherOutcome:
    body = rows[0][0]
    _bounded(len(body))
    return TogetherOutcome(body, plan.refused)


def _require_parent(plan: ManyPlan | SummaryPlan, rows: Sequence[Row]) -> None:
    if plan.parent is not None and not rows:
        raise Problem(codes.NOT_FOUND)
