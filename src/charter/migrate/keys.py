"""Values of keys as JSON: how far a backfill got, kept in the history."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

_READERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "UUID": UUID,
        "Decimal": Decimal,
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "bytes": bytes.fromhex,
    }
)


def written_key(key: Sequence[Any]) -> str:
    """The values of a key, as a driver gives them, as JSON."""
    return json.dumps([_written(value) for value in key])


def _written(value: Any) -> Any:
    match value:
        case bytes():
            return {"bytes": value.hex()}
        case datetime() | date():
            return {type(value).__name__: value.isoformat()}
        case UUID() | Decimal():
            # A driver may give a class of its own.
            kind = "UUID" if isinstance(value, UUID) else "Decimal"
            return {kind: str(value)}
        case _:
            return value


def read_key(text: str) -> tuple[Any, ...]:
    """The values that were written."""
    return tuple(
        _READERS[next(iter(value))](next(iter(value.values())))
        if isinstance(value, dict)
        else value
        for value in json.loads(text)
    )
