"""The shape of a statement: what an API can be asked, without the values."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from charter.contract.contract import Contract
from charter.sql.dialect import Dialect
from charter.sql.statement import Statement
from charter.verify.plans.needs import Need

Make = Callable[[Contract, Dialect], Statement]
"""Compiles a shape. The contract is the one that it was drawn from, perhaps with more indexes."""


class Choice(StrEnum):
    """How the value of a slot is chosen from the rows that there are."""

    EQUAL = "equal"
    LIST = "list"
    MIDDLE = "middle"
    """One that half of the rows are behind."""
    HIGH = "high"
    """One that few rows are above."""
    PREFIX = "prefix"
    WORD = "word"
    NULL = "null"
    ITEM = "item"
    TIME = "time"
    """The time of the request."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The value of one slot: like those of a field."""

    resource: str
    field: str
    choice: Choice = Choice.EQUAL


class Origin(StrEnum):
    """Who decides that a statement is sent."""

    CONTRACT = "contract"
    """The contract itself: policies, relations, writes, accounts. Every client sends it."""
    CLIENT = "client"
    """A client that filters, sorts, searches or sums up by a field of its choice."""


@dataclass(frozen=True, slots=True)
class Shape:
    """`whole` reads all rows that there are for the actor, as counts and exports do: it takes
    the longer, the more there are, and no index changes that.

    `kinds` are the kinds of actor who send it; the standing of the first made its text, which is
    the same for all. `after` is set for the page behind a row: its sort values begin there.
    """

    name: str
    resource: str | None
    roles: tuple[str, ...] | None
    kinds: tuple[str, ...]
    origin: Origin
    make: Make = field(compare=False)
    wanted: tuple[Wanted, ...] = ()
    needs: tuple[Need, ...] = ()
    whole: bool = False
    after: int | None = None

    @property
    def anonymous(self) -> bool:
        return self.roles is None
