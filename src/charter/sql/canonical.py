"""The canonical forms of values: the same text on every database and in every answer."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from charter.contract.types import Scalar, Type, places_of


def datetime_text(value: datetime) -> str:
    """A time in UTC as PostgreSQL's own JSON has it: trailing zeros of the fraction trimmed.

    Texts of this form sort by code point as the times do.
    """
    text = value.astimezone(UTC).isoformat()
    if not value.microsecond:
        return text
    head, _, zone = text.partition("+")
    return f"{head.rstrip('0')}+{zone}"


def decimal_text(value: Decimal, places: int) -> str:
    """A decimal with exactly `places` digits after the point; minus zero is zero."""
    return f"{value + 0:.{places}f}" if value else f"{0:.{places}f}"


def json_form(kind: Type) -> Callable[[Any], Any] | None:
    """How a scalar value of this type becomes one that JSON has; None where it is one."""
    match kind.scalar:
        case Scalar.DECIMAL:
            places = places_of(kind)
            return lambda value: decimal_text(value, places)
        case Scalar.DATETIME:
            return datetime_text
        case Scalar.DATE:
            return date.isoformat
        case Scalar.UUID:
            return str
        case _:
            return None


def json_reader(kind: Type) -> Callable[[Any], Any] | None:
    """The inverse of `json_form`: from the JSON value to the typed one."""
    match kind.scalar:
        case Scalar.DECIMAL:
            return Decimal
        case Scalar.DATETIME:
            return datetime.fromisoformat
        case Scalar.DATE:
            return date.fromisoformat
        case Scalar.UUID:
            return UUID
        case Scalar.FLOAT:
            return float
        case _:
            return None


def json_text(value: Any) -> str | None:
    """A JSON value as text; None stays None (the null of SQL)."""
    return None if value is None else msgspec.json.encode(value).decode()


def list_text(kind: Type) -> Callable[[Any], str | None]:
    """How a list of values of this type becomes a JSON array; None stays None."""
    form = json_form(kind)
    if form is None:
        return json_text
    return lambda value: None if value is None else json_text([form(item) for item in value])


def from_json_text(kind: Type) -> Callable[[str | None], Any]:
    """How the JSON text of a JSON value or a list of this type becomes Python values."""
    reader = json_reader(kind) if kind.many else None

    def read(text: str | None) -> Any:
        if text is None:
            return None
        value = msgspec.json.decode(text)
        return value if reader is None else [reader(item) for item in value]

    return read
