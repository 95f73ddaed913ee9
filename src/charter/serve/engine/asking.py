"""Statements over Charter's own tables within a transaction: typed values in, typed rows out."""

from collections.abc import Sequence
from typing import Any

from charter.sql.own.query import Query, bound
from charter.store.database import Transaction


async def fetch(
    transaction: Transaction, query: Query, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """The rows that a query gives, with all that belongs to it done."""
    if query.before is not None:
        await transaction.execute(query.before, bound(query.before, values))
    rows = query.decoded(await transaction.fetch(query.statement, query.arguments(values)))
    if query.then is not None and rows:
        named = [row[0] for row in rows]
        await transaction.execute(query.then, bound(query.then, (*values, named)))
    return rows
