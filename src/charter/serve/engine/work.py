"""A write transaction under way, with what every step of it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from charter.contract.resource import Resource
from charter.plan.ask import Ask
from charter.plan.standing import Standing
from charter.serve.engine.attempts import Attempt, Refused
from charter.serve.engine.audit import Entry, Ledger
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.effects import Happening, Outbox
from charter.serve.engine.jsontext import Form
from charter.sql.aggregate import Inserts, Rows
from charter.sql.statement import Sources, Statement
from charter.store.database import Row, Transaction
from charter.store.errors import Violated

UNSHOWN = "***"
"""What the audit log has in place of a value that nobody may read: only that it changed."""
MOST_VALUES = 16_000
"""Values of one statement: PostgreSQL takes 32,767."""


@dataclass(slots=True)
class Pending:
    """New rows that wait to be inserted together, on a database to which each way is long."""

    rows: list[Rows] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt of one write: everything here goes when the transaction is tried again."""

    compiler: Compiler
    transaction: Transaction
    ask: Ask
    standing: Standing
    together: bool = True
    """Whether new rows may wait for others, to be inserted in one statement."""
    ledger: Ledger | None = None
    """Where changes of audited rows are written down."""
    outbox: Outbox = field(default_factory=Outbox)
    _pending: Pending = field(default_factory=Pending)
    _trail: list[Entry] = field(default_factory=list)

    async def fetch(self, statement: Statement, values: Sequence[Any]) -> Sequence[Row]:
        """The rows that a statement gives, once all that was deferred is in."""
        await self.settle()
        return await self.transaction.fetch(statement, self.arguments(statement, values))

    async def execute(self, statement: Statement, values: Sequence[Any]) -> int:
        await self.settle()
        return await self.transaction.execute(statement, self.arguments(statement, values))

    async def attempt(
        self, statement: Statement, values: Sequence[Any], what: Attempt
    ) -> Sequence[Row]:
        """Run a changing statement and give the rows that it returns. Raises `Refused`."""
        await self.settle()
        try:
            return await self.transaction.fetch(statement, self.arguments(statement, values))
        except Violated as violated:
            raise Refused(violated, (what,)) from violated

    async def insert(
        self, resource: Resource, columns: tuple[str, ...], values: Sequence[Any], what: Attempt
    ) -> Sequence[Row]:
        """Insert rows: now, or (where the database gains by it) together with what follows."""
        count = len(what.rows)
        combines = self.together and self.compiler.dialect.combines_writes
        if not combines or "id" not in columns:
            return await self.attempt(self.compiler.insert(resource, columns, count), values, what)
        if len(self._pending.values) + len(values) > MOST_VALUES:
            await self.settle()
        self._pending.rows.append(Rows(resource, columns, count))
        self._pending.values.extend(values)
        self._pending.attempts.append(what)
        return ()

    def changed(
        self,
        resource: Resource,
        what: str,
        key: Any,
        version: int,
        values: Mapping[str, Any],
        before: Mapping[str, Any] | None = None,
    ) -> None:
        """A row was created, updated or deleted; `values` are those that were set, `before` those
        that were there, which an audited row needs."""
        payload = _shown(self.compiler.payload_forms(resource), values)
        payload["id"] = key
        if resource.versioned:
            payload["version"] = version
        text = msgspec.json.encode(payload).decode()
        event = f"{resource.name}.{what}"
        self.outbox.happenings.append(Happening(event, resource.name, str(key), text))
        if resource.audited:
            texts = (self._audited(resource, before), self._audited(resource, values or None))
            self._trail.append(Entry(what, resource.name, str(key), *texts))

    def _audited(self, resource: Resource, values: Mapping[str, Any] | None) -> str | None:
        if values is None:
            return None
        shown = _shown(self.compiler.payload_forms(resource), values)
        kept = {name: shown.get(name, UNSHOWN) for name in values}
        return msgspec.json.encode(kept).decode()

    def waiting(self) -> tuple[Inserts, list[Any]]:
        """The rows that wait and the events so far, with their values; none wait after it."""
        pending = self._pending
        events, told = self.outbox.take(self.ask)
        inserts, values = Inserts(tuple(pending.rows), events), [*pending.values, *told]
        pending.rows, pending.values, pending.attempts = [], [], []
        return inserts, values

    async def settle(self) -> None:
        """Insert the rows that wait, and the events so far with them. Raises `Refused`."""
        if not self._pending.rows:
            return
        attempts = tuple(self._pending.attempts)
        inserts, values = self.waiting()
        statement = self.compiler.insert_together(inserts)
        try:
            await self.transaction.execute(statement, self.arguments(statement, values))
        except Violated as violated:
            raise Refused(violated, attempts) from violated

    async def loaded(self) -> None:
        """Write down, in place of each event, of which resources rows were written at all."""
        names = dict.fromkeys(item.resource for item in self.outbox.happenings)
        self.outbox.happenings = [
            Happening(f"{name}.loaded", name, None, "{}") for name in names if name is not None
        ]
        self._trail.clear()
        await self.finish()

    async def finish(self) -> None:
        """Write what is still to be written at the end of the transaction."""
        await self.settle()
        events, values = self.outbox.take(self.ask)
        if events:
            statement = self.compiler.outbox(events)
            await self.transaction.execute(statement, self.arguments(statement, values))
        if self._trail:
            if self.ledger is None:
                raise RuntimeError("a change of an audited row needs a ledger")
            await self.ledger.write(self.transaction, self.ask, self._trail)
            self._trail.clear()

    def arguments(self, statement: Statement, values: Sequence[Any]) -> tuple[Any, ...]:
        return statement.arguments(Sources(values, self.ask.actor, self.ask.now))


def _shown(forms: Mapping[str, Form | None], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that may be shown, as JSON's encoder takes them."""
    shown = {}
    for name, value in values.items():
        if name in forms:
            form = forms[name]
            shown[name] = value if form is None or value is None else form(value)
    return shown
