"""Slow statements: a signal for each, up to a rate, and for some of them how the database runs it.

The plan is asked for on another connection, without running the statement again, and without its
arguments: they could be anybody's, and a plan with them would show them.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType

from charter.core.signals import Listener, Slow
from charter.sql.aliases import aliases_of
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.sql.statement import Statement
from charter.store.database import Database, Row, Transaction
from charter.store.errors import StoreError

SECONDS_BETWEEN = 0.2
"""At least so much time lies between two signals; those that are left out are counted."""
SECONDS_BETWEEN_PLANS = 10.0
SECONDS_OF_A_PLAN = 600.0
"""How long a shape's plan is not asked for again."""
_SHAPES = 500
_LINES = 40
"""Lines of a plan that are told."""

Explain = Callable[[Database, Statement], Awaitable[str]]


class SlowStatements:
    """Told of slow statements by a tally, it tells a listener."""

    def __init__(self, database: Database, dialect: Dialect, listener: Listener) -> None:
        self._database = database
        self._explain = _EXPLAINS.get(dialect.name)
        self._listener = listener
        self._left_out = 0
        self._next = 0.0
        self._next_plan = 0.0
        self._asked: dict[str, float] = {}
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, statement: Statement, seconds: float, rows: int) -> None:
        now = time.monotonic()
        if now < self._next:
            self._left_out += 1
            return
        self._next = now + SECONDS_BETWEEN
        left_out, self._left_out = self._left_out, 0
        signal = Slow(None, statement.label, seconds, rows, None, left_out)
        if self._explain is None or not self._wants_plan(statement, now):
            self._listener(signal)
            return
        task = asyncio.get_running_loop().create_task(self._with_plan(statement, signal))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _wants_plan(self, statement: Statement, now: float) -> bool:
        if now < self._next_plan or self._running:
            return False
        if now < self._asked.get(statement.text, 0.0):
            return False
        if len(self._asked) >= _SHAPES:
            self._asked.clear()
        self._asked[statement.text] = now + SECONDS_OF_A_PLAN
        self._next_plan = now + SECONDS_BETWEEN_PLANS
        return True

    async def _with_plan(self, statement: Statement, signal: Slow) -> None:
        plan = None
        try:
            if self._explain is not None:
                plan = await self._explain(self._database, statement)
        except StoreError:
            plan = None
        self._listener(
            Slow(None, signal.statement, signal.seconds, signal.rows, plan, signal.left_out)
        )


async def _sqlite(database: Database, statement: Statement) -> str:
    text = f"EXPLAIN QUERY PLAN {statement.text}"
    nothing = (None,) * len(statement.binds)
    rows = await database.read(Statement(text, label="explain", heavy=True), nothing)
    return _told([str(row[3]) for row in rows])


async def _postgres(database: Database, statement: Statement) -> str:
    """Prepared by itself, so that its plan is the one for any arguments, in which they stand as
    $1, $2…: a name and nothing is left behind."""
    name = f"charter_slow_{secrets.token_hex(6)}"
    nothing = ", ".join(["NULL"] * len(statement.binds))
    execute = f"EXECUTE {name} ({nothing})" if nothing else f"EXECUTE {name}"
    found: list[Sequence[Row]] = []

    async def work(transaction: Transaction) -> None:
        found.clear()
        for text in (
            "SET LOCAL plan_cache_mode = force_generic_plan",
            f"PREPARE {name} AS {statement.text}",
        ):
            await transaction.execute(Statement(text, label="explain"), ())
        explain = Statement(f"EXPLAIN (COSTS ON) {execute}", label="explain")
        try:
            found.append(await transaction.fetch(explain, ()))
        finally:
            await transaction.execute(Statement(f"DEALLOCATE {name}", label="explain"), ())

    await database.write(work)
    return _told([str(row[0]) for row in found[0]])


async def _mysql(database: Database, statement: Statement) -> str:
    """With an empty text for each argument, of which this form of a plan shows none anyway: for
    null the server would find that nothing is to be read."""
    nothing = ("",) * len(statement.binds)
    explain = Statement(f"EXPLAIN {statement.text}", label="explain")
    found: list[Row] = []

    async def work(transaction: Transaction) -> None:
        found[:] = await transaction.fetch(explain, nothing)

    await database.write(work)
    aliases = aliases_of(statement.text)
    return _told([_line(row, aliases) for row in found])


def _line(row: Row, aliases: Mapping[str, str]) -> str:
    """One row of such a plan."""
    # MySQL has partitions and a share of rows besides.
    cells = [cell for at, cell in enumerate(row) if len(row) == _PLAIN or at not in _BESIDES]
    number, kind, table, way, _, key, _, ref, rows, extra = cells
    parts = (way, key and f"by {key}", ref and f"= {ref}", rows and f"{rows} rows", extra)
    named = f"{aliases[table]} {table}" if table in aliases else table or "-"
    return f"{number} {kind} {named}: {', '.join(part for part in parts if part)}"


_PLAIN = 10
_BESIDES = frozenset({3, 10})


def _told(lines: Sequence[str]) -> str:
    more = len(lines) - _LINES
    return "\n".join([*lines[:_LINES], *([f"… and {more} lines more"] if more > 0 else [])])


_EXPLAINS: Mapping[str, Explain] = MappingProxyType(
    {SQLITE.name: _sqlite, POSTGRES.name: _postgres, MYSQL.name: _mysql}
)
