"""Names of a contract as GraphQL spells them, each of which leads back by a look-up."""

import re
from collections.abc import Iterable, Mapping

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_NOT_IN_ENUMS = frozenset({"true", "false", "null"})


def camel(name: str) -> str:
    """`order_line` → `orderLine`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def constant(name: str) -> str:
    """`created_at` → `CREATED_AT`."""
    return name.upper()


def capital(name: str) -> str:
    """`orderLine` → `OrderLine`."""
    return name[:1].upper() + name[1:]


def spelled(names: Iterable[str]) -> Mapping[str, str]:
    """The names in camel case by their own. Two that would be one keep their own spelling."""
    known = list(names)
    found: dict[str, str] = {}
    spellings = [camel(name) for name in known]
    for name, spelling in zip(known, spellings, strict=True):
        clear = spellings.count(spelling) == 1 and not spelling.startswith("__")
        found[name] = spelling if clear else name
    return found


def is_enum(choices: Iterable[str]) -> bool:
    """Whether the choices of a field can be the values of an enum type."""
    return all(
        _NAME.fullmatch(choice) is not None
        and not choice.startswith("__")
        and choice not in _NOT_IN_ENUMS
        for choice in choices
    )


class Taken:
    """Names that are given out once each."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = set(names)

    def new(self, name: str, other: str) -> str:
        """The name, or where it is taken the other one, with a number if need be."""
        found, number = name, 2
        while found in self._names:
            found = other if number == 2 else f"{other}{number}"
            number += 1
        self._names.add(found)
        return found
