"""What a field of some type can be tested with, and whether rows can be sorted by it."""

from charter.contract.types import ORDERED, TEXTUAL, Scalar, Type
from charter.plan.ask import Comparator

_EQUALITY = frozenset({Comparator.EQ, Comparator.NE, Comparator.IN, Comparator.NOT_IN})
_ORDER = frozenset({Comparator.LT, Comparator.LE, Comparator.GT, Comparator.GE})


def comparators_of(type_: Type, foldable: bool = False) -> frozenset[Comparator]:
    """What a field of this type can be tested with."""
    if type_.many:
        return frozenset({Comparator.CONTAINS, Comparator.NULL})
    if type_.scalar is Scalar.JSON:
        return frozenset({Comparator.NULL})
    able = _EQUALITY | {Comparator.NULL}
    if type_.scalar in ORDERED and type_.scalar is not Scalar.BOOLEAN:
        able |= _ORDER
    if type_.scalar in TEXTUAL:
        able |= {Comparator.LIKE}
    return able | {Comparator.ILIKE} if foldable else able


def sortable(type_: Type) -> bool:
    """Whether rows can be sorted by values of this type."""
    return not type_.many and type_.scalar in ORDERED
