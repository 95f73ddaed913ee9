"""What a database dialect must say of itself. Each has one file of its own."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from charter.contract.expression import Function
from charter.contract.types import Type
from charter.sql.fragment import Fragment, checked, listed, number, parameter, render, sql
from charter.sql.names import quote
from charter.sql.sources import Codec, Source
from charter.sql.statement import Statement

Pieces = Sequence[str | Fragment]
"""JSON text in the making: text as it is, and expressions that give text (or null: nothing)."""


def typed(decoders: Iterable[Codec | None], row: Sequence[Any]) -> list[Any]:
    """A row as the driver gives it as typed Python values; nothing stays nothing."""
    return [
        raw if decode is None or raw is None else decode(raw)
        for decode, raw in zip(decoders, row, strict=True)
    ]


class Dialect(ABC):
    """One database's way of writing and storing things. It has no state."""

    name: ClassVar[str]
    scaled_decimals: ClassVar[bool] = False
    """Decimals are stored as integers, multiplied by ten to the power of their places."""
    locks_rows: ClassVar[bool] = False
    """Rows that are read in order to be written have to be locked (`FOR UPDATE`)."""
    combines_writes: ClassVar[bool] = False
    """Several writes can be one statement (data-modifying WITH)."""
    remote: ClassVar[bool] = False
    """Every statement is a journey to a server and back."""
    gathers_pages: ClassVar[bool] = False
    """The rows of a page come as one (see `ManyPlan`)."""
    sequences: ClassVar[bool] = False
    """Integer keys come from a sequence, which does not see the keys that are given."""
    covers: ClassVar[bool] = False
    """Indexes can carry columns along that they are not sorted by (`INCLUDE`)."""
    trigrams: ClassVar[bool] = False
    """Indexes can find parts of texts."""
    waits_aside: ClassVar[bool] = False
    """Nobody waits behind a change of the schema that is no transaction and waits for a lock."""
    free_rows: ClassVar[str] = ""
    """What follows a subselect of rows that takes those that nobody else has."""
    reads_what_it_writes: ClassVar[bool] = True
    """A statement can read the table that it changes."""
    bytes_cast: ClassVar[str] = ""
    """What follows the placeholder of an argument of bytes."""
    names_outside: ClassVar[bool] = True
    """A subselect in FROM can name the rows of a statement around its own."""
    compares_rows: ClassVar[bool] = True
    """A comparison of several columns at once (`(a, b) > (x, y)`) is served by an index."""
    returns_rows: ClassVar[bool] = True
    """Writes can give columns of the rows that they wrote (`RETURNING`)."""
    locks_joined: ClassVar[bool] = False
    """A lock of rows that are read takes the rows that are joined to them along."""
    indexes_parts: ClassVar[bool] = True
    """Indexes can be of some rows only (`WHERE`)."""
    holds_by_session: ClassVar[bool] = False
    """What is `held_alone` stays so beyond the end of its transaction."""
    checks_numbered: ClassVar[bool] = True
    """A check can be about the column whose values the database makes."""
    exact_texts: ClassVar[bool] = True
    """Texts of existing tables are equal where all their characters are."""
    keys_alike: ClassVar[bool] = False
    """A foreign key has just the type of the key that it names."""
    tells_transactions: ClassVar[bool] = False
    """Each transaction has a number, and a snapshot says which of them it sees."""
    numbers_in_order: ClassVar[bool] = False
    """Rows that the database numbers are committed in the order of their numbers."""
    length_function: ClassVar[str] = "length"
    """Counts the characters of a text."""
    table_options: ClassVar[str] = ""
    """What follows the columns of each table that is made."""
    no_limit: ClassVar[Fragment]
    """What stands for the rows of a subselect that keeps its order but has no limit."""

    # -- names and storage ---------------------------------------------------------------
    def quote(self, identifier: str) -> str:
        """An identifier as SQL has it: quoted where it is not a plain word, or is a keyword."""
        return quote(identifier)

    @abstractmethod
    def placeholder(self, number: int) -> str:
        """The place of an argument; arguments count from 1."""

    @abstractmethod
    def column_type(self, kind: Type) -> str:
        """The type of a column that stores values of this type, with its collation."""

    def indexed_type(self, kind: Type, most: int) -> str:
        """The same for a column of a key or an index, whose texts have `most` characters."""
        return self.column_type(kind)

    @abstractmethod
    def literal(self, value: Any, kind: Type) -> str:
        """A value that the contract itself holds, as SQL text in the form that is stored.

        None is `NULL`; for lists and JSON the value is what JSON has.
        """

    @abstractmethod
    def encoder(self, kind: Type) -> Codec | None:
        """From a typed Python value to what the driver binds; None where they are the same.

        None stays None.
        """

    @abstractmethod
    def decoder(self, kind: Type) -> Codec | None:
        """From what the driver gives for a stored column to the typed Python value."""

    def told(self, value: Fragment, kind: Type) -> Fragment:
        """A sort value of a page as the statement gives it: of all rows but one nobody reads it,
        so it should cost the driver little."""
        return value

    def told_decoder(self, kind: Type) -> Codec | None:
        """From what the driver gives for a value as `told` to the typed Python value."""
        return self.decoder(kind)

    @abstractmethod
    def unsupported(self, kind: Type) -> str | None:
        """Why this database cannot store values of this type, or None where it can."""

    # -- arguments -----------------------------------------------------------------------
    def cast(self, kind: Type) -> str:
        """What follows a placeholder so that the database knows the type of the argument."""
        return ""

    def argument(self, source: Source, kind: Type) -> Fragment:
        """An argument of this type."""
        return parameter(source, self.encoder(kind), self.cast(kind))

    def key(self, source: Source) -> Fragment:
        """A key that is bound for a column of its own type, so that it needs no cast."""
        return parameter(source)

    def constant(self, value: Any, kind: Type) -> Fragment:
        """A value that the contract itself holds."""
        return checked(self.literal(value, kind))

    def statement(self, fragment: Fragment, label: str, *, heavy: bool = False) -> Statement:
        """The fragment as a statement of this database."""
        return render(fragment, self.placeholder, label, heavy=heavy)

    # -- writes --------------------------------------------------------------------------
    def returning(self, columns: Fragment) -> Fragment:
        """What follows a write so that it gives columns, with a space before it.

        Empty where nothing does: a made key and a `counted` value are given all the same.
        """
        return sql(" RETURNING {}", columns)

    def counted(self, value: Fragment) -> Fragment:
        """An integer that an update sets and that its statement gives."""
        return value

    def unless_there(self, insert: Fragment, key: Sequence[Fragment]) -> Fragment:
        """An insert that leaves out the rows whose key, of these columns, is there already."""
        return sql("{} ON CONFLICT ({}) DO NOTHING", insert, listed(key))

    def held_alone(self, names: Sequence[Fragment]) -> Fragment | None:
        """Whether this transaction is the only one that holds these names, from now on.

        None where transactions that write come one after the other anyway.
        """
        return None

    def locking(self, rows: Fragment) -> Fragment:
        """What locks the rows of an alias that a SELECT reads, with a space before it."""
        return sql(" FOR UPDATE OF {}", rows)

    # -- expressions ---------------------------------------------------------------------
    def same(self, left: Fragment, right: Fragment) -> Fragment:
        """Whether two values are equal, or both null."""
        return sql("{} IS NOT DISTINCT FROM {}", left, right)

    def exact(self, text: Fragment) -> Fragment:
        """A text that compares by its characters, where not all texts do."""
        return text

    def as_text(self, value: Fragment) -> Fragment:
        """A key as text."""
        return sql("CAST({} AS text)", value)

    def as_piece(self, value: Fragment) -> Fragment:
        """A key as a piece of what `concatenated` joins."""
        return self.as_text(value)

    def as_float(self, value: Fragment) -> Fragment:
        """A number as a float."""
        return sql("({})::double precision", value)

    def rounded(self, value: Fragment, places: int) -> Fragment:
        """A number as a decimal with so many places, half away from zero."""
        return sql("round(({})::numeric, {})", value, number(places))

    def widened(self, value: Fragment) -> Fragment:
        """An integer as a number that sums and products of integers fit into."""
        return sql("{}::numeric", value)

    @abstractmethod
    def truth(self, value: bool) -> Fragment:
        """True or false."""

    @abstractmethod
    def pattern(self, text: str | None) -> str | None:
        """A pattern with `*` and `?` (escaped by a backslash) as `like` wants it."""

    @abstractmethod
    def folded_pattern(self, text: str | None) -> str | None:
        """The same for a comparison with folded texts."""

    @abstractmethod
    def like(self, left: Fragment, pattern: Fragment) -> Fragment:
        """Whether a text fits a pattern; case counts."""

    @abstractmethod
    def one_of(self, left: Fragment, source: Source, kind: Type) -> Fragment:
        """Whether a value of the type is among those of a list that comes as one argument."""

    @abstractmethod
    def contains(self, items: Fragment, item: Fragment, kind: Type) -> Fragment:
        """Whether a stored list of the type has an item equal to the stored value."""

    @abstractmethod
    def every_word(self, texts: Sequence[Fragment], source: Source, *, indexed: bool) -> Fragment:
        """Whether every word of a list that comes as one argument is part of a text. `indexed`
        texts have an index by trigrams, which only some databases can make."""

    @abstractmethod
    def extreme(self, function: Function, value: Fragment, kind: Type) -> Fragment:
        """MIN or MAX of the values of a group, which have this type."""

    @abstractmethod
    def order(self, value: Fragment, *, descending: bool, nullable: bool) -> Fragment:
        """One part of ORDER BY; null counts as larger than any value."""

    # -- texts of groups -----------------------------------------------------------------
    @abstractmethod
    def told_together(self, text: Fragment, separator: str) -> Fragment:
        """The texts of a group as one, with a control character between them."""

    def joined_texts(self, texts: Sequence[Fragment], separator: str) -> Fragment:
        """Texts of which some may be null as one, where `names_outside` is false."""
        raise NotImplementedError

    # -- JSON ----------------------------------------------------------------------------
    @abstractmethod
    def json_value(self, value: Fragment, kind: Type, *, nullable: bool) -> Pieces:
        """A stored value as JSON text in its canonical form, `null` where it may be null."""

    @abstractmethod
    def concatenated(self, pieces: Pieces) -> Fragment:
        """The pieces as one text; never null."""

    @abstractmethod
    def gathered(self, body: Fragment) -> Fragment:
        """The texts of a group with commas between them, in the order in which they come."""

    @abstractmethod
    def without_last(self, body: Fragment, count: int) -> Fragment:
        """The same for a group of `count` + 1 JSON objects, without the last of them.

        Such groups are few: it need not be fast, but must cost nothing where it is not used.
        """

    def gathered_sorted(
        self, body: Fragment, order: Sequence[Fragment], depth: int, limit: int | None
    ) -> Fragment:
        """The same for the first of a group in an order, where `names_outside` is false.

        `depth` is how deep lists stand inside the texts, this one included. A negative limit is
        that of the last.
        """
        raise NotImplementedError

    def end_of_gathered(self, texts: Fragment, depth: int, *, last: bool) -> Fragment:
        """The first of texts that were gathered so, or the `last`; null where there are none."""
        raise NotImplementedError
