"""Guards, asked of the database: before a write, under a lock, and after it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from charter.contract.expression import ROW, Column, Expression, every, some
from charter.contract.resource import Resource
from charter.core import codes
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem
from charter.plan.guards import Guard
from charter.plan.stepup import StepUp, insufficient
from charter.serve.engine.work import Work
from charter.sql.dialect import typed
from charter.sql.existing.state import version_number

Steps = Sequence[tuple[StepUp, Sequence[Expression]]]
"""Conditions that would be enough after a better sign-in, with what that takes."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row as it was before the write; `held` tells which rules of the guard held then.

    `values` are under the dotted names of their columns. `kept` are the fields, of those that
    the write would reset, that have to stay as they are.
    """

    version: int
    held: tuple[bool, ...]
    values: Mapping[str, Any]
    kept: frozenset[str] = frozenset()


async def before(  # noqa: PLR0913 - all that one statement asks
    work: Work,
    guard: Guard,
    key: Any,
    *,
    changing: Collection[str] = (),
    resetting: Collection[str] = (),
    version: int | None = None,
    columns: tuple[str, ...] = (),
) -> Found:
    """Lock a row and ask the guard of it as it is.

    `changing` are the fields that the write sets, `resetting` those that get their default
    because they were left out, `version` the one that it is based on, `columns` further fields
    to read. Raises problems.
    """
    resource = guard.resource
    frozen = tuple(item for item in guard.frozen if item[0] in changing)
    sheltered = tuple(item for item in guard.sheltered if item[0] in resetting)
    conditions = (
        guard.visible,
        *(rule.before for rule in guard.rules),
        *(condition for _, condition in (*frozen, *sheltered)),
    )
    further = (Column(ROW, (), name, resource.field_named[name].type) for name in columns)
    wanted = tuple(dict.fromkeys((*guard.old, *further)))
    statement = work.compiler.check(resource, conditions, wanted, lock=True)
    rows = await work.fetch(statement, (key,))
    if not rows or not rows[0][1]:
        raise Problem(codes.NOT_FOUND)
    row = rows[0]
    held = tuple(bool(value) for value in row[2 : 2 + len(guard.rules)])
    if not any(held):
        steps = [(step, [rule.before for rule in rules]) for step, rules in guard.steps]
        raise await _denied(work, resource, (key,), steps)
    first = 2 + len(guard.rules)
    names = [name for name, _ in frozen]
    _refuse_frozen(names, row[first : first + len(frozen)])
    current = row[0]
    if version is not None:
        current = await _current(work, resource, key, current)
        if current != version:
            raise Problem(codes.VERSION_CONFLICT, members={"current_version": current})
    last = first + len(frozen)
    free = row[last : last + len(sheltered)]
    kept = (name for (name, _), holds in zip(sheltered, free, strict=True) if not holds)
    raw = row[last + len(sheltered) :]
    return Found(current, held, _decoded(work, wanted, raw), frozenset(kept))


async def _current(work: Work, resource: Resource, key: Any, counted: int) -> int:
    """The version of a row that is locked by now. Where none is counted the row is read again:
    what stands beside it may have changed while this statement waited for the lock."""
    if resource.versioned:
        return counted
    rows = await work.fetch(work.compiler.state(resource), (key,))
    return version_number(rows[0][0])


async def call(work: Work, rules: tuple[Expression, ...]) -> None:
    """Ask whether some rule allows a call that is on no row. Raises `forbidden`."""
    if not rules:
        return
    rows = await work.fetch(work.compiler.ask(rules), ())
    if not any(rows[0]):
        raise Problem(codes.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is still to be asked of a row that was written, before the transaction may commit.

    One of the first `rules` conditions has to hold; the others are about the `frozen` fields
    in turn. `values` are those of the slots behind the key. `steps` are conditions that would
    be enough after a better sign-in.
    """

    conditions: tuple[Expression, ...]
    rules: int
    frozen: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    steps: Steps = ()

    @property
    def required(self) -> Expression:
        """All that is asked, as one condition."""
        return every(some(*self.conditions[: self.rules]), *self.conditions[self.rules :])


async def require(
    work: Work, resource: Resource, key: Any, verdict: Verdict, truths: Sequence[Any]
) -> None:
    """Raises a problem unless the answers to the conditions of a verdict allow the row."""
    if not any(truths[: verdict.rules]):
        message = "No policy allows the row to have these values."
        raise await _denied(work, resource, (key, *verdict.values), verdict.steps, message)
    _refuse_frozen(verdict.frozen, truths[verdict.rules :])


async def _denied(
    work: Work,
    resource: Resource,
    values: Sequence[Any],
    steps: Steps,
    message: str | None = None,
) -> Problem:
    """Why an action is denied that no rule allows: perhaps a better sign-in would do."""
    for needed, conditions in steps:
        statement = work.compiler.check(resource, tuple(conditions), (), lock=False)
        rows = await work.fetch(statement, values)
        if rows and any(rows[0][1:]):
            return insufficient(needed, f"do this to {resource.table}")
    return Problem(codes.FORBIDDEN, message)


def after(guard: Guard, found: Found) -> Verdict | None:
    """What to ask of a row as a write leaves it; None where there is nothing to ask."""
    if guard.open_after:
        return None
    pairs = zip(guard.rules, found.held, strict=True)
    rules = tuple(rule.after for rule, held in pairs if held)
    old = tuple(found.values[_name(column)] for column in guard.old)
    return Verdict(rules, len(rules), (), old)


def created(guard: Guard, given: Collection[str]) -> Verdict | None:
    """What to ask of a row that was made; `given` are the fields that the client set."""
    frozen = tuple(item for item in guard.frozen if item[0] in given)
    if guard.open_after and not frozen:
        return None
    rules = tuple(rule.after for rule in guard.rules)
    conditions = (*rules, *(condition for _, condition in frozen))
    steps = tuple((step, [rule.after for rule in more]) for step, more in guard.steps)
    return Verdict(conditions, len(rules), tuple(name for name, _ in frozen), (), steps)


async def judge(work: Work, resource: Resource, key: Any, verdict: Verdict) -> None:
    """Ask on its own what could not be asked together with the answer."""
    statement = work.compiler.check(resource, verdict.conditions, (), lock=False)
    rows = await work.fetch(statement, (key, *verdict.values))
    await require(work, resource, key, verdict, rows[0][1:] if rows else ())


def _refuse_frozen(frozen: Sequence[str], held: Sequence[Any]) -> None:
    flaws = tuple(
        Flaw(codes.FROZEN.name, "This field cannot be changed now.", pointer(name))
        for name, free in zip(frozen, held, strict=True)
        if not free
    )
    if flaws:
        raise Problem(codes.FROZEN, flaws=flaws)


def _name(column: Column) -> str:
    return ".".join((*column.path, column.field))


def _decoded(work: Work, columns: tuple[Column, ...], raw: Sequence[Any]) -> Mapping[str, Any]:
    decoders = [work.compiler.dialect.decoder(column.type) for column in columns]
    return dict(zip(map(_name, columns), typed(decoders, raw), strict=True))
