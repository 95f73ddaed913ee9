"""Which of some keys are those of rows that are there."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from charter.contract.expression import ALWAYS, Expression, every
from charter.contract.resource import Resource
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.keys import among
from charter.sql.statement import Statement
from charter.store.database import Row

Fetch = Callable[[Statement, Sequence[Any]], Awaitable[Sequence[Row]]]
"""Runs a reading statement with the values of its slots."""


async def present(
    compiler: Compiler,
    fetch: Fetch,
    resource: Resource,
    keys: Iterable[Any],
    where: Expression = ALWAYS,
) -> frozenset[Any]:
    """The keys of rows for which a condition holds, asked in one statement."""
    statement = compiler.load(resource, ("id",), every(among(resource, "id"), where))
    rows = await fetch(statement, (list(keys),))
    decode = compiler.dialect.decoder(resource.key.type)
    return frozenset(row[0] if decode is None else decode(row[0]) for row in rows)
