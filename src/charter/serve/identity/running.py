"""Running the statements of accounts: typed values in, typed rows out."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from charter.serve.engine import asking
from charter.serve.engine.failures import TOLD_AS_PROBLEMS
from charter.serve.identity.realm import Realm
from charter.sql.own.query import Query
from charter.store.database import Database, Transaction

T = TypeVar("T")


async def fetch(transaction: Transaction, query: Query, *values: Any) -> list[tuple[Any, ...]]:
    """The rows that a statement gives within a transaction."""
    return await asking.fetch(transaction, query, values)


async def run(transaction: Transaction, query: Query, *values: Any) -> int:
    """Run a statement that gives nothing; how many rows it changed."""
    return await transaction.execute(query.statement, query.arguments(values))


async def read(database: Database, query: Query, *values: Any) -> list[tuple[Any, ...]]:
    """The rows that a reading statement gives, outside any transaction."""
    with TOLD_AS_PROBLEMS:
        return query.decoded(await database.read(query.statement, query.arguments(values)))


async def write(realm: Realm, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run some work in one transaction; its failures are problems."""
    with TOLD_AS_PROBLEMS:
        return await realm.database.write(work)
