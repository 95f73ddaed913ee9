"""Checks, answered: one statement for each resource, and one for what is about the actor alone."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from charter.contract.expression import ALWAYS, NEVER, Expression
from charter.contract.resource import Resource
from charter.core.problems import Family, Problem
from charter.plan.ask import Ask, Can, Check, Write
from charter.plan.can import Conditions, Inquiry
from charter.plan.explain import Reason
from charter.plan.outcome import (
    CanOutcome,
    CheckOutcome,
    Explanation,
    Outcome,
    RuleOutcome,
)
from charter.plan.steps import Step
from charter.serve.engine.answers import REPEATABLE
from charter.serve.engine.compiler import Compiler
from charter.sql.statement import Sources, Statement
from charter.store.database import Database, Row

Truths = Mapping[Expression, bool]
Attempt = Callable[[Ask], Awaitable[Outcome]]

UNSEEN = CheckOutcome(False)
_UNSAID = frozenset({Family.UNAUTHENTICATED, Family.FORBIDDEN, Family.MISSING})
"""Refusals that say no more than that the action is not allowed."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A check with its inquiry."""

    check: Check
    inquiry: Inquiry

    @property
    def conditions(self) -> tuple[Expression, ...]:
        inquiry = self.inquiry
        fields = (condition for _, condition in (*inquiry.readable, *inquiry.writable))
        return (inquiry.allowed, *fields, *(reason.condition for reason in inquiry.reasons))


async def answer(
    compiler: Compiler, database: Database, ask: Ask, form: Can, attempt: Attempt
) -> CanOutcome:
    """What comes of several checks. `attempt` tries a write, and leaves nothing of it behind.

    Raises problems of the service only: what is not allowed is an outcome.
    """
    standing = compiler.standing(ask.actor, ask.now)
    asked = [
        _Asked(check, compiler.inquiry(check, standing, explain=form.explain))
        for check in form.checks
    ]
    asker = _Asker(compiler, database, ask)
    alone = await asker.of_actor([item for item in asked if item.check.key is None])
    rows = await asker.of_rows([item for item in asked if item.check.key is not None])
    results = []
    for item in asked:
        truths = alone if item.check.key is None else rows.get(_row(item))
        result = UNSEEN if truths is None else _result(item, truths, form)
        if truths is None and form.explain:
            result = replace(result, explanation=Explanation(_NO_ROW))
        results.append(await _tried(item.check, result, ask, attempt))
    return CanOutcome(tuple(results))


@dataclass(frozen=True, slots=True)
class _Asker:
    compiler: Compiler
    database: Database
    ask: Ask

    async def of_actor(self, asked: Sequence[_Asked]) -> Truths:
        """What holds of the actor alone."""
        conditions = _open(asked)
        if not conditions:
            return {}
        (row,) = await self._fetch(self.compiler.ask(conditions), ())
        return _truths(conditions, row)

    async def of_rows(self, asked: Sequence[_Asked]) -> Mapping[Any, Truths]:
        """What holds of each row that there is for the actor, by what asks and its key."""
        groups: dict[tuple[str, Expression], list[_Asked]] = {}
        for item in asked:
            if item.check.resource is not None:
                key = (item.check.resource, item.inquiry.seen)
                groups.setdefault(key, []).append(item)
        found: dict[Any, Truths] = {}
        for (name, seen), items in groups.items():
            if seen != NEVER:
                resource = self.compiler.contract.resource_named[name]
                for key, truths in (await self._rows(resource, seen, items)).items():
                    found[name, seen, key] = truths
        return found

    async def _rows(
        self, resource: Resource, seen: Expression, asked: Sequence[_Asked]
    ) -> Mapping[Any, Truths]:
        conditions = _open(asked)
        keys = list(dict.fromkeys(item.check.key for item in asked))
        rows = await self._fetch(self.compiler.rows(resource, seen, conditions), (keys,))
        decode = self.compiler.dialect.decoder(resource.key.type)
        return {
            row[0] if decode is None else decode(row[0]): _truths(conditions, row[1:])
            for row in rows
        }

    async def _fetch(self, statement: Statement, values: Sequence[Any]) -> Sequence[Row]:
        sources = Sources(values, self.ask.actor, self.ask.now)
        return await self.database.read(statement, statement.arguments(sources))


def _row(item: _Asked) -> Any:
    return item.check.resource, item.inquiry.seen, item.check.key


def _open(asked: Sequence[_Asked]) -> tuple[Expression, ...]:
    """The conditions that have to be asked, each once."""
    found = (condition for item in asked for condition in item.conditions)
    return tuple(dict.fromkeys(one for one in found if one not in (ALWAYS, NEVER)))


def _truths(conditions: Sequence[Expression], row: Sequence[Any]) -> Truths:
    return {one: bool(held) for one, held in zip(conditions, row, strict=True)}


def _holds(condition: Expression, truths: Truths) -> bool:
    return condition == ALWAYS or (condition != NEVER and truths[condition])


def _result(item: _Asked, truths: Truths, form: Can) -> CheckOutcome:
    inquiry, check = item.inquiry, item.check
    allowed = _holds(inquiry.allowed, truths)
    result = CheckOutcome(allowed)
    if form.fields and check.resource is not None:
        writable = _named(inquiry.writable, truths) if allowed else ()
        result = replace(result, readable=_named(inquiry.readable, truths), writable=writable)
    if form.explain:
        result = replace(result, explanation=_explained(inquiry, truths, allowed=allowed))
    return result


def _named(conditions: Conditions, truths: Truths) -> tuple[str, ...]:
    return tuple(name for name, condition in conditions if _holds(condition, truths))


# -- explanations ------------------------------------------------------------------------------
_NO_ROW = "There is no such row, or none that the actor can see."


def _decided(reason: Reason, truths: Truths) -> bool | None:
    """Whether a rule holds; None where that depends on what is not there yet."""
    held = _holds(reason.condition, truths)
    return None if held and reason.partial else held


def _explained(inquiry: Inquiry, truths: Truths, *, allowed: bool) -> Explanation:
    rules = tuple(
        RuleOutcome(reason.rule, reason.at, _decided(reason, truths)) for reason in inquiry.reasons
    )
    held = next((rule for rule in rules if rule.holds), None)
    if allowed and held is not None:
        return Explanation(f"{held.at} allows it.", rules)
    depends = next((rule for rule in rules if rule.holds is None), None)
    if allowed and depends is not None:
        return Explanation(f"{depends.at} allows it, for what it asks of row and values.", rules)
    if held is not None and inquiry.state:
        return Explanation(f"{held.at} allows it, but only while {inquiry.state}.", rules)
    return Explanation("No rule allows it." if rules else "No rule speaks of it.", rules)


# -- values ------------------------------------------------------------------------------------
async def _tried(check: Check, result: CheckOutcome, ask: Ask, attempt: Attempt) -> CheckOutcome:
    """A check with values is tried, by the way that the write itself goes."""
    if check.trial is None or not result.allowed:
        return result
    form = Write((Step(check.trial),), dry_run=True)
    try:
        await attempt(replace(ask, form=form, values=(), once=None))
    except Problem as problem:
        family = problem.code.family
        if family not in REPEATABLE and family not in _UNSAID:
            raise
        code = None if family in _UNSAID else problem.code.name
        return replace(result, allowed=False, code=code)
    return result
