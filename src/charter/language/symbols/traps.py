"""The base of symbolic values: refuses what Python would answer dishonestly."""

from collections.abc import Iterator
from typing import Any, NoReturn

from charter.language.rulecodes import OPERATION_REFUSED, TRUTH_REFUSED
from charter.language.symbols.constructs import asked_by
from charter.language.symbols.session import refuse

_BRACKETS = "Comparisons need brackets beside `&` and `|`: `(a == b) & (c == d)`."


def _number(self: "Symbol", *_: object) -> Any:
    refuse(OPERATION_REFUSED, f"{self._kind()} cannot be made a number",
           "Compare the value itself.")  # fmt: skip


def _arithmetic(self: "Symbol", *_: object) -> Any:
    refuse(
        OPERATION_REFUSED,
        f"this operator cannot be used on {self._kind()}; numbers have `+`, `-` and `*`, "
        "and databases do not agree on the others",
    )


def _bitwise(self: "Symbol", *_: object) -> Any:
    refuse(OPERATION_REFUSED, f"`&`, `|` and `~` need conditions, not {self._kind()}",
           _BRACKETS)  # fmt: skip


def _order(self: "Symbol", *_: object) -> Any:
    refuse(OPERATION_REFUSED, f"{self._kind()} cannot be compared like this")


# Typed Any, so that those values that have an operator can define it as they need it.
_NUMBER: Any = _number
_ARITHMETIC: Any = _arithmetic
_BITWISE: Any = _bitwise
_ORDER: Any = _order


class Symbol:
    """Stands for what the database will find. Its own names begin with an underscore."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:  # noqa: PLE0304 - it never answers
        construct = asked_by()
        if construct is None:
            refuse(TRUTH_REFUSED, "this asks a condition whether it holds, before there is a row")
        refuse(
            TRUTH_REFUSED,
            f"{construct.name} asks a condition whether it holds, before there is a row",
            construct.remedy,
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        refuse(
            OPERATION_REFUSED,
            f"`.{name}` is not known of {self._kind()}: its methods and parts are not there yet",
        )

    def _kind(self) -> str:
        return "a value of a row"

    def __len__(self) -> NoReturn:  # noqa: PLE0303
        refuse(OPERATION_REFUSED, "`len()` cannot count before there are rows",
               "Write `count(rows)`.")  # fmt: skip

    def __iter__(self) -> Iterator[Any]:
        refuse(
            OPERATION_REFUSED,
            f"{self._kind()} cannot be iterated: a loop would run before there are rows",
            "Write `count`, `total`, `lowest`, `highest`, `average` or `exists`; "
            "`contains(items, x)` for a list of values.",
        )

    def __contains__(self, item: object) -> NoReturn:
        refuse(OPERATION_REFUSED, "`in` would be answered before there is a row",
               "Write `contains(items, x)`, or `exists(rows, lambda row: …)`.")  # fmt: skip

    def __getitem__(self, key: object) -> NoReturn:
        refuse(OPERATION_REFUSED, f"{self._kind()} cannot be indexed with `[ ]`")

    def __call__(self, *arguments: object, **named: object) -> Any:
        refuse(OPERATION_REFUSED, f"{self._kind()} cannot be called")

    def __hash__(self) -> int:  # noqa: PLE0309
        refuse(OPERATION_REFUSED, f"{self._kind()} cannot be in a set or be a key",
               "Write `one_of(x, a, b)`.")  # fmt: skip

    def __str__(self) -> str:  # noqa: PLE0307
        refuse(OPERATION_REFUSED, f"{self._kind()} cannot be made a text (`str()`, an f-string)",
               "Compare the value itself.")  # fmt: skip

    def __format__(self, spec: str) -> str:
        return self.__str__()

    def __repr__(self) -> str:
        return f"<{self._kind()}>"

    __int__ = __float__ = __index__ = __complex__ = __round__ = __trunc__ = _NUMBER
    __floor__ = __ceil__ = _NUMBER

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _ARITHMETIC
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _ARITHMETIC
    __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __pow__ = __rpow__ = _ARITHMETIC
    __matmul__ = __rmatmul__ = __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _ARITHMETIC
    __xor__ = __rxor__ = __neg__ = __pos__ = __abs__ = _ARITHMETIC

    __and__ = __rand__ = __or__ = __ror__ = __invert__ = _BITWISE

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _ORDER


def _same(self: "Symbol", *_: object) -> Any:
    return self


_SAME: Any = _same


class Broken(Symbol):
    """What a fault left behind: takes everything, so that the run finds the next fault too."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments: object, **named: object) -> Any:
        return self

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _SAME
    __and__ = __rand__ = __or__ = __ror__ = __invert__ = _SAME
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = _SAME
    __hash__ = Symbol.__hash__


BROKEN = Broken()
