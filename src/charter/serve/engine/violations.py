"""Violations of constraints, explained in the words of the contract: fields, never tables."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from charter.contract.expression import Column, walk
from charter.contract.resource import Resource
from charter.core import codes
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem
from charter.serve.engine.attempts import Attempt, Refused
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.keys import equals
from charter.sql.schema import CheckRule, Constraint, Schema
from charter.sql.statement import Statement
from charter.store.database import Row
from charter.store.errors import Violation

Fetch = Callable[[Statement, Sequence[Any]], Awaitable[Sequence[Row]]]


async def explained(compiler: Compiler, schema: Schema, fetch: Fetch, refused: Refused) -> Problem:
    """The problem that a refusal is for the client. `fetch` runs reading statements."""
    violated = refused.violated
    table, constraint = _constraint(schema, refused)
    attempt = refused.attempt(table)
    match violated.violation:
        case Violation.UNIQUE:
            fields = violated.columns or getattr(constraint, "columns", ())
            return _not_unique(attempt, fields)
        case Violation.REFERENCE:
            flaws = await _missing(compiler, fetch, attempt)
            return Problem(codes.INVALID_VALUES, flaws=flaws)
        case Violation.REFERENCED:
            return await _still_referenced(compiler, fetch, attempt)
        case Violation.CHECK:
            return _check_failed(attempt, constraint)
        case Violation.NOT_NULL:
            first = attempt.rows[0][0]
            flaws = tuple(
                Flaw(codes.REQUIRED.name, f"`{name}` must be given.", first + pointer(name))
                for name in violated.columns
            )
            return Problem(codes.INVALID_VALUES, flaws=flaws)


def _constraint(schema: Schema, refused: Refused) -> tuple[str | None, Constraint | None]:
    """The table of the violated constraint, and the constraint, as far as they are told."""
    name = refused.violated.constraint
    found = schema.constraint_named.get(name) if name else None
    return (found[0].name, found[1]) if found else (refused.violated.table, None)


def _not_unique(attempt: Attempt, fields: Sequence[str]) -> Problem:
    at = attempt.rows[0][0] if len(attempt.rows) == 1 else ""
    named = " and ".join(f"`{name}`" for name in fields)
    message = f"Another row has this value of {named} already." if named else None
    flaws = tuple(Flaw(codes.NOT_UNIQUE.name, message or "", at + pointer(name)) for name in fields)
    return Problem(codes.NOT_UNIQUE, message, flaws=flaws)


async def _missing(compiler: Compiler, fetch: Fetch, attempt: Attempt) -> tuple[Flaw, ...]:
    flaws = []
    for place, target, key in (*_references(compiler, attempt), *attempt.links):
        if not await _exists(compiler, fetch, target, key):
            message = f"There is no {target.name} with this id."
            flaws.append(Flaw(codes.NO_SUCH_REFERENCE.name, message, place))
    return tuple(flaws)


def _references(compiler: Compiler, attempt: Attempt) -> Iterator[tuple[str, Resource, Any]]:
    """Each reference that was tried: its place, and the resource and key that it leads to."""
    for at, values in attempt.rows:
        for field in attempt.resource.fields:
            key = values.get(field.name)
            if field.references and key is not None:
                target = compiler.contract.resource_named[field.references]
                yield at + pointer(field.name), target, key


async def _exists(compiler: Compiler, fetch: Fetch, target: Resource, key: Any) -> bool:
    return bool(await fetch(compiler.load(target, ("id",), equals(target, "id")), (key,)))


async def _still_referenced(compiler: Compiler, fetch: Fetch, attempt: Attempt) -> Problem:
    """SQLite does not tell which reference it was, so the database is asked again."""
    statement = compiler.inbound(attempt.resource)
    key = attempt.rows[0][1].get("id")
    rows = await fetch(statement, (key,)) if statement is not None else ()
    members = {"referring": rows[0][0]} if rows else {}
    return Problem(codes.STILL_REFERENCED, members=members)


def _check_failed(attempt: Attempt, constraint: Constraint | None) -> Problem:
    at = attempt.rows[0][0] if len(attempt.rows) == 1 else ""
    if not isinstance(constraint, CheckRule):
        return Problem(codes.INVALID_VALUES, flaws=(Flaw(codes.CHECK_FAILED.name, "", at),))
    rule = next((item for item in attempt.resource.checks if item.name == constraint.rule), None)
    if rule is None:
        flaws = tuple(
            Flaw(codes.OUT_OF_RANGE.name, "The value is out of its bounds.", at + pointer(name))
            for name in constraint.columns
        )
        return Problem(codes.INVALID_VALUES, flaws=flaws)
    columns = (part for part in walk(rule.expression) if isinstance(part, Column))
    fields = tuple(dict.fromkeys(part.field for part in columns))
    flaws = tuple(Flaw(codes.CHECK_FAILED.name, rule.message, at + pointer(n)) for n in fields)
    return Problem(codes.INVALID_VALUES, rule.message, flaws=flaws)
