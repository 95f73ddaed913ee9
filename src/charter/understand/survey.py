"""How one kind of database tells what its schema does not say: statements, and their meaning."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from charter.sql.schema import Schema
from charter.sql.statement import Statement
from charter.understand.found import ColumnAbout, TableAbout, Value

Rows = Sequence[Sequence[Any]]
About = tuple[Mapping[str, TableAbout], Mapping[tuple[str, str], ColumnAbout]]

SAMPLED_ROWS = 1_000
"""Rows of each table whose values are looked at."""
SAMPLED_CHARACTERS = 300
"""Characters of each value that are looked at."""


def as_it_is(schema: Schema) -> Schema:
    return schema


@dataclass(frozen=True, slots=True)
class Survey:
    """The statements and what their rows mean; the rows of `about` are read together.

    `count` counts the rows of a table exactly. `sample` reads some columns of a table whose
    size is known as far as it is, and `values` is what one row of that comes to, None for null.
    `plain` writes the literals of a schema as standard SQL has them.
    """

    version: Statement
    server: Callable[[str], str]
    about: tuple[Statement, ...]
    read: Callable[[Sequence[Rows]], About]
    count: Callable[[str], Statement]
    sample: Callable[[str, Sequence[str], int | None], Statement]
    values: Callable[[Sequence[Any]], list[Value | None]]
    plain: Callable[[Schema], Schema] = as_it_is
