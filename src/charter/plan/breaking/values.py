"""Whether what one type lets through another does: in requests, and in answers.

Both sides are JSON values as the OpenAPI document describes them. What is not proved to be let
through is told.
"""

from collections.abc import Iterator
from decimal import Decimal

from charter.contract.types import (
    DEFAULT_LIST_LENGTH,
    DEFAULT_TEXT_LENGTH,
    MAX_INTEGER,
    MIN_INTEGER,
    NUMERIC,
    Scalar,
    Type,
    digits_of,
    places_of,
)

_TEXTS = frozenset(
    {
        Scalar.TEXT, Scalar.EMAIL, Scalar.URL, Scalar.UUID, Scalar.DATE, Scalar.DATETIME,
        Scalar.CHOICE,
    }
)  # fmt: skip
"""What is a JSON string both in requests and in answers; a decimal is one in answers only."""
_LENGTHS = frozenset({Scalar.TEXT, Scalar.EMAIL, Scalar.URL})

Limit = tuple[Decimal, bool]
"""A bound, and whether it is itself outside."""


def refused(old: Type, new: Type) -> tuple[str, ...]:
    """How the new type refuses values in requests that the old one takes; () where it never does.

    Each is the end of a sentence that begins with the name of the value.
    """
    if old.many != new.many:
        return (f"is {named(new)} now, and was {named(old)}",)
    found = tuple(_refused_items(old, new))
    return (*found, *_refused_sizes(old, new)) if old.many else found


def unforeseen(old: Type, new: Type) -> tuple[str, ...]:
    """How answers of the new type are no answers of the old one; () where all of them are."""
    if old.many != new.many:
        return (f"is {named(new)} now, and was {named(old)}",)
    if old.scalar is not new.scalar:
        return () if _fits_shown(old, new) else (f"is {named(new)} now, and was {named(old)}",)
    if old.scalar is Scalar.CHOICE and (added := _listed(new.choices, old.choices)):
        return (f"can be {added}",)
    if old.scalar is Scalar.DECIMAL and places_of(old) != places_of(new):
        return (f"has {places_of(new)} places, and had {places_of(old)}",)
    return ()


def named(kind: Type) -> str:
    """`a list of integer`, `text`."""
    return f"a list of {kind.scalar.value}" if kind.many else kind.scalar.value


def _fits_shown(old: Type, new: Type) -> bool:
    match old.scalar:
        case Scalar.JSON:
            return True
        case Scalar.TEXT:
            return new.scalar in _TEXTS | {Scalar.DECIMAL}
        case Scalar.FLOAT:
            return new.scalar is Scalar.INTEGER
        case _:
            return False


def _refused_items(old: Type, new: Type) -> Iterator[str]:
    if old.scalar is not new.scalar:
        if not _takes_all(old, new):
            yield f"is {named(new)} now, and was {named(old)}"
    elif old.scalar is Scalar.CHOICE:
        if gone := _listed(old.choices, new.choices):
            yield f"can no longer be {gone}"
    elif old.scalar in _LENGTHS:
        yield from _refused_texts(old, new)
    elif old.scalar in NUMERIC:
        yield from _refused_numbers(old, new)


def _takes_all(old: Type, new: Type) -> bool:
    """Whether a type takes every value of another scalar."""
    if new.scalar is Scalar.JSON:
        return True
    bare = new.min_length is None and new.max_length is None and new.pattern is None
    if new.scalar is Scalar.TEXT and old.scalar in _TEXTS:
        return bare
    unbounded = all(bound is None for bound in (new.ge, new.gt, new.le, new.lt))
    return new.scalar is Scalar.FLOAT and old.scalar is Scalar.INTEGER and unbounded


def _refused_texts(old: Type, new: Type) -> Iterator[str]:
    longest = (_most(old.max_length), _most(new.max_length))
    if longest[1] < longest[0]:
        yield f"has at most {longest[1]} characters now, and had {longest[0]}"
    if (new.min_length or 0) > (old.min_length or 0):
        yield f"has at least {new.min_length} characters now, and had {old.min_length or 0}"
    if new.pattern is not None and new.pattern != old.pattern:
        yield f"has to match `{new.pattern}` now"


def _most(length: int | None) -> int:
    return DEFAULT_TEXT_LENGTH if length is None else length


def _refused_numbers(old: Type, new: Type) -> Iterator[str]:
    low, lower = _lower(old), _lower(new)
    if lower is not None and (low is None or lower > low):
        yield f"is {'more than' if lower[1] else 'at least'} {_number(lower[0])} now"
    high, upper = _upper(old), _upper(new)
    if upper is not None and (high is None or _height(upper) < _height(high)):
        yield f"is {'less than' if upper[1] else 'at most'} {_number(upper[0])} now"
    if old.scalar is Scalar.DECIMAL:
        yield from _refused_digits(old, new)


def _refused_digits(old: Type, new: Type) -> Iterator[str]:
    places = places_of(old), places_of(new)
    if places[1] < places[0]:
        yield f"has at most {places[1]} places now, and had {places[0]}"
    whole = digits_of(old) - places[0], digits_of(new) - places[1]
    if whole[1] < whole[0]:
        yield f"has at most {whole[1]} digits before the point now, and had {whole[0]}"


def _lower(kind: Type) -> Limit | None:
    """The lower bound in an order in which a greater one is stricter."""
    limits = [(Decimal(str(kind.ge)), False)] if kind.ge is not None else []
    limits += [(Decimal(str(kind.gt)), True)] if kind.gt is not None else []
    if kind.scalar is Scalar.INTEGER:
        limits = [(limit + 1 if strict else limit, False) for limit, strict in limits]
        limits.append((Decimal(MIN_INTEGER), False))
    return max(limits, default=None)


def _upper(kind: Type) -> Limit | None:
    """The upper bound; of two that are the same, the one that is itself outside is stricter."""
    limits = [(Decimal(str(kind.le)), False)] if kind.le is not None else []
    limits += [(Decimal(str(kind.lt)), True)] if kind.lt is not None else []
    if kind.scalar is Scalar.INTEGER:
        limits = [(limit - 1 if strict else limit, False) for limit, strict in limits]
        limits.append((Decimal(MAX_INTEGER), False))
    return min(limits, key=_height, default=None)


def _height(limit: Limit) -> tuple[Decimal, bool]:
    return limit[0], not limit[1]


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _refused_sizes(old: Type, new: Type) -> Iterator[str]:
    most = tuple(
        DEFAULT_LIST_LENGTH if kind.max_items is None else kind.max_items for kind in (old, new)
    )
    if most[1] < most[0]:
        yield f"has at most {most[1]} items now, and had {most[0]}"
    if (new.min_items or 0) > (old.min_items or 0):
        yield f"has at least {new.min_items} items now, and had {old.min_items or 0}"


def _listed(these: tuple[str, ...], without: tuple[str, ...]) -> str:
    return ", ".join(f"`{item}`" for item in these if item not in without)
