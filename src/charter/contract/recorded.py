"""A contract from its canonical JSON (`contract.json`), without the code that it was made of."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from charter.contract.canonical import VERSION
from charter.contract.contract import Contract
from charter.contract.expression import Expression
from charter.core.names import snake

_NODES: Mapping[str, type[Any]] = MappingProxyType(
    {snake(node.__name__): node for node in get_args(Expression)}
)
_TAGGED: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "decimal": Decimal,
        "uuid": UUID,
        "date": date.fromisoformat,
        "datetime": datetime.fromisoformat,
    }
)


class NotCanonical(ValueError):
    """A text is not the canonical JSON of a contract that this version writes."""


def recorded_contract(text: str) -> Contract:
    """The contract that `canonical_json` wrote: what it promises, without its functions, classes
    and places. Raises NotCanonical."""
    try:
        members = json.loads(text)
        version = members.pop("charter")
        if version != VERSION:
            raise NotCanonical(f"version {version!r} of contract.json is not known")
        contract: Contract = _record(Contract, members)
    except NotCanonical:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotCanonical(f"this is no canonical contract ({error})") from None
    return contract


def _record(kind: Any, members: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    given = {name: value for name, value in members.items() if name != "node"}
    return kind(**{name: _read(hints[name], value) for name, value in given.items()})


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    """The types of the members that make a value of a kind."""
    known = get_type_hints(kind)
    return {item.name: known[item.name] for item in fields(kind) if item.init}


def _read(kind: Any, value: Any) -> Any:
    """The value of a member that has been declared to have this type."""
    if isinstance(value, dict):
        return _object(kind, value)
    if isinstance(value, list):
        item = next((one for one in _options(kind) if get_origin(one) in (tuple, frozenset)), None)
        inside = get_args(item)[0] if item is not None else Any
        found = [_read(inside, one) for one in value]
        return frozenset(found) if get_origin(item) is frozenset else tuple(found)
    if isinstance(value, str):
        enum = next((one for one in _options(kind) if _is_enum(one)), None)
        return value if enum is None else enum(value)
    return value


def _object(kind: Any, value: Mapping[str, Any]) -> Any:
    if "node" in value:
        return _record(_NODES[value["node"]], value)
    if len(value) == 1 and (make := _TAGGED.get(next(iter(value)))) is not None:
        return make(next(iter(value.values())))
    for one in _options(kind):
        if get_origin(one) in (Mapping, dict):
            return {name: _read(get_args(one)[1], item) for name, item in value.items()}
        if is_dataclass(one) and isinstance(one, type) and one not in _NODES.values():
            return _record(one, value)
    raise NotCanonical(f"an object where {kind} is expected")


def _options(kind: Any) -> tuple[Any, ...]:
    """The types that a declared one allows."""
    if get_origin(kind) in (Union, UnionType):
        return get_args(kind)
    return (kind,)


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)
