"""JSON Schemas (2020-12) of values: as bodies give them, as answers show them, as text."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from charter.contract.types import (
    DEFAULT_LIST_LENGTH,
    DEFAULT_TEXT_LENGTH,
    MAX_INTEGER,
    MIN_INTEGER,
    Bound,
    Scalar,
    Type,
    digits_of,
    places_of,
)
from charter.plan.texts import EMAIL_LENGTH, EMAIL_PATTERN, URL_LENGTH, URL_PATTERN

Schema = dict[str, Any]
Maker = Callable[[Type], Schema]

NO_NUL = r"^[^\u0000]*$"
_MAY_MATCH_NUL = re.compile(r"\.|\[\^|\\[DWS]")
_YEARS = r"^(?!0000|0001-01-01|9999-12-31)"
"""What no time zone takes out of the years that a datetime can have."""


def given(type_: Type) -> Schema:
    """The value in a request body."""
    return _listed(type_, _GIVEN[type_.scalar](type_), bounded=True)


def shown(type_: Type) -> Schema:
    """The value in an answer."""
    return _listed(type_, _SHOWN[type_.scalar](type_), bounded=False)


def nullable(schema: Schema) -> Schema:
    """The schema, or null."""
    kind = schema.get("type")
    if "enum" in schema:
        return {**schema, "type": ["string", "null"], "enum": [*schema["enum"], None]}
    if isinstance(kind, str):
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]} if schema else {}


def _listed(type_: Type, item: Schema, *, bounded: bool) -> Schema:
    if not type_.many:
        return item
    found: Schema = {"type": "array", "items": item}
    if bounded:
        if type_.min_items:
            found["minItems"] = type_.min_items
        most = DEFAULT_LIST_LENGTH if type_.max_items is None else type_.max_items
        found["maxItems"] = most
    return found


def anchored(pattern: str) -> str:
    """A pattern that a whole text must match, as one that is searched for; it never fits NUL."""
    whole = f"^(?:{pattern})$"
    return rf"^(?![^\u0000]*\u0000){whole[1:]}" if _MAY_MATCH_NUL.search(pattern) else whole


def _text(type_: Type) -> Schema:
    most = DEFAULT_TEXT_LENGTH if type_.max_length is None else type_.max_length
    found: Schema = {"type": "string", "maxLength": most}
    if type_.min_length:
        found["minLength"] = type_.min_length
    found["pattern"] = anchored(type_.pattern) if type_.pattern else NO_NUL
    return found


def _formed(pattern: str, length: int) -> Maker:
    def make(type_: Type) -> Schema:
        most = length if type_.max_length is None else min(length, type_.max_length)
        return {"type": "string", "maxLength": most, "pattern": pattern}

    return make


def _number(bound: Bound) -> int | float:
    value = Decimal(str(bound))
    return int(value) if value == value.to_integral_value() else float(value)


def _bounds(type_: Type) -> Schema:
    names = {"minimum": type_.ge, "exclusiveMinimum": type_.gt}
    names |= {"maximum": type_.le, "exclusiveMaximum": type_.lt}
    return {name: _number(bound) for name, bound in names.items() if bound is not None}


def _integer(type_: Type) -> Schema:
    found: Schema = {"type": "integer", "format": "int64", **_bounds(type_)}
    if "exclusiveMinimum" not in found:
        found.setdefault("minimum", MIN_INTEGER)
    if "exclusiveMaximum" not in found:
        found.setdefault("maximum", MAX_INTEGER)
    return found


def decimal_size(type_: Type) -> tuple[int, int]:
    """Digits before the point, and after it."""
    places = places_of(type_)
    return digits_of(type_) - places, places


def _decimal(type_: Type) -> Schema:
    """As text, or as a number; bounds other than zero can only be said of the number."""
    whole, places = decimal_size(type_)
    most = Decimal(10) ** whole - Decimal(1).scaleb(-places)
    number: Schema = {"type": "number", "minimum": _number(-most), "maximum": _number(most)}
    number["multipleOf"] = _number(Decimal(1).scaleb(-places))
    for lower in ("minimum", "exclusiveMinimum"):
        if lower in (bounds := _bounds(type_)):
            number.pop("minimum", None)
            number[lower] = bounds[lower]
    for upper in ("maximum", "exclusiveMaximum"):
        if upper in (bounds := _bounds(type_)):
            number.pop("maximum", None)
            number[upper] = bounds[upper]
    return {"anyOf": [{"type": "string", "pattern": decimal_pattern(type_)}, number]}


def decimal_pattern(type_: Type) -> str:
    """The text of a decimal that a request may give."""
    whole, places = decimal_size(type_)
    lower = type_.ge if type_.ge is not None else type_.gt
    sign = "" if lower is not None and lower >= 0 else "-?"
    before = f"(?:0|[1-9][0-9]{{0,{whole - 1}}})" if whole > 0 else "0"
    after = rf"(?:\.[0-9]{{1,{places}}})?" if places else ""
    return f"^{sign}{before}{after}$"


def _shown_decimal(type_: Type) -> Schema:
    _, places = decimal_size(type_)
    after = rf"\.[0-9]{{{places}}}" if places else ""
    return {"type": "string", "pattern": f"^-?[0-9]+{after}$"}


def _plain(**schema: Any) -> Maker:
    return lambda _: dict(schema)


def _choice(type_: Type) -> Schema:
    return {"type": "string", "enum": list(type_.choices)}


_ANY: Schema = {"$ref": "#/components/schemas/JsonValue"}
JSON_VALUE: Schema = {
    "description": "Any JSON value; integers have at most 64 bits, and no text has a NUL.",
    "anyOf": [
        {"type": "null"},
        {"type": "boolean"},
        {"type": "integer", "minimum": MIN_INTEGER, "maximum": MAX_INTEGER},
        {"type": "number"},
        {"type": "string", "pattern": NO_NUL},
        {"type": "array", "items": _ANY},
        {
            "type": "object",
            "propertyNames": {"pattern": NO_NUL},
            "additionalProperties": _ANY,
        },
    ],
}

_GIVEN: Mapping[Scalar, Maker] = {
    Scalar.TEXT: _text,
    Scalar.INTEGER: _integer,
    Scalar.BOOLEAN: _plain(type="boolean"),
    Scalar.FLOAT: lambda type_: {"type": "number", **_bounds(type_)},
    Scalar.DECIMAL: _decimal,
    Scalar.DATE: _plain(type="string", format="date", pattern="^(?!0000)"),
    Scalar.DATETIME: _plain(type="string", format="date-time", pattern=_YEARS),
    Scalar.UUID: _plain(type="string", format="uuid"),
    Scalar.EMAIL: _formed(EMAIL_PATTERN, EMAIL_LENGTH),
    Scalar.URL: _formed(URL_PATTERN, URL_LENGTH),
    Scalar.CHOICE: _choice,
    Scalar.JSON: lambda _: dict(_ANY),
}
_SHOWN: Mapping[Scalar, Maker] = {
    Scalar.TEXT: _plain(type="string"),
    Scalar.INTEGER: _plain(type="integer", format="int64"),
    Scalar.BOOLEAN: _plain(type="boolean"),
    Scalar.FLOAT: _plain(type="number"),
    Scalar.DECIMAL: _shown_decimal,
    Scalar.DATE: _plain(type="string", format="date"),
    Scalar.DATETIME: _plain(type="string", format="date-time"),
    Scalar.UUID: _plain(type="string", format="uuid"),
    Scalar.EMAIL: _plain(type="string", pattern=EMAIL_PATTERN),
    Scalar.URL: _plain(type="string", pattern=URL_PATTERN),
    Scalar.CHOICE: _choice,
    Scalar.JSON: _plain(),
}
