"""The audit log: who did what to which row, written in the transaction that does it.

Each row is signed (HMAC-SHA256, RFC 2104) together with the digest of the row before it in its
lane, so a row that is changed, taken out or put in shows when the log is verified. A key that
only the service has makes that hold against those who can write to the database too.
"""

import hmac
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple

import msgspec

from charter.plan.ask import Ask, Invoke, Write
from charter.plan.steps import LateStep, Step
from charter.serve.engine.asking import fetch
from charter.sql import audit as statements
from charter.sql.canonical import datetime_text
from charter.sql.dialect import Dialect
from charter.store.database import Transaction

LANES = 32
"""More than a process has connections to write with: none of its writes waits for another."""
ROWS_AT_ONCE = 100
UNSIGNED = "none"
_LABEL = b"charter audit 1"


@dataclass(frozen=True, slots=True)
class Signer:
    """A key of the log under the name that stands in the rows it has signed."""

    name: str
    key: bytes = field(repr=False)


def signer_of(secret: bytes | None) -> Signer:
    """The signer that a secret of the service makes; without one, rows are only chained."""
    if secret is None:
        return Signer(UNSIGNED, b"")
    key = hmac.digest(secret, _LABEL, sha256)
    return Signer(sha256(_LABEL + key).hexdigest()[:16], key)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one row; `before` and `after` are JSON texts of what changed."""

    action: str
    resource: str
    key: str
    before: str | None
    after: str | None


class Row(NamedTuple):
    """A row of the log, in the order of its columns."""

    lane: int
    number: int
    occurred_at: datetime
    actor: str | None
    session: str | None
    request_id: str | None
    cause: str
    action: str
    resource: str
    key: str
    before: str | None
    after: str | None
    signer: str
    digest: str


def digest_of(previous: str, row: Row, key: bytes) -> str:
    """What a row is signed with: all that it says, and the digest of the one before it."""
    lane, number, occurred_at, *rest = row[:-1]
    said = (previous, lane, number, datetime_text(occurred_at), *rest)
    return hmac.new(key, msgspec.json.encode(said), sha256).hexdigest()


def signed(row: Row, previous: str, signer: Signer) -> Row:
    """The row with its digest."""
    return row._replace(digest=digest_of(previous, row, signer.key))


def cause_of(ask: Ask) -> str:
    """What a request asked for: `create`, `update`, `delete`, a command, or `batch`."""
    form = ask.form
    if not isinstance(form, Write):
        return "system"
    operations = [step.operation for step in form.steps if isinstance(step, Step | LateStep)]
    if len(operations) != 1:
        return "batch"
    [operation] = operations
    if isinstance(operation, Invoke):
        return operation.command
    return type(operation).__name__.lower()


@dataclass(frozen=True)
class Ledger:
    """Writes entries into the log of a database. One for each process: its transactions take the
    lanes in turn, so that those under way at once have one each."""

    dialect: Dialect
    signer: Signer
    _turns: Iterator[int] = field(default_factory=lambda: count(secrets.randbelow(LANES)))

    async def write(self, transaction: Transaction, ask: Ask, entries: Sequence[Entry]) -> None:
        """Append entries at the end of a transaction: others may wait for its lane until then."""
        lane = next(self._turns) % LANES if self.dialect.locks_rows else 0
        seize = statements.seize(self.dialect)
        [(number, previous)] = await fetch(transaction, seize, (lane,))
        for start in range(0, len(entries), ROWS_AT_ONCE):
            some = entries[start : start + ROWS_AT_ONCE]
            values: list[Any] = []
            for entry in some:
                number += 1
                row = signed(_row(lane, number, ask, entry, self.signer), previous, self.signer)
                previous = row[-1]
                values += row
            values += (number, previous, lane)
            for query, width in statements.append(self.dialect, len(some)):
                arguments = query.arguments(values[:width])
                await transaction.execute(query.statement, arguments)
                values = values[width:]


def _row(lane: int, number: int, ask: Ask, entry: Entry, signer: Signer) -> Row:
    actor = ask.actor
    return Row(
        lane, number, ask.now, actor.id, actor.session, ask.request_id, cause_of(ask),
        entry.action, entry.resource, entry.key, entry.before, entry.after, signer.name, "",
    )  # fmt: skip
