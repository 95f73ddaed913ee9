"""The values of a new row: what the client gave, completed by what the contract makes."""

from collections.abc import Mapping
from typing import Any

from charter.contract.resource import Field, Given, Made, Resource, SetBy
from charter.core import codes
from charter.core.ids import uuid7
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem
from charter.plan.ask import Ask
from charter.plan.values import default_value

MISSING = object()


def completed(
    resource: Resource, given: Mapping[str, Any], ask: Ask, at: str = ""
) -> dict[str, Any]:
    """Every stored value of a new row; a serial key is left to the database.

    Raises `invalid_values` where the actor would be a value and there is none.
    """
    values: dict[str, Any] = {}
    flaws = []
    for field in resource.fields:
        value = given[field.name] if field.name in given else made(field, ask)
        if value is MISSING:
            continue
        if value is None and not field.optional:
            message = f"`{field.name}` must be given."
            flaws.append(Flaw(codes.REQUIRED.name, message, at + pointer(field.name)))
        values[field.name] = value
    if flaws:
        raise Problem(codes.INVALID_VALUES, flaws=tuple(flaws))
    return values


def made(field: Field, ask: Ask) -> Any:
    """The value of a field that nobody gave."""
    match field.default:
        case None:
            return None
        case Given(value):
            return default_value(field.type, value)
        case Made.UUID7:
            return uuid7()
        case Made.NOW:
            return ask.now
        case Made.ACTOR:
            return ask.actor.id
        case Made.SERIAL:
            return MISSING


def replaced(resource: Resource, given: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """The values that a whole new representation sets: fields left out get their default.

    Not where that is the actor: whoever made a row stays its maker when others replace it.
    """
    return {
        field.name: given[field.name] if field.name in given else made(field, ask)
        for field in resource.fields
        if field.name in given or _resets(field)
    }


def _resets(field: Field) -> bool:
    return field.set_by is SetBy.CLIENT and field.readable and field.default is not Made.ACTOR
