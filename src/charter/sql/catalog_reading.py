"""What a database's catalog must offer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from charter.sql.schema import Schema, Table
from charter.sql.statement import Statement

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Catalog:
    """How one database tells what is in it.

    `read` takes the rows of each of the statements, in their order. The statements have no
    arguments. `scratch` makes the rest of a transaction create and read tables in a place of
    its own; None where a database in memory does.

    `each` is asked of every table that the first statement names, and its rows follow those of
    the statements. Where there is a `table_of`, a table is spelt by itself, as a temporary one
    (`ddl.temporary`): it takes the name and what `each` says of it.
    """

    statements: tuple[Statement, ...]
    read: Callable[[Sequence[Rows]], Schema]
    scratch: Statement | None = None
    each: Callable[[str], Statement] | None = None
    table_of: Callable[[str, str], Table] | None = None

    def further(self, first: Rows) -> tuple[Statement, ...]:
        """What is to be asked when the first statement has been answered: the other ones, and
        `each` of every table."""
        others = self.statements[1:]
        if self.each is None:
            return others
        return (*others, *(self.each(name) for name, kind, *_ in first if kind == "BASE TABLE"))
