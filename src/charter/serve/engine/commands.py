"""Commands: the user's functions, each run in one transaction behind its guard."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from charter.contract.command import Command, DeclaredError, On, Parameter
from charter.contract.resource import Resource
from charter.core import codes
from charter.core.names import pointer
from charter.core.problems import Code, Flaw, Problem
from charter.language.enums import member
from charter.plan.ask import Invoke
from charter.plan.spelling import input_name
from charter.serve.engine import checks, parts
from charter.serve.engine.changes import Changed
from charter.serve.engine.jsontext import json_text, json_value
from charter.serve.engine.references import Named, require_seen
from charter.serve.engine.unit import UnitOfWork
from charter.serve.engine.work import Work


@dataclass(frozen=True, slots=True)
class Returned:
    """What a command gave back that is not one row: rows, JSON text, or None for nothing."""

    body: str | None
    rows: tuple[Changed, ...] | None = None


async def invoke(work: Work, operation: Invoke, seconds: float) -> Changed | Returned:
    """Run a command within a time limit. Raises problems and `Refused`."""
    command = command_named(work, operation)
    resource = _resource(work, command)
    unit = UnitOfWork(work)
    guard, found = None, None
    arguments: list[Any] = []
    if command.on is not On.ROW or resource is None:
        await checks.call(work, work.compiler.call_rules(command, work.standing))
    else:
        guard = work.compiler.command_guard(command, resource, work.standing)
        state = (command.move.field,) if command.move else ()
        found = await checks.before(
            work, guard, operation.key, version=operation.version, columns=state
        )
        _require_state(command, found.values)
        arguments.append(await unit.row(resource, operation.key))
    inputs = await _inputs(work, unit, command, operation.inputs)
    result = await _call(work, command, [*arguments, unit], inputs, seconds)
    if command.move is not None and arguments:
        setattr(arguments[0], command.move.field, command.move.target)
    await unit.flush()
    if guard is not None and found is not None and resource is not None:
        verdict = checks.after(guard, found)
        if verdict is not None:
            await checks.judge(work, resource, operation.key, verdict)
        await parts.touch_owner(work, resource, operation.key)
    return _result(work, command, result)


def command_named(work: Work, operation: Invoke) -> Command:
    commands = work.compiler.contract.commands_of[operation.resource]
    return next(item for item in commands if item.name == operation.command)


def _resource(work: Work, command: Command) -> Resource | None:
    named = work.compiler.contract.resource_named
    return named[command.resource] if command.resource is not None else None


def _require_state(command: Command, values: Mapping[str, Any]) -> None:
    move = command.move
    if move is None or values[move.field] in move.sources:
        return
    wanted = " or ".join(f"`{state}`" for state in move.sources)
    now = values[move.field]
    raise Problem(
        codes.WRONG_STATE,
        f"`{command.name}` needs `{move.field}` to be {wanted}; it is `{now}`.",
        members={"field": move.field, "state": now, "wanted": list(move.sources)},
    )


async def _inputs(
    work: Work, unit: UnitOfWork, command: Command, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The keyword arguments: values, members of Enums, and locked rows for references."""
    named = [item for parameter in command.inputs for item in _named(parameter, given)]
    await require_seen(work, named)
    rows = [await unit.find_row(item.target, item.key) for item in named]
    flaws = tuple(
        Flaw(codes.NO_SUCH_REFERENCE.name, f"There is no {item.target} with this id.", item.place)
        for item, row in zip(named, rows, strict=True)
        if row is None
    )
    if flaws:
        raise Problem(codes.INVALID_VALUES, flaws=flaws)
    found = iter(rows)
    values = {
        parameter.name: _rows(parameter, given[parameter.name], found)
        for parameter in command.inputs
    }
    enums = work.compiler.input_enums.get((command.resource, command.name), {})
    return values | {name: member(kind, values[name]) for name, kind in enums.items()}


def _named(parameter: Parameter, given: Mapping[str, Any]) -> list[Named]:
    """The rows that an input names, in order."""
    target, value = parameter.references, given[parameter.name]
    if target is None or value is None:
        return []
    place = pointer(input_name(parameter))
    if not parameter.type.many:
        return [Named(target, value, place)]
    return [Named(target, key, place + pointer(index)) for index, key in enumerate(value)]


def _rows(parameter: Parameter, value: Any, found: Iterator[Any]) -> Any:
    """What the function gets: the rows found, as many as were named, or the value itself."""
    if parameter.references is None or value is None:
        return value
    return [next(found) for _ in value] if parameter.type.many else next(found)


async def _call(
    work: Work, command: Command, arguments: list[Any], inputs: dict[str, Any], seconds: float
) -> Any:
    if command.function is None:
        raise Problem(codes.INTERNAL)
    try:
        async with asyncio.timeout(seconds):
            return await command.function(*arguments, **inputs)
    except TimeoutError as late:
        raise Problem(codes.TIMED_OUT) from late
    except Exception as error:
        declared = _declared(work, command, error)
        if declared is None:
            raise
        raise declared from error


def _declared(work: Work, command: Command, error: Exception) -> Problem | None:
    for item in work.compiler.contract.errors:
        if item.name in command.raises and item.made_from is type(error):
            return _problem(item, error)
    return None


def _problem(declared: DeclaredError, error: Exception) -> Problem:
    members = {
        _member(item): json_value(item.type, _value(item, getattr(error, item.name, None)))
        for item in declared.parameters
    }
    title = declared.doc.split("\n")[0] or declared.name
    code = Code(declared.code, declared.family, title, declared.doc, "")
    return Problem(code, members=members)


def _member(parameter: Parameter) -> str:
    return f"{parameter.name}_id" if parameter.references else parameter.name


def _value(parameter: Parameter, value: Any) -> Any:
    return value.id if parameter.references and value is not None else value


def _result(work: Work, command: Command, result: Any) -> Changed | Returned:
    declared = command.result
    if result is None:
        return Returned(None)
    if declared.resource is not None and not declared.many:
        resource = work.compiler.contract.resource_named[declared.resource]
        return _changed(resource, result)
    if declared.resource is not None:
        resource = work.compiler.contract.resource_named[declared.resource]
        rows = tuple(_changed(resource, row) for row in result)
        return Returned(None, rows)
    if declared.type is None:
        return Returned(None)
    return Returned(json_text(declared.type, result))


def _changed(resource: Resource, row: Any) -> Changed:
    # Where rows count no versions, the one of this row is worked out when it is read.
    return Changed(resource, row.id, row.version if resource.versioned else 0)
