"""Types of values, with their bounds."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Scalar(StrEnum):
    """The kinds of value that a field, an input or a payload can have."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    FLOAT = "float"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    UUID = "uuid"
    EMAIL = "email"
    URL = "url"
    CHOICE = "choice"
    JSON = "json"


Bound = int | float | Decimal

TEXTUAL = frozenset({Scalar.TEXT, Scalar.EMAIL, Scalar.URL, Scalar.CHOICE})
NUMERIC = frozenset({Scalar.INTEGER, Scalar.FLOAT, Scalar.DECIMAL})
ORDERED = NUMERIC | TEXTUAL | {Scalar.DATE, Scalar.DATETIME, Scalar.UUID, Scalar.BOOLEAN}

MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)
DEFAULT_TEXT_LENGTH = 100_000
"""Characters that a text without `max_length` may have: nothing a client controls is unbounded."""
DEFAULT_LIST_LENGTH = 1_000
DEFAULT_DIGITS = 18
DEFAULT_PLACES = 6
"""Digits of a decimal that does not say how many it has: all of them, and those after the point."""


@dataclass(frozen=True, slots=True)
class Type:
    """A scalar with its bounds, or (`many`) a list of such scalars.

    Lengths count characters for text. For a list, `min_items` and `max_items` bound the list
    and all other bounds hold for each item. `digits` and `places` are those of a decimal:
    all digits, and those after the point.
    """

    scalar: Scalar
    many: bool = False
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    ge: Bound | None = None
    gt: Bound | None = None
    le: Bound | None = None
    lt: Bound | None = None
    digits: int | None = None
    places: int | None = None
    choices: tuple[str, ...] = ()
    min_items: int | None = None
    max_items: int | None = None
    lower: bool = False
    """A text is kept in small letters, so that its case makes no difference."""


TEXT = Type(Scalar.TEXT)
INTEGER = Type(Scalar.INTEGER)
BOOLEAN = Type(Scalar.BOOLEAN)
FLOAT = Type(Scalar.FLOAT)
DATETIME = Type(Scalar.DATETIME)
UUID = Type(Scalar.UUID)


def places_of(kind: Type) -> int:
    """How many digits a number of this type has after the point; 0 for an integer."""
    if kind.scalar is not Scalar.DECIMAL:
        return 0
    return DEFAULT_PLACES if kind.places is None else kind.places


def digits_of(kind: Type) -> int:
    """How many digits a decimal of this type has in all."""
    return DEFAULT_DIGITS if kind.digits is None else kind.digits
