"""Settings of many things of one kind: a table for each, read into a class."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar

import msgspec

from charter.core.names import nearest

MOST = 50
LONGEST_NAME = 40


T = TypeVar("T")


def read_table(cls: type[T], name: str, table: Any, where: str) -> T:
    """The value that a table makes; `name` is its field `name`. ValueError, with where and what
    is wrong and no value, for members that are unknown, missing or of another type."""
    if not isinstance(table, Mapping):
        raise ValueError(f"{where}: a table is expected")
    if not is_dataclass(cls):
        raise TypeError("a dataclass is expected")
    known = {item.name: item for item in fields(cls) if item.name != "name"}
    for member in table:
        if member not in known:
            like = nearest(str(member), known)
            hint = f"; did you mean {like}?" if like else ""
            raise ValueError(f"{where}: there is no setting {member!r}{hint}")
    for item in known.values():
        required = item.default is MISSING and item.default_factory is MISSING
        if required and item.name not in table:
            raise ValueError(f"{where}: {item.name} is missing")
    try:
        made: T = msgspec.convert({"name": name, **table}, cls)
    except msgspec.ValidationError as error:
        raise ValueError(f"{where}: {error}") from None
    return made


def check_tables(tables: Mapping[str, Any], where: str) -> None:
    """ValueError where there are too many, or a name is not one for a path of an address."""
    if len(tables) > MOST:
        raise ValueError(f"{where}: {len(tables)} tables; at most {MOST} are accepted")
    for name in tables:
        plain = name.replace("-", "").replace("_", "")
        if not (plain.isascii() and plain.isalnum() and name.islower() and len(name) <= 40):
            raise ValueError(f"{where}: {name!r} is not a name of lower-case letters and digits")
