"""How MySQL and MariaDB take values as arguments, and give them back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from charter.contract.types import MAX_INTEGER, MIN_INTEGER, Scalar, Type
from charter.sql.canonical import json_form, json_text, list_text
from charter.sql.sources import Codec

MOST_DIGITS = 65
MOST_PLACES = 30
"""What a decimal of the server can have."""
SECONDS = (" ", "microseconds")
"""How `datetime.isoformat` writes what the server reads."""


def key_text(value: Any) -> Any:
    """A key as it is bound: a UUID is a text."""
    return str(value) if isinstance(value, UUID) else value


@lru_cache(maxsize=512)
def encoder(kind: Type) -> Codec | None:
    """From a typed Python value to what the driver binds; None where they are the same."""
    if kind.many:
        return list_text(kind)
    return json_text if kind.scalar is Scalar.JSON else _ENCODERS.get(kind.scalar)


@lru_cache(maxsize=512)
def list_encoder(kind: Type) -> Codec:
    """From a list of values to the JSON text whose items JSON_TABLE reads."""
    form = _LISTED.get(kind.scalar) or json_form(kind)
    if form is None:
        return json_text
    return lambda items: None if items is None else json_text([form(item) for item in items])


def bounded(value: Decimal) -> Decimal:
    """A decimal that the server takes as it is, and that compares with each stored one as this.

    What has more places than the server's decimals lies between two values that can be stored,
    and is moved to where it still does.
    """
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return value
    whole = max(value.adjusted() + 1, 1)
    if whole > MOST_DIGITS - MOST_PLACES and whole > MOST_DIGITS:
        most = Decimal(10) ** MOST_DIGITS - 1
        return most.copy_sign(value)
    places = min(MOST_PLACES, MOST_DIGITS - whole)
    if -exponent <= places:
        return value
    sign, digits, _ = value.as_tuple()
    kept = digits[: len(digits) + exponent + places - 1]
    return Decimal((sign, (*(kept or (0,)), 5), -places))


def _encode_decimal(value: Any) -> Decimal | None:
    return None if value is None else bounded(Decimal(value))


def _encode_integer(value: int | None) -> int | Decimal | None:
    if value is None or MIN_INTEGER <= value <= MAX_INTEGER:
        return value
    return bounded(Decimal(value))


def _encode_datetime(value: datetime | None) -> datetime | None:
    # The driver sends the numbers and leaves the zone out.
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None)


def _encode_uuid(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _encode_float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _decode_datetime(value: datetime | None) -> datetime | None:
    return None if value is None else value.replace(tzinfo=UTC)


def _decode_uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


def _decode_boolean(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _decode_integer(value: Any) -> int | None:
    return None if value is None else int(value)


def _listed_datetime(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(*SECONDS)


def _listed_decimal(value: Any) -> str:
    return f"{bounded(Decimal(value)):f}"


_ENCODERS: Mapping[Scalar, Codec] = MappingProxyType(
    {
        Scalar.DECIMAL: _encode_decimal,
        Scalar.INTEGER: _encode_integer,
        Scalar.DATETIME: _encode_datetime,
        Scalar.UUID: _encode_uuid,
        Scalar.FLOAT: _encode_float,
    }
)
DECODERS: Mapping[Scalar, Codec] = MappingProxyType(
    {
        Scalar.DATETIME: _decode_datetime,
        Scalar.UUID: _decode_uuid,
        Scalar.BOOLEAN: _decode_boolean,
        # Sums of integers are decimals.
        Scalar.INTEGER: _decode_integer,
    }
)
# As JSON_TABLE reads them.
_LISTED: Mapping[Scalar, Codec] = MappingProxyType(
    {
        Scalar.DATETIME: _listed_datetime,
        Scalar.DECIMAL: _listed_decimal,
        Scalar.INTEGER: _listed_decimal,
    }
)
