"""Values and options against the type of a field."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from charter.contract.types import (
    DEFAULT_TEXT_LENGTH,
    MAX_INTEGER,
    MIN_INTEGER,
    NUMERIC,
    TEXTUAL,
    Bound,
    Scalar,
    Type,
)

_BOUNDS = ("ge", "gt", "le", "lt")
_TEXT = TEXTUAL - {Scalar.CHOICE}
_FITS: Mapping[str, frozenset[Scalar]] = {
    "min_length": _TEXT,
    "max_length": _TEXT,
    "pattern": _TEXT,
    "search": _TEXT,
    **dict.fromkeys(_BOUNDS, NUMERIC),
    "digits": frozenset({Scalar.DECIMAL}),
    "places": frozenset({Scalar.DECIMAL}),
    "unique": frozenset(Scalar) - {Scalar.JSON},
}
_LISTS = frozenset({"min_items", "max_items"})
TYPE_OPTIONS = frozenset({*_FITS, *_LISTS}) - {"search", "unique"}
_EXPECTED: Mapping[Scalar, tuple[type[Any], ...]] = {
    Scalar.TEXT: (str,),
    Scalar.EMAIL: (str,),
    Scalar.URL: (str,),
    Scalar.CHOICE: (str,),
    Scalar.INTEGER: (int,),
    Scalar.BOOLEAN: (bool,),
    Scalar.FLOAT: (float, int),
    Scalar.DECIMAL: (Decimal, int),
    Scalar.DATE: (date,),
    Scalar.DATETIME: (datetime,),
    Scalar.UUID: (UUID,),
}


def unfit_options(kind: Type, options: Mapping[str, object]) -> list[str]:
    """The options that say nothing about a field of the type."""
    return [
        name
        for name in options
        if (name in _FITS and kind.scalar not in _FITS[name])
        or (name in _LISTS and not kind.many)
        or (name in {"unique", "search"} and kind.many)
    ]


def bounded(kind: Type, options: Mapping[str, Any]) -> Type:
    """The type with the bounds that the options give it."""
    given = {name: value for name, value in options.items() if name in TYPE_OPTIONS}
    if kind.scalar is Scalar.DECIMAL:
        given.update({k: Decimal(str(given[k])) for k in _BOUNDS if k in given})
    return replace(kind, **given)


def empty_bounds(kind: Type) -> str | None:
    """Why no value can be of the type; None when some can."""
    pairs: tuple[tuple[str, Bound | None, Bound | None], ...] = (
        ("length", kind.min_length, kind.max_length),
        ("number of items", kind.min_items, kind.max_items),
        ("places and digits", kind.places, kind.digits),
        ("range", kind.ge, kind.le),
    )
    for name, low, high in pairs:
        if low is not None and high is not None and low > high:
            return f"the {name} would be at least {low} and at most {high}"
    strict = ((kind.gt, kind.le), (kind.gt, kind.lt), (kind.ge, kind.lt))
    for low, high in strict:
        if low is not None and high is not None and low >= high:
            return f"nothing is above {low} and below {high}"
    sizes = (kind.min_length, kind.max_length, kind.min_items, kind.max_items, kind.places)
    if any(size is not None and size < 0 for size in sizes) or kind.digits == 0:
        return "a size is never below zero, and a number has at least one digit"
    return None


def plain(kind: Type, value: object) -> object:
    """A default as the hub keeps it: choices as texts, numbers in their type, times in UTC.

    Raises TypeError where the value is not of the type.
    """
    if isinstance(value, Enum):
        value = value.value
    expected = _EXPECTED[kind.scalar]
    fits = isinstance(value, expected) and isinstance(value, bool) is (expected == (bool,))
    if not fits or (kind.scalar is Scalar.DATE and isinstance(value, datetime)):
        raise TypeError(f"{value!r} is no {kind.scalar.value}")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("the datetime has no zone; give it `tzinfo=UTC`")
        return value.astimezone(UTC)
    if kind.scalar is Scalar.DECIMAL:
        return Decimal(value) if isinstance(value, int) else value
    return float(value) if kind.scalar is Scalar.FLOAT and isinstance(value, int) else value


def breaks(kind: Type, value: Any) -> str | None:
    """How a value of the right Python type breaks the bounds; None when it keeps them."""
    if isinstance(value, str):
        return _breaks_text(kind, value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, int) and not MIN_INTEGER <= value <= MAX_INTEGER:
        return f"{value} does not fit into 64 bits"
    if not math.isfinite(value):
        return f"{value} is not finite"
    outside = (
        (kind.ge is not None and value < kind.ge)
        or (kind.gt is not None and value <= kind.gt)
        or (kind.le is not None and value > kind.le)
        or (kind.lt is not None and value >= kind.lt)
    )
    if outside:
        return f"{value} is out of the field's own range"
    if isinstance(value, Decimal) and kind.digits is not None and kind.places is not None:
        exponent = value.normalize().as_tuple().exponent
        places = -exponent if isinstance(exponent, int) else 0
        whole = abs(value) >= Decimal(10) ** (kind.digits - kind.places)
        if places > kind.places or whole:
            return f"{value} has more than {kind.digits} digits with {kind.places} places"
    return None


def _breaks_text(kind: Type, value: str) -> str | None:
    if kind.choices and value not in kind.choices:
        return f"{value!r} is none of {', '.join(map(repr, kind.choices))}"
    longest = kind.max_length if kind.max_length is not None else DEFAULT_TEXT_LENGTH
    if not (kind.min_length or 0) <= len(value) <= longest:
        return f"{value!r} is too short or too long for the field"
    if kind.pattern is not None and not re.fullmatch(kind.pattern, value):
        return f"{value!r} does not match the field's pattern"
    return None
