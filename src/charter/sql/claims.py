"""Claims of a token as typed values: what a contract calls text is nothing but text."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import Any
from uuid import UUID

from charter.contract.types import MAX_INTEGER, MIN_INTEGER, Scalar, Type

Reader = Callable[[Any], Any]


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or "\0" in value:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def _integer(value: Any) -> int | None:
    number = isinstance(value, int) and not isinstance(value, bool)
    return value if number and MIN_INTEGER <= value <= MAX_INTEGER else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _float(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _decimal(value: Any) -> Decimal | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= 100 else None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _datetime(value: Any) -> datetime | None:
    """A text of RFC 3339 with its zone, or a NumericDate (RFC 7519, section 2)."""
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return time.astimezone(UTC) if time.tzinfo else None
        seconds = _float(value)
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def _json(value: Any) -> Any:
    return value


_READERS: Mapping[Scalar, Reader] = MappingProxyType(
    {
        Scalar.INTEGER: _integer,
        Scalar.BOOLEAN: _boolean,
        Scalar.FLOAT: _float,
        Scalar.DECIMAL: _decimal,
        Scalar.DATE: _date,
        Scalar.DATETIME: _datetime,
        Scalar.UUID: _uuid,
        Scalar.JSON: _json,
    }
)


@lru_cache(maxsize=256)
def claim_reader(kind: Type) -> Reader:
    """What makes a claim's JSON value a value of the type, or None where it is none."""
    read: Reader = _READERS.get(kind.scalar, _text)
    if not kind.many:
        return read

    def read_list(value: Any) -> list[Any] | None:
        if not isinstance(value, list | tuple):
            return None
        items = [read(item) for item in value]
        return None if None in items else items

    return read_list
