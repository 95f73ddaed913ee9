"""A resource while it is drafted: its class, the columns as they were read, names given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from charter.contract.types import Scalar
from charter.core.names import plural, snake
from charter.sql.identity.tables import CREDENTIALS
from charter.sql.names import FOLDED
from charter.sql.schema import Column, Table
from charter.understand import eye
from charter.understand.draft import Attribute, Concern
from charter.understand.fields import Read, read_column
from charter.understand.found import Found
from charter.understand.names import Given, class_name
from charter.understand.says import ColumnSays, Says, says_of
from charter.understand.tables import Key, Keyed, Sorted, numbered
from charter.understand.words import words_of

USERS = "users"
"""The table of the built-in User, where Charter made it and nobody has accounts."""
_OF_ACCOUNTS = frozenset({"name", "email", "email_verified"})
_STAMPS = frozenset({"created_at", "updated_at", "version"})


class Meaning(Enum):
    """What the rows of a resource are besides rows."""

    ROWS = "rows"
    ACCOUNTS = "accounts"
    USER = "user"
    """They are those of the built-in User: the contract does not say them."""


@dataclass(slots=True)
class Sketch:
    """One resource. `attributes` is by column for those of columns, in their order.

    `own`: Charter has made the table, so nothing has to be said of how it is called.
    """

    table: Table
    key: Key
    name: str
    plural: str | None
    own: bool
    says: Says
    reads: Mapping[str, Read]
    stamps: Mapping[str, str]
    stamps_stored: str
    read_only: bool
    given: Given = field(default_factory=Given)
    fields: dict[str, str] = field(default_factory=dict)
    """What each column is called in the contract: a reference by its relation."""
    references: set[str] = field(default_factory=set)
    attributes: list[Attribute] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    part: bool = False
    meaning: Meaning = Meaning.ROWS

    @property
    def snake(self) -> str:
        return snake(self.name)

    def concern(self, name: str, what: str, why: str) -> None:
        place = f"{self.name}.{name}" if name else self.name
        self.concerns.append(Concern(place, what, why))


def sketches(
    found: Found, tables: Sorted, words: Mapping[str, Sequence[str]], classes: Given
) -> dict[str, Sketch]:
    """Every resource by its table, with a class name made of its words, and its columns read."""
    paths = Given(("auth", "batch", "can"))
    made = {}
    for item in tables.keyed:
        table, own = item.table, item.table.name in found.made
        meaning = _meaning(found, table.name) if own else Meaning.ROWS
        user = meaning is Meaning.USER
        name = "User" if user else class_name(words[table.name], classes)
        said = says_of(found, table)
        reads = {
            column.name: read_column(found, table, column, _said(said, column))
            for column in table.columns
        }
        if own:
            reads = {column: replace(read, stored="") for column, read in reads.items()}
        stamps, stored = ({}, "") if own else _stamps(_free(reads, item))
        made[table.name] = Sketch(
            table,
            item.key,
            name,
            _path(name, table.name, paths, own=own),
            own,
            said,
            reads,
            stamps,
            stored,
            not own and any(_needed(found, item.key, table, read) for read in reads.values()),
            meaning=meaning,
        )
    return made


def _meaning(found: Found, table: str) -> Meaning:
    """What the rows of a table that Charter has made are."""
    credentials = found.schema.table_named.get(CREDENTIALS.name)
    targets = {key.target for key in credentials.foreign_keys} if credentials is not None else set()
    if table in targets:
        return Meaning.ACCOUNTS
    return Meaning.USER if table == USERS and not targets else Meaning.ROWS


def _said(says: Says, column: Column) -> ColumnSays:
    return says.columns.get(column.name.lower(), ColumnSays())


def _path(name: str, table: str, paths: Given, *, own: bool) -> str | None:
    """The plural of a resource where it is not what its name makes."""
    made = plural(snake(name))
    if own and made != table:
        return table
    taken = paths.take(made)
    return None if taken == made else taken


def _free(reads: Mapping[str, Read], item: Keyed) -> dict[str, Read]:
    """The columns that have no part in a key or a reference, and are never null."""
    bound = {column for key in item.table.foreign_keys for column in key.columns}
    bound.add(item.key.column)
    return {k: read for k, read in reads.items() if k not in bound and not read.column.nullable}


def _stamps(reads: Mapping[str, Read]) -> tuple[dict[str, str], str]:
    """The columns for the times of a row and the count of its changes, and how times are kept.

    Both times are stored alike; one that is not is a field like any other.
    """
    found: dict[str, str] = {}
    stored: str | None = None
    for word, names in (("created_at", eye.CREATED), ("updated_at", eye.UPDATED)):
        for column, read in reads.items():
            time = read.type is not None and read.type.scalar is Scalar.DATETIME
            named = "_".join(words_of(column)) in names
            if time and named and word not in found and stored in {None, read.stored}:
                found[word] = column
                stored = read.stored
    for column, read in reads.items():
        counts = read.type is not None and read.type.scalar is Scalar.INTEGER
        if counts and "_".join(words_of(column)) in eye.VERSION:
            found.setdefault("version", column)
    return found, stored or ""


def _needed(found: Found, key: Key, table: Table, read: Read) -> bool:
    """Whether no row can be written without a value that the contract does not have."""
    column = read.column
    fills = column.nullable or column.default is not None or column.identity
    left = read.type is None and column.name != key.column
    return left and not fills and not numbered(found.dialect, table, column)


def folded(sketch: Sketch, column: str) -> bool:
    """Whether Charter keeps the text of another column here, for searching it."""
    base = column.removesuffix(FOLDED)
    return sketch.own and base != column and base in sketch.reads


def automatic(sketch: Sketch, column: str) -> bool:
    """Whether the rows of a contract have it without a word: the key, stamps, folded texts."""
    own = sketch.own and column in _STAMPS
    own = own or (sketch.meaning is Meaning.ACCOUNTS and column in _OF_ACCOUNTS)
    stamp = column in sketch.stamps.values()
    return own or stamp or column == sketch.key.column or folded(sketch, column)


def named_columns(sketch: Sketch, columns: Sequence[str]) -> tuple[str, ...] | None:
    """What columns are called in the contract; None where one of them is not in it."""
    stamps = {column: word for word, column in sketch.stamps.items()}
    if sketch.own:
        stamps = {word: word for word in _STAMPS}
    known = {**sketch.fields, **stamps, sketch.key.column: "id"}
    names = [known.get(column) for column in columns]
    return tuple(name for name in names if name) if None not in names else None
