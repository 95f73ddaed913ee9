"""Rows: from JSON, to JSON, and what they are called in a query."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

R = TypeVar("R", bound="Row")

_INCLUDED: Final = object()


def included() -> Any:
    """Marks what a row has only where `include` asks for it."""
    return _INCLUDED


class NotShown(AttributeError):
    """A row does not have what was not asked for."""


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(included,)
)
class Row:
    """A row as an answer showed it. It cannot be changed."""

    __slots__ = ("__dict__", "__etag", "__weakref__")

    def __init_subclass__(cls) -> None:
        for name in [name for name, value in vars(cls).items() if value is _INCLUDED]:
            delattr(cls, name)

    def __init__(self, **values: Any) -> None:
        if unknown := values.keys() - _members(type(self)).attributes:
            raise TypeError(
                f"{type(self).__name__} has no {', '.join(sorted(unknown))}"
            )
        self.__dict__.update(values)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            kind = type(self)
            if not name.startswith("_") and name in _members(kind).attributes:
                raise NotShown(
                    f"{kind.__name__}.{name} was not asked for: see fields and include"
                )
            raise AttributeError(f"{kind.__name__} has no {name}")

        def __setattr__(self, name: str, value: Any) -> None:
            raise AttributeError(
                f"{type(self).__name__}.{name} cannot be set: rows do not change"
            )

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), vars(self).get("id")))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> Any:
        return _restored, (type(self), vars(self), etag(self))

    @classmethod
    def _read(cls, data: Mapping[str, Any], etag: str | None = None) -> Any:
        readers = _members(cls).readers
        values = {
            found[0]: found[1](value)
            for name, value in data.items()
            if (found := readers.get(name)) is not None
        }
        return _restored(cls, values, etag)


def _restored(kind: type[Row], values: Mapping[str, Any], etag: str | None) -> Row:
    row = kind.__new__(kind)
    row.__dict__.update(values)
    object.__setattr__(row, "_Row__etag", etag)
    return row


def etag(row: Row) -> str | None:
    """The entity tag of a row that was answered alone; None of others."""
    found: str | None = getattr(row, "_Row__etag", None)
    return found


def row_of(kind: type[R], data: Mapping[str, Any], tag: str | None = None) -> R:
    """A row from decoded JSON. Members that it does not know are left out."""
    row: R = kind._read(data, tag)
    return row


# -- values ------------------------------------------------------------------------------------
Reader = Callable[[Any], Any]
_READERS: Final[Mapping[Any, Reader]] = {
    Decimal: Decimal,
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    float: float,
}


@cache
def reader(kind: Any) -> Reader:
    """What makes a value of this type from decoded JSON."""
    if kind in _READERS:
        return _READERS[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        read = reader(next(item for item in arguments if item is not type(None)))
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        read_item = reader(arguments[0])
        return lambda value: tuple(map(read_item, value))
    if isinstance(kind, type) and issubclass(kind, Row):
        return kind._read
    return lambda value: value


def decode(kind: Any, value: Any, tag: str | None = None) -> Any:
    """A value of this type from decoded JSON; the tag is that of a row."""
    if isinstance(kind, type) and issubclass(kind, Row):
        return row_of(kind, value, tag)
    return reader(kind)(value)


def attributes(kind: type[Any]) -> Mapping[str, tuple[str, Reader]]:
    """The attributes of a class and what reads them, by their names in JSON.

    A name that means something in Python has an underscore behind it here.
    """
    hints = {
        name: kind for name, kind in get_type_hints(kind).items() if name[0] != "_"
    }
    return {
        name.removesuffix("_"): (name, reader(hint)) for name, hint in hints.items()
    }


def encode(value: Any) -> bytes:
    """A value as JSON."""
    return json.dumps(
        value, default=_plain, ensure_ascii=False, allow_nan=False
    ).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, Sequence | frozenset | set):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


class _Members:
    """What a kind of row is made of."""

    def __init__(self, kind: type[Row]) -> None:
        self.readers = attributes(kind)
        self.attributes = frozenset(name for name, _ in self.readers.values())
        found = {
            name.removesuffix("_"): _target(hint)
            for name, hint in get_type_hints(kind).items()
        }
        self.relations = {
            name: target for name, target in found.items() if target is not None
        }


def _members(kind: Any) -> _Members:
    return _known(kind)


@cache
def _known(kind: Any) -> _Members:
    return _Members(kind)


def _target(hint: Any) -> type[Row] | None:
    """The rows that a relation leads to."""
    for item in (hint, *get_args(hint)):
        if isinstance(item, type) and issubclass(item, Row):
            return item
    return None


# -- filters -----------------------------------------------------------------------------------
_COMPARATORS: Final = frozenset(
    {"ne", "lt", "lte", "gt", "gte", "like", "ilike", "in", "nin", "null", "contains"}
)
_GROUPS: Final = frozenset({"any", "all", "not"})

Part = tuple[str, Any]
"""The name of a condition with its value, or that of a group with its parts."""


def conditions(kind: type[Row], where: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A filter as parameters of a query."""
    parts = list(_parts(kind, where, ""))
    if len({name for name, _ in parts}) < len(parts):
        parts = [("all", parts)]
    return [
        (name, _grouped(value) if name in _GROUPS else _text(value))
        for name, value in parts
    ]


def _parts(kind: type[Row], where: Mapping[str, Any], path: str) -> Iterator[Part]:
    members = _members(kind)
    for key, value in where.items():
        name = key.removesuffix("_")
        if key in ("any_", "all_"):
            yield name, [_one(kind, item, path) for item in value]
        elif key == "not_":
            yield name, [_one(kind, value, path)]
        elif name in members.relations:
            yield from _parts(members.relations[name], value, f"{path}{name}.")
        else:
            yield _test(members, key, path, value)


def _test(members: _Members, key: str, path: str, value: Any) -> Part:
    field, comparator = key.removesuffix("_"), "eq"
    if field not in members.readers:
        field, _, comparator = key.rpartition("_")
        field = field.removesuffix("_")
        if field not in members.readers or comparator not in _COMPARATORS:
            raise TypeError(f"{key} is nothing to filter by")
    if value is None:
        comparator, value = "null", comparator == "eq"
    plain = comparator == "eq" and field not in _GROUPS
    return f"{path}{field}" if plain else f"{path}{field}[{comparator}]", value


def _one(kind: type[Row], where: Mapping[str, Any], path: str) -> Part:
    parts = list(_parts(kind, where, path))
    if not parts:
        raise ValueError("a condition without a test")
    return parts[0] if len(parts) == 1 else ("all", parts)


def _grouped(parts: Sequence[Part]) -> str:
    if not parts:
        raise ValueError("a group without a condition")
    return f"({','.join(f'{name}={_inner(name, value)}' for name, value in parts)})"


def _inner(name: str, value: Any) -> str:
    if name in _GROUPS:
        return _grouped(value)
    return _text(value) if _several(value) else _quoted(value)


def _several(value: Any) -> bool:
    return isinstance(value, Sequence | set | frozenset) and not isinstance(value, str)


def _text(value: Any) -> str:
    if _several(value):
        return f"({','.join(map(_quoted, value))})"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _quoted(value: Any) -> str:
    escaped = _text(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
