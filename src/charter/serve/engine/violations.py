"""Violations of constraints, explained in the words of the contract: fields, never tables."""

from collections.abc import Iterator, Sequence
from typing import Any

from charter.contract.expression import Column, every, walk
from charter.contract.resource import Resource
from charter.core import codes
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem
from charter.serve.engine.attempts import Attempt, Refused
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.existing import named_by_contract
from charter.serve.engine.keys import among
from charter.serve.engine.presence import Fetch, present
from charter.sql.catalog_mysql import KEY_NAME
from charter.sql.schema import CheckRule, Constraint, Schema
from charter.store.errors import Violated, Violation


async def explained(compiler: Compiler, schema: Schema, fetch: Fetch, refused: Refused) -> Problem:
    """The problem that a refusal is for the client. `fetch` runs reading statements."""
    violated = named_by_contract(compiler.contract, refused.violated)
    table, constraint = _constraint(schema, violated)
    attempt = refused.attempt(table)
    match violated.violation:
        case Violation.UNIQUE:
            fields = violated.columns or getattr(constraint, "columns", ())
            return await _not_unique(compiler, fetch, attempt, fields)
        case Violation.REFERENCE:
            flaws = await _missing(compiler, fetch, attempt)
            return Problem(codes.INVALID_VALUES, flaws=flaws)
        case Violation.REFERENCED:
            return await _still_referenced(compiler, fetch, attempt)
        case Violation.CHECK:
            return _check_failed(attempt, constraint)
        case Violation.NOT_NULL:
            flaws = tuple(
                Flaw(codes.REQUIRED.name, f"`{name}` must be given.", at + pointer(name))
                for name in violated.columns
                for at, values in attempt.rows
                if values.get(name) is None
            )
            return Problem(codes.INVALID_VALUES, flaws=flaws)


def _constraint(schema: Schema, violated: Violated) -> tuple[str | None, Constraint | None]:
    """The table of the violated constraint, and the constraint, as far as they are told."""
    name = violated.constraint
    keyed = schema.table_named.get(violated.table) if violated.table else None
    if name == KEY_NAME and keyed is not None:
        return keyed.name, keyed.key
    found = schema.constraint_named.get(name) if name else None
    return (found[0].name, found[1]) if found else (violated.table, None)


async def _not_unique(
    compiler: Compiler, fetch: Fetch, attempt: Attempt, fields: Sequence[str]
) -> Problem:
    at = await _clashing(compiler, fetch, attempt, fields)
    fields = [name for name in fields if name != attempt.resource.tenant] or fields
    named = " and ".join(f"`{name}`" for name in fields)
    message = f"Another row has this value of {named} already." if named else None
    given = [name for name in fields if name != _to_owner(attempt.resource)]
    flaws = tuple(
        Flaw(codes.NOT_UNIQUE.name, message or "", at + pointer(name)) for name in given or fields
    )
    return Problem(codes.NOT_UNIQUE, message, flaws=flaws)


def _to_owner(resource: Resource) -> str | None:
    """The reference of a part to its owner, which no body gives."""
    return None if resource.owner is None else resource.relation_named[resource.owner].near


async def _clashing(
    compiler: Compiler, fetch: Fetch, attempt: Attempt, fields: Sequence[str]
) -> str:
    """The place of the row whose values another has; of several rows that were tried, the first
    that clashes with one in the database or with one before it. Empty where it cannot be told."""
    resource = attempt.resource
    if len(attempt.rows) == 1:
        return attempt.rows[0][0]
    if not fields or not all(name in resource.field_named for name in fields):
        return ""
    tried = [(at, tuple(values.get(name) for name in fields)) for at, values in attempt.rows]
    columns = [{row[index] for _, row in tried} - {None} for index in range(len(fields))]
    where = every(*(among(resource, name, index) for index, name in enumerate(fields)))
    statement = compiler.load(resource, tuple(fields), where)
    types = [resource.field_named[name].type for name in fields]
    decoders = [compiler.dialect.decoder(kind) for kind in types]
    taken = {
        tuple(
            value if decode is None else decode(value)
            for decode, value in zip(decoders, row, strict=True)
        )
        for row in await fetch(statement, [list(values) for values in columns])
    }
    for at, row in tried:
        if row in taken:
            return at
        if None not in row:
            taken.add(row)
    return ""


async def _missing(compiler: Compiler, fetch: Fetch, attempt: Attempt) -> tuple[Flaw, ...]:
    named = (*_references(compiler, attempt), *attempt.links)
    keys: dict[str, dict[Any, None]] = {}
    for _, target, key in named:
        keys.setdefault(target.name, {})[key] = None
    there = {}
    for name, wanted in keys.items():
        target = compiler.contract.resource_named[name]
        there[name] = await present(compiler, fetch, target, wanted)
    flaws = tuple(
        Flaw(codes.NO_SUCH_REFERENCE.name, f"There is no {target.name} with this id.", place)
        for place, target, key in named
        if key not in there[target.name]
    )
    # An owner that was made in the same write is gone with it, so that is seldom what is wrong.
    owner = _to_owner(attempt.resource)
    own = {at + pointer(owner) for at, _ in attempt.rows} if owner is not None else set()
    return tuple(flaw for flaw in flaws if flaw.pointer not in own) or flaws


def _references(compiler: Compiler, attempt: Attempt) -> Iterator[tuple[str, Resource, Any]]:
    """Each reference that was tried: its place, and the resource and key that it leads to."""
    for at, values in attempt.rows:
        for field in attempt.resource.fields:
            key = values.get(field.name)
            if field.references and key is not None:
                target = compiler.contract.resource_named[field.references]
                yield at + pointer(field.name), target, key


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
