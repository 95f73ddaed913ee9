"""What a class body says about a field: `field`, `owned`, `inverse`, `linked`, `computed`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, Literal, TypedDict, TypeVar, overload

from typing_extensions import Unpack

from charter.contract.types import Bound

T = TypeVar("T")


class Missing(Enum):
    """The default of a field that has none."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class Options(TypedDict, total=False):
    """What a field can say besides its type and default."""

    min_length: int
    """Characters of a text."""
    max_length: int
    ge: Bound
    gt: Bound
    le: Bound
    lt: Bound
    pattern: str
    """A regular expression that the whole text must match."""
    digits: int
    """All digits of a Decimal."""
    places: int
    """Those of its digits that stand after the point."""
    min_items: int
    max_items: int
    unique: bool
    search: bool
    """Part of the text search over the resource."""
    set_by: Literal["client", "once", "commands"]
    write_only: bool
    """Taken from clients, never shown."""
    hidden: bool
    """Known to commands and policies only."""
    on_delete: Literal["restrict", "cascade", "set_null"]
    was: str
    """The field's name of before: what is stored under it stays."""
    column: str
    """What the column of an existing table is called."""
    stored: str
    """How that column stores values: `number`, `text`, `scaled`, `naive`, `iso`, `unix`,
    `unix_ms`, `hex`, `bytes`, `enum` (MySQL), or `enum:` and the name of the enum type."""
    doc: str


NO_OPTIONS: Options = {}


@dataclass(frozen=True, slots=True)
class FieldWord:
    default: object
    options: Options


@dataclass(frozen=True, slots=True)
class ListWord:
    """`owned`, `inverse` or `linked`; `other` names the field on the other side.

    `pairs` are the existing table of a many-to-many relation and its columns, as far as they are
    said: the table, that of this row's key, and that of the other's.
    """

    kind: Literal["owned", "inverse", "linked"]
    other: str | None
    doc: str
    pairs: tuple[str | None, str | None, str | None] = (None, None, None)


@dataclass(frozen=True, slots=True)
class ComputedWord:
    expression: Callable[[Any], object]
    doc: str
    stored: bool = False


Word = FieldWord | ListWord | ComputedWord
WORDS: Final = (FieldWord, ListWord, ComputedWord)
NO_WORDS: Mapping[str, object] = MappingProxyType({})


@overload
def field(**options: Unpack[Options]) -> Any: ...
@overload
def field(*, default: None, **options: Unpack[Options]) -> Any: ...
@overload
def field(*, default: Callable[[], T], **options: Unpack[Options]) -> T: ...
@overload
def field(*, default: T, **options: Unpack[Options]) -> T: ...
def field(*, default: object = MISSING, **options: Unpack[Options]) -> Any:
    """Says more about a field than its type: see `Options`.

    `default` is the value of a row that does not give one; `default=now` is the time of the
    request.
    """
    return FieldWord(default, options)


def owned(other: str | None = None, *, doc: str = "", init: Literal[False] = False) -> Any:
    """The parts of this row: written with it in one transaction, and deleted with it.

    `other` names their reference to this row, where they have several.
    """
    return ListWord("owned", other, doc)


def inverse(other: str | None = None, *, doc: str = "", init: Literal[False] = False) -> Any:
    """The rows that refer to this one; `other` names their reference, where there are several."""
    return ListWord("inverse", other, doc)


def linked(
    other: str | None = None,
    *,
    table: str | None = None,
    near: str | None = None,
    far: str | None = None,
    doc: str = "",
    init: Literal[False] = False,
) -> Any:
    """A many-to-many relation; `other` names its other side, where there are several.

    An existing `table` of pairs has this row's key in the column `near` and that of the other
    row in `far`; one side says so.
    """
    return ListWord("linked", other, doc, (table, near, far))


def computed(
    expression: Callable[[Any], object],
    *,
    stored: bool = False,
    doc: str = "",
    init: Literal[False] = False,
) -> Any:
    """A value that the database works out from the row and its relations on every read.

    With `stored` it is a generated column: worked out from the fields of its own row whenever
    that is written, so that it can be part of an index.
    """
    return ComputedWord(expression, doc, stored)
