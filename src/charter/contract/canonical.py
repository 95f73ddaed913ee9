"""A contract as canonical JSON: the same bytes wherever and whenever it is made.

It is what later tools compare. Everything that a contract promises is in it; source places and
Python objects are not. Members that have their default value are left out, so that a new member
of the hub does not change the text of a contract that does not use it.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import singledispatch
from typing import Any, get_args
from uuid import UUID

from charter.contract.contract import Contract
from charter.contract.expression import Expression
from charter.core.names import snake

VERSION = 1
_LEFT_OUT = frozenset({"place", "classes"})
_SORTED = frozenset({"resources", "commands", "events", "errors", "uniques", "indexes", "checks"})
_NODES: tuple[type[Any], ...] = get_args(Expression)


def canonical_json(contract: Contract) -> bytes:
    """The contract as UTF-8 JSON with sorted members, two spaces of indent, and a last newline.

    Resources, commands, events, errors and constraints are sorted by name; fields, rules and
    inputs keep the order of the contract, which means something.
    """
    members = {"charter": VERSION, **_record(contract)}
    text = json.dumps(members, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode(errors="backslashreplace")


@singledispatch
def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


@_plain.register(str | int | float | bool | None)
def _scalar(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


@_plain.register
def _decimal(value: Decimal) -> object:
    return {"decimal": str(value)}


@_plain.register
def _uuid(value: UUID) -> object:
    return {"uuid": str(value)}


@_plain.register
def _date(value: date) -> object:
    return {"date": value.isoformat()}


@_plain.register
def _datetime(value: datetime) -> object:
    return {"datetime": value.astimezone(UTC).isoformat()}


@_plain.register(frozenset)
def _set(value: frozenset[Any]) -> object:
    return sorted(map(_plain, value), key=str)


@_plain.register(Mapping)
def _mapping(value: Mapping[Any, Any]) -> object:
    return {str(key): _plain(item) for key, item in value.items()}


@_plain.register(tuple | list)
def _sequence(value: tuple[Any, ...]) -> object:
    return [_plain(item) for item in value]


def _record(value: Any) -> Mapping[str, Any]:
    members: dict[str, Any] = (
        {"node": snake(type(value).__name__)} if isinstance(value, _NODES) else {}
    )
    for item in fields(value):
        found = getattr(value, item.name)
        if item.name in _LEFT_OUT or not item.compare or _is_default(item, found):
            continue
        if item.name in _SORTED:
            found = sorted(found, key=lambda one: (one.name, str(getattr(one, "resource", ""))))
        members[item.name] = _plain(found)
    return members


def _is_default(item: Any, value: Any) -> bool:
    if item.default_factory is not MISSING:
        return bool(value == item.default_factory())
    return type(value) is type(item.default) and bool(value == item.default)
