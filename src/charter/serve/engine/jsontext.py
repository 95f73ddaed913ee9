"""JSON text of typed values, in their canonical forms."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from charter.contract.types import Scalar, Type
from charter.sql.canonical import json_form

Form = Callable[[Any], Any]


def form_of(kind: Type) -> Form:
    """What makes a typed value one that JSON has. It is made once for a type."""
    form = json_form(kind)
    if form is None:
        return _same
    if kind.many:
        return lambda value: None if value is None else [form(item) for item in value]
    return lambda value: None if value is None else form(value)


def _same(value: Any) -> Any:
    return value


_ENCODED_AS_THEY_ARE = frozenset({Scalar.UUID})


def payload_form(kind: Type) -> Form | None:
    """The same for values that are not nothing; None where JSON's encoder needs no help."""
    plain = json_form(kind) is None or kind.scalar in _ENCODED_AS_THEY_ARE
    return None if plain else form_of(kind)


def json_value(kind: Type, value: Any) -> Any:
    """A typed value as one that JSON has."""
    return form_of(kind)(value)


def json_text(kind: Type, value: Any) -> str:
    """A typed value as JSON text."""
    return msgspec.json.encode(json_value(kind, value)).decode()


def payload_text(values: Mapping[str, tuple[Type, Any]], **further: Any) -> str:
    """An object of typed values as JSON text."""
    payload = {name: json_value(kind, value) for name, (kind, value) in values.items()}
    return msgspec.json.encode(payload | further).decode()
