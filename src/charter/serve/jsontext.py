"""JSON text of typed values, in their canonical forms."""

from collections.abc import Mapping
from typing import Any

import msgspec

from charter.contract.types import Type
from charter.sql.canonical import json_form


def json_value(kind: Type, value: Any) -> Any:
    """A typed value as one that JSON has."""
    form = json_form(kind)
    if value is None or form is None:
        return value
    return [form(item) for item in value] if kind.many else form(value)


def json_text(kind: Type, value: Any) -> str:
    """A typed value as JSON text."""
    return msgspec.json.encode(json_value(kind, value)).decode()


def payload_text(values: Mapping[str, tuple[Type, Any]], **further: Any) -> str:
    """An object of typed values as JSON text."""
    payload = {name: json_value(kind, value) for name, (kind, value) in values.items()}
    return msgspec.json.encode(payload | further).decode()
