"""What is wrong with a value, before it is known where the value stands."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from charter.core.codes import WRONG_TYPE
from charter.core.problems import Code, Flaw


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that is wrong with a value; `where` is a JSON Pointer within it."""

    code: Code
    message: str
    where: str = ""


class Unfit(Exception):
    """A value is not one of its type."""

    def __init__(self, *misfits: Misfit) -> None:
        self.misfits = misfits
        super().__init__("; ".join(item.message for item in misfits))

    def at(self, place: str) -> tuple[Flaw, ...]:
        """The flaws of a value that stands at this JSON Pointer."""
        return tuple(
            Flaw(item.code.name, item.message, pointer=place + item.where) for item in self.misfits
        )

    def of(self, parameter: str) -> tuple[Flaw, ...]:
        """The flaws of a value that this query parameter gives."""
        return tuple(
            Flaw(item.code.name, item.message, parameter=parameter) for item in self.misfits
        )


def unfit(code: Code, message: str) -> Unfit:
    return Unfit(Misfit(code, message))


def named(value: Any) -> str:
    """What kind of JSON value this is, as a message says it."""
    if value is None:
        return "null"
    return _KINDS.get(type(value), "another value")


_KINDS: dict[type, str] = {
    str: "text",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    Decimal: "a number",
    list: "a list",
    dict: "an object",
}


def wrong(expected: str, value: Any) -> Unfit:
    return unfit(WRONG_TYPE, f"{expected} is expected, not {named(value)}")
