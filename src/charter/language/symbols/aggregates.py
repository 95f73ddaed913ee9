"""Values over related rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from charter.contract.expression import ALWAYS, Aggregate, Function, every
from charter.contract.types import BOOLEAN, FLOAT, INTEGER, NUMERIC, ORDERED, Scalar, Type
from charter.language.rulecodes import OPERATION_REFUSED
from charter.language.symbols.rows import Row, Rows, own_tenant
from charter.language.symbols.session import current, refuse
from charter.language.symbols.traps import BROKEN, Broken
from charter.language.symbols.values import (
    MAX_DIGITS,
    Condition,
    Operand,
    Value,
    condition,
    kind_of,
    operand,
)

_SUM_DIGITS = 10
"""Decimal digits that a sum may have more than its parts."""


def _bare(kind: Type) -> Type:
    """A type without the bounds of the field it came from."""
    return Type(kind.scalar, digits=kind.digits, places=kind.places, choices=kind.choices)


def _sum_type(kind: Type) -> Type:
    if kind.scalar is not Scalar.DECIMAL:
        return Type(kind.scalar)
    return replace(_bare(kind), digits=min(MAX_DIGITS, (kind.digits or MAX_DIGITS) + _SUM_DIGITS))


_RESULTS: dict[Function, Callable[[Type], Type]] = {
    Function.SUM: _sum_type,
    Function.MIN: _bare,
    Function.MAX: _bare,
    Function.AVG: lambda _: FLOAT,
}


def _check_value(function: Function, side: Operand) -> None:
    wanted = ORDERED if function in {Function.MIN, Function.MAX} else NUMERIC
    if side.row or side.type.many or side.type.scalar not in wanted:
        refuse(OPERATION_REFUSED, f"{function.value} cannot be worked out over {kind_of(side)}")


def aggregate(
    function: Function,
    rows: Rows | Broken,
    where: Callable[[Any], Any] | None,
    of: Callable[[Any], Any] | None,
) -> Any:
    """An aggregate over related rows: a condition for EXISTS, a value for the others."""
    if isinstance(rows, Broken):
        return BROKEN
    scope = current().new_scope()
    related = Row(rows._resource, scope)
    tenant = own_tenant(rows._of, rows._resource, scope)
    held = tenant if where is None else every(tenant, condition(where(related)))
    kind, value = (BOOLEAN if function is Function.EXISTS else INTEGER), None
    if of is not None:
        worked_out = of(related)
        if isinstance(worked_out, Broken):
            return BROKEN
        side = operand(worked_out)
        _check_value(function, side)
        kind, value = _RESULTS[function](side.type), side.node
    given = None if where is None and held == ALWAYS else held
    node = Aggregate(function, rows._scope, rows._path, scope, given, value, kind)
    return Condition(node) if function is Function.EXISTS else Value(node, kind)
