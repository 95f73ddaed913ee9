"""Values that people give on the command line, read as the type of their field."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any
from uuid import UUID

from charter.contract.types import Scalar, Type
from charter.language.bounds import breaks
from charter.migrate.faults import FILL_UNFIT, MigrationFault
from charter.sql.dialect import Dialect


def literal_of(text: str, kind: Type, what: str, dialect: Dialect) -> str:
    """The value as a literal of the database. Lists and JSON are given as JSON.

    Raises MigrationFault, in which `what` says what the value is for.
    """
    try:
        value = _value(text, kind)
    except (ValueError, InvalidOperation):
        shown = f"a list of {kind.scalar}" if kind.many else f"a {kind.scalar}"
        raise MigrationFault(FILL_UNFIT, f"{what}: {text!r} is not {shown}") from None
    why = None if kind.many or kind.scalar is Scalar.JSON else breaks(kind, value)
    if why:
        raise MigrationFault(FILL_UNFIT, f"{what}: {why}")
    return dialect.literal(value, kind)


def _value(text: str, kind: Type) -> Any:
    if kind.many or kind.scalar is Scalar.JSON:
        return json.loads(text)
    reader = _READERS.get(kind.scalar)
    return text if reader is None else reader(text)


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _datetime(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


_READERS: Mapping[Scalar, Callable[[str], Any]] = MappingProxyType(
    {
        Scalar.INTEGER: int,
        Scalar.FLOAT: float,
        Scalar.DECIMAL: Decimal,
        Scalar.BOOLEAN: _boolean,
        Scalar.DATE: date.fromisoformat,
        Scalar.DATETIME: _datetime,
        Scalar.UUID: UUID,
    }
)
