"""The values of a new row: what the client gave, completed by what the contract makes."""

from collections.abc import Callable, Mapping
from typing import Any

from charter.contract.resource import Field, Given, Made, Resource, SetBy
from charter.core import codes
from charter.core.ids import uuid7
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem
from charter.plan.ask import Ask
from charter.plan.tenants import tenant_key
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
    default = field.default
    if default is None:
        return None
    if isinstance(default, Given):
        return default_value(field.type, default.value)
    return _MAKERS[default](field, ask)


_MAKERS: Mapping[Made, Callable[[Field, Ask], Any]] = {
    Made.UUID7: lambda field, ask: uuid7(),
    Made.NOW: lambda field, ask: ask.now,
    Made.ACTOR: lambda field, ask: ask.actor.id,
    Made.TENANT: lambda field, ask: tenant_key(ask.actor.tenant, field.type),
    Made.SERIAL: lambda field, ask: MISSING,
}


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
