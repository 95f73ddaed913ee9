"""What a database's catalog must offer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from charter.sql.schema import Schema
from charter.sql.statement import Statement

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Catalog:
    """How one database tells what is in it.

    `read` takes the rows of each of the statements, in their order. The statements have no
    arguments. `scratch` makes the rest of a transaction create and read tables in a place of
    its own; None where a database in memory does.
    """

    statements: tuple[Statement, ...]
    read: Callable[[Sequence[Rows]], Schema]
    scratch: Statement | None = None
