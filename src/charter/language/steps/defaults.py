"""Defaults: what the contract writes down, as the hub keeps it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from charter.contract.resource import Default, Field, Given, Made
from charter.contract.types import Scalar, Type
from charter.language.bounds import breaks, plain
from charter.language.conditions import now
from charter.language.declared import Attribute, default_of
from charter.language.drafts import Draft
from charter.language.faultcodes import DEFAULT_UNFIT
from charter.language.fields import MISSING, WORDS, FieldWord


def defaults(draft: Draft) -> None:
    """The default of every stored field that has one."""
    for resource in draft.resources.values():
        for name in resource.readings:
            attribute = resource.attribute(name)
            value = default_of(attribute)
            field = resource.stored(name)
            is_list = isinstance(attribute.default, WORDS) and not isinstance(
                attribute.default, FieldWord
            )
            if field is None or value is MISSING or is_list:
                continue
            found = default_for(draft, field, attribute, value, f"{resource.name}.{name}")
            if found is not None:
                resource.fields[field.name] = replace(field, default=found)


def default_for(
    draft: Draft, field: Field, attribute: Attribute, value: object, what: str
) -> Default | None:
    """A default in the hub's form; None for nothing, or where it has a fault, which is noted."""
    if value is None:
        if not field.optional and field.references is None:
            draft.fault(DEFAULT_UNFIT, f"{what} cannot be nothing, and its default is None",
                        attribute.place, "Add `| None` to its type.")  # fmt: skip
        return None
    if field.references is not None:
        draft.fault(DEFAULT_UNFIT, f"{what}: a reference has no default but None",
                    attribute.place)  # fmt: skip
        return None
    if callable(value) and not isinstance(value, type):
        return _made(draft, field, attribute, value, what)
    try:
        if _is_json(field.type):
            return Given(json_text(field.type, value))
        return Given(_checked(field, value))
    except (TypeError, ValueError) as error:
        draft.fault(DEFAULT_UNFIT, f"{what}: the default {error}", attribute.place)
        return None


def _is_json(kind: Type) -> bool:
    return kind.many or kind.scalar is Scalar.JSON


def _made(
    draft: Draft, field: Field, attribute: Attribute, value: Callable[..., Any], what: str
) -> Default | None:
    if value is now and field.type.scalar is Scalar.DATETIME and not field.type.many:
        return Made.NOW
    draft.fault(DEFAULT_UNFIT, f"{what}: a function cannot be a default, but for `now` of a "
                "datetime", attribute.place)  # fmt: skip
    return None


def _checked(field: Field, value: object) -> object:
    found = plain(field.type, value)
    why = breaks(field.type, found)
    if why:
        raise ValueError(why)
    return found


def json_text(kind: Type, value: object) -> str:
    """A list or Json value as canonical text. Raises TypeError or ValueError."""
    if kind.many:
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is no list")
        item = replace(kind, many=False, min_items=None, max_items=None)
        values = [plain(item, one) for one in value]
        for why in (breaks(item, one) for one in values):
            if why:
                raise ValueError(why)
        if not (kind.min_items or 0) <= len(values) <= (kind.max_items or len(values)):
            raise ValueError(f"{value!r} has too few or too many items")
        value = [one if isinstance(one, str | int | float | bool) else str(one) for one in values]
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
