"""JSON as a token may carry it: one meaning only, bounded, and frozen."""

import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

DEEPEST = 16
_LARGEST = 2**63


class NotStrict(ValueError):
    """The text is not JSON, or it is JSON that two readers could understand differently."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise NotStrict("a name occurs twice in one object")
    return made


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotStrict("a number is out of range")
    return number


def _int(text: str) -> int:
    number = int(text)
    if not -_LARGEST <= number < _LARGEST:
        raise NotStrict("a number is out of range")
    return number


def _constant(name: str) -> float:
    raise NotStrict(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_constant
)


def _text(value: str) -> str:
    if not value.isascii():
        value.encode()  # a lone surrogate cannot be stored or sent
    if "\0" in value:
        raise NotStrict("a text has U+0000 in it, which no database can keep")
    return value


def _frozen(value: Any, depth: int) -> Any:
    match value:
        case str():
            return _text(value)
        case dict() | list() if depth == DEEPEST:
            raise NotStrict(f"nested more than {DEEPEST} deep")
        case dict():
            return MappingProxyType(
                {_text(name): _frozen(member, depth + 1) for name, member in value.items()}
            )
        case list():
            return tuple(_frozen(member, depth + 1) for member in value)
        case _:
            return value


def parse_object(data: bytes) -> Mapping[str, Any]:
    """The one object in these bytes, read-only: objects as mapping proxies, arrays as tuples.

    Refused with NotStrict: bytes that are not UTF-8, duplicate names (RFC 8725, section 2.6 and
    RFC 7519, section 4), NaN and infinities, integers beyond 64 bits, lone surrogates, U+0000,
    more than `DEEPEST` levels, and anything that is not an object. The caller bounds the size.
    """
    try:
        value = _frozen(_DECODER.decode(data.decode()), 0)
    except NotStrict:
        raise
    except (ValueError, RecursionError):
        raise NotStrict("not JSON in UTF-8") from None
    if not isinstance(value, Mapping):
        raise NotStrict("not an object")
    return value
