"""The words for conditions and for values over related rows.

For type checkers they work on plain values, and on plain values they work: the same words can
be used in a command. In policies, checks and computed fields they build an expression.
Where Python and the database could differ the database's rule holds: a comparison with nothing
is false, and only `is_null` tells whether there is a value.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar, cast

from typing_extensions import TypeIs

from charter.contract.expression import (
    Compare,
    Contains,
    Function,
    Now,
    OneOf,
    Operator,
    every,
    negated,
    some,
)
from charter.contract.types import DATETIME, TEXTUAL, Type
from charter.language.rulecodes import KINDS_DIFFER, OPERATION_REFUSED
from charter.language.symbols.aggregates import aggregate
from charter.language.symbols.rows import Rows
from charter.language.symbols.session import active, refuse, report
from charter.language.symbols.traps import BROKEN, Broken, Symbol
from charter.language.symbols.values import (
    Condition,
    Value,
    condition,
    fit,
    kind_of,
    null_test,
    operand,
)

R = TypeVar("R")
N = TypeVar("N", int, float, Decimal)
T = TypeVar("T")


def _symbolic(*values: object) -> bool:
    return any(isinstance(value, Symbol) for value in values)


def all_of(*conditions: bool) -> bool:
    """Every one of the conditions holds."""
    if not _symbolic(*conditions):
        return all(conditions)
    return cast(bool, Condition(every(*map(condition, conditions))))


def any_of(*conditions: bool) -> bool:
    """At least one of the conditions holds."""
    if not _symbolic(*conditions):
        return any(conditions)
    return cast(bool, Condition(some(*map(condition, conditions))))


def not_(holds: bool) -> bool:
    """The condition does not hold."""
    return cast(bool, Condition(negated(condition(holds)))) if _symbolic(holds) else not holds


def is_null(value: object) -> bool:
    """There is no value."""
    if isinstance(value, Broken):
        return cast(bool, BROKEN)
    return cast(bool, null_test(value)) if _symbolic(value) else value is None


def is_set(value: object) -> bool:
    """There is a value."""
    return not_(is_null(value))


def value_of(value: T | None) -> T:
    """The value of something that may be nothing: `value_of(row.until) <= now()`.

    For type checkers, which refuse to order or follow what may be nothing. In a condition it
    changes nothing: with nothing a comparison is false. On a plain value, as in a command, it
    raises ValueError where there is none.
    """
    if value is None:
        raise ValueError("value_of() was given nothing: ask `is_set(…)` first")
    return value


def one_of(value: T | None, *options: T) -> bool:
    """The value equals one of the options."""
    if not _symbolic(value, *options):
        return value is not None and value in options
    if not options:
        refuse(OPERATION_REFUSED, "`one_of` needs at least one option")
    if any(isinstance(item, Broken) for item in (value, *options)):
        return cast(bool, BROKEN)
    left = operand(value)
    sides = [fit(left, operand(option)) for option in options]
    found = [side for side in sides if side is not None]
    if len(found) < len(sides):
        return cast(bool, BROKEN)
    return cast(bool, Condition(OneOf(found[0][0].node, tuple(right.node for _, right in found))))


def contains(items: Iterable[T], value: T) -> bool:
    """A list of values has the value."""
    if not _symbolic(items, value):
        return value in list(items)
    if _broken(items, value):
        return cast(bool, BROKEN)
    left = operand(items)
    if not left.type.many:
        refuse(KINDS_DIFFER, f"`contains` looks into a list of values, not {kind_of(left)}")
    item = Value(left.node, _item(left.type))
    sides = fit(operand(item), operand(value))
    return cast(bool, BROKEN if sides is None else Condition(Contains(left.node, sides[1].node)))


def like(value: str | None, pattern: str, *, ignore_case: bool = False) -> bool:
    """The whole text matches a pattern, where `*` is any text and `?` any character."""
    if not _symbolic(value, pattern):
        return value is not None and bool(
            re.fullmatch(_translated(pattern), value, re.DOTALL | (re.IGNORECASE * ignore_case))
        )
    if _broken(value, pattern):
        return cast(bool, BROKEN)
    sides = operand(value), operand(pattern)
    for side in sides:
        if side.row or side.type.many or side.type.scalar not in TEXTUAL:
            report(KINDS_DIFFER, f"`like` takes texts, not {kind_of(side)}")
            return cast(bool, BROKEN)
    operator = Operator.FOLDED_LIKE if ignore_case else Operator.LIKE
    return cast(bool, Condition(Compare(operator, sides[0].node, sides[1].node)))


def now() -> datetime:
    """The time of the request, in conditions; `default=now` gives it to a field."""
    if active() is None:
        raise RuntimeError(
            "now() is for conditions: use unit.now in a command, and default=now for a field"
        )
    return cast(datetime, Value(Now(DATETIME), DATETIME))


def count(rows: Iterable[R], where: Callable[[R], bool] | None = None) -> int:
    """How many of the rows there are, or for how many the condition holds."""
    if _over_symbols(rows):
        return cast(int, aggregate(Function.COUNT, rows, where, None))
    return sum(1 for row in rows if where is None or where(row))


def exists(rows: Iterable[R], where: Callable[[R], bool] | None = None) -> bool:
    """There is such a row."""
    if _over_symbols(rows):
        return cast(bool, aggregate(Function.EXISTS, rows, where, None))
    return any(where is None or where(row) for row in rows)


def total(rows: Iterable[R], of: Callable[[R], N], where: Callable[[R], bool] | None = None) -> N:
    """The sum over the rows, or those for which the condition holds; zero where none is."""
    if _over_symbols(rows):
        return cast(N, aggregate(Function.SUM, rows, where, of))
    return cast(N, sum(of(row) for row in rows if where is None or where(row)))


def lowest(
    rows: Iterable[R], of: Callable[[R], T], where: Callable[[R], bool] | None = None
) -> T | None:
    """The smallest value over the rows; nothing where there is no row."""
    if _over_symbols(rows):
        return cast("T | None", aggregate(Function.MIN, rows, where, of))
    return min((cast(Any, of(row)) for row in rows if where is None or where(row)), default=None)


def highest(
    rows: Iterable[R], of: Callable[[R], T], where: Callable[[R], bool] | None = None
) -> T | None:
    """The greatest value over the rows; nothing where there is no row."""
    if _over_symbols(rows):
        return cast("T | None", aggregate(Function.MAX, rows, where, of))
    return max((cast(Any, of(row)) for row in rows if where is None or where(row)), default=None)


def average(
    rows: Iterable[R],
    of: Callable[[R], int | float | Decimal],
    where: Callable[[R], bool] | None = None,
) -> float | None:
    """The mean over the rows; nothing where there is no row."""
    if _over_symbols(rows):
        return cast("float | None", aggregate(Function.AVG, rows, where, of))
    values = [float(of(row)) for row in rows if where is None or where(row)]
    return sum(values) / len(values) if values else None


def _broken(*values: object) -> bool:
    return any(isinstance(value, Broken) for value in values)


def _over_symbols(rows: object) -> TypeIs[Rows | Broken]:
    if isinstance(rows, Rows | Broken):
        return True
    if isinstance(rows, Symbol):
        refuse(OPERATION_REFUSED, f"this word takes a list of related rows, not {rows._kind()}")
    return False


def _item(kind: Type) -> Type:
    return replace(kind, many=False, min_items=None, max_items=None)


def _translated(pattern: str) -> str:
    parts = {"*": ".*", "?": "."}
    return "".join(parts.get(letter) or re.escape(letter) for letter in pattern)
