"""Expressions over a row, its relations, the actor and the new values.

One tree serves policies, row checks, computed fields and filters. Its logic has two values:
a comparison with nothing (null, or an actor that is nobody) is false, `ne` is the opposite of
`eq`, and only `IsNull` tells whether there is a value.

Rows are named by scope numbers: `ROW` is the row in question, `NEW` the same row with the
values that a write gives it, and every `Aggregate` brings its related rows in under a number
of its own (from 2 upwards, unique within one expression).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from charter.contract.types import Type

ROW = 0
NEW = 1

Value = str | int | float | bool | Decimal | date | datetime | UUID | None


class Operator(StrEnum):
    """Comparisons. LIKE takes a pattern with `*` and `?`; FOLDED_LIKE ignores case."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    LIKE = "like"
    FOLDED_LIKE = "ilike"


class Function(StrEnum):
    """What an aggregate works out over the related rows."""

    EXISTS = "exists"
    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    AVG = "avg"


class FactName(StrEnum):
    """What can be asked of an actor and its request before any row is read."""

    MFA = "mfa"
    """It signed in with two kinds of factor."""
    SIGNED_IN_WITH = "signed_in_with"
    """The argument, a method of authentication, was one of those it signed in with."""
    SIGNED_IN_WITHIN = "signed_in_within"
    """It signed in at most so many seconds ago as the argument says."""
    ADDRESS_IN = "address_in"
    """The request comes from one of the networks in the argument."""
    MACHINE = "is_machine"
    """It is a program: it came with an API key or with credentials of its own."""


class Arithmetic(StrEnum):
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"


@dataclass(frozen=True, slots=True)
class Constant:
    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of the request, by its place among the values of the ask."""

    index: int
    type: Type


@dataclass(frozen=True, slots=True)
class Column:
    """A stored or computed field, reached from a row over any number of to-one relations."""

    scope: int
    path: tuple[str, ...]
    field: str
    type: Type


@dataclass(frozen=True, slots=True)
class ActorId:
    """The identifier of the actor; null for nobody."""

    type: Type


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the actor's token; null where it is absent or has another type."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Now:
    """The time of the request."""

    type: Type


@dataclass(frozen=True, slots=True)
class HasRole:
    """Whether the actor has a role. Known before any row is read, as is `Authenticated`."""

    role: str


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Whether the actor is somebody."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the actor and its request that is known before any row is read."""

    name: FactName
    argument: str | int | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ActorTenant:
    """The key of the tenant that the actor acts for; null where there is none."""

    type: Type


@dataclass(frozen=True, slots=True)
class Truth:
    """Always, or never."""

    value: bool


@dataclass(frozen=True, slots=True)
class Compare:
    operator: Operator
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The left side equals one of the options."""

    left: "Expression"
    options: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class OneOfSlot:
    """The left side equals one item of a list that the request gives."""

    left: "Expression"
    slot: Slot


@dataclass(frozen=True, slots=True)
class Contains:
    """A list has an item that equals the right side."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class IsNull:
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Compute:
    """Arithmetic on numbers; null where either side is null."""

    operator: Arithmetic
    left: "Expression"
    right: "Expression"
    type: Type


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A value over the rows that `path` leads to from the row `start`.

    `path` is one or more relation names. The related rows have the number `scope` in `where`
    and `value`. COUNT and EXISTS have no `value`; SUM over no rows is zero; MIN, MAX and AVG
    over no rows are null.
    """

    function: Function
    start: int
    path: tuple[str, ...]
    scope: int
    where: "Expression | None"
    value: "Expression | None"
    type: Type


@dataclass(frozen=True, slots=True)
class Masked:
    """The value where a condition holds, else null."""

    value: "Expression"
    visible: "Expression"
    type: Type


@dataclass(frozen=True, slots=True)
class Search:
    """Every word of a text is in one of some search fields of the row, whatever its case.

    The slot holds the folded words.
    """

    scope: int
    fields: tuple[str, ...]
    slot: Slot


Expression = (
    Constant
    | Slot
    | Column
    | ActorId
    | Claim
    | Now
    | HasRole
    | Authenticated
    | Fact
    | ActorTenant
    | Truth
    | Compare
    | OneOf
    | OneOfSlot
    | Contains
    | IsNull
    | AllOf
    | AnyOf
    | Not
    | Compute
    | Aggregate
    | Masked
    | Search
)

ALWAYS = Truth(True)
NEVER = Truth(False)


def every(*parts: Expression) -> Expression:
    """All of the parts hold; simplified where a part is known."""
    kept: list[Expression] = []
    for part in parts:
        if part == NEVER:
            return NEVER
        if isinstance(part, AllOf):
            kept.extend(part.parts)
        elif part != ALWAYS:
            kept.append(part)
    unique = tuple(dict.fromkeys(kept))
    return unique[0] if len(unique) == 1 else AllOf(unique) if unique else ALWAYS


def some(*parts: Expression) -> Expression:
    """At least one of the parts holds; simplified where a part is known."""
    kept: list[Expression] = []
    for part in parts:
        if part == ALWAYS:
            return ALWAYS
        if isinstance(part, AnyOf):
            kept.extend(part.parts)
        elif part != NEVER:
            kept.append(part)
    unique = tuple(dict.fromkeys(kept))
    return unique[0] if len(unique) == 1 else AnyOf(unique) if unique else NEVER


def negated(part: Expression) -> Expression:
    """The part does not hold; simplified where it is known."""
    if isinstance(part, Truth):
        return Truth(not part.value)
    return part.operand if isinstance(part, Not) else Not(part)


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression, left to right."""
    match expression:
        case Compare(_, left, right) | Contains(left, right) | Compute(_, left, right):
            return (left, right)
        case OneOf(left, options):
            return (left, *options)
        case OneOfSlot(left, slot):
            return (left, slot)
        case IsNull(operand) | Not(operand):
            return (operand,)
        case AllOf(parts) | AnyOf(parts):
            return parts
        case Aggregate(where=where, value=value):
            return tuple(part for part in (where, value) if part is not None)
        case Masked(value, visible):
            return (value, visible)
        case Search(slot=slot):
            return (slot,)
        case _:
            return ()


def walk(expression: Expression) -> list[Expression]:
    """The expression and all its parts, outermost first."""
    found = [expression]
    for part in children(expression):
        found.extend(walk(part))
    return found


def mentions(expression: Expression, scope: int) -> bool:
    """Whether any part speaks of the row with this scope number."""
    return any(
        (isinstance(part, Column | Search) and part.scope == scope)
        or (isinstance(part, Aggregate) and part.start == scope)
        for part in walk(expression)
    )


def type_of(expression: Expression) -> Type | None:
    """The type of the value, or None for what is simply true or false."""
    kind: Any = getattr(expression, "type", None)
    return kind if isinstance(kind, Type) else None
