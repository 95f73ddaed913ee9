"""The audit log: who did what to which row, written in the transaction that does it.

Each row is signed (HMAC-SHA256, RFC 2104) together with the digest of the row before it in its
lane, so a row that is changed, taken out or put in shows when the log is verified. A key that
only the service has makes that hold against those who can write to the database too.
"""

import hmac
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from hashlib import sha256

import msgspec

from charter.plan.ask import Ask, Invoke, Write
from charter.plan.steps import LateStep, Step
from charter.sql import audit as statements
from charter.sql.canonical import datetime_text
from charter.sql.dialect import Dialect
from charter.store.database import Transaction

LANES = 32
"""More than one process has connections to write with: none of its writes waits for another."""
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


@dataclass(frozen=True, slots=True)
class Row:
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
    said = (
        previous, row.lane, row.number, datetime_text(row.occurred_at), row.actor, row.session,
        row.request_id, row.cause, row.action, row.resource, row.key, row.before, row.after,
        row.signer,
    )  # fmt: skip
    return hmac.new(key, msgspec.json.encode(said), sha256).hexdigest()


def signed(row: Row, previous: str, signer: Signer) -> Row:
    """The row with its signer and its digest."""
    named = replace(row, signer=signer.name)
    return replace(named, digest=digest_of(previous, named, signer.key))


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
    """Writes entries into the log of a database. One for each process: it keeps the lanes of
    its own transactions apart."""

    dialect: Dialect
    signer: Signer
    _taken: set[int] = field(default_factory=set)

    async def write(self, transaction: Transaction, ask: Ask, entries: Sequence[Entry]) -> None:
        """Append entries at the end of a transaction: others may wait for its lane until then."""
        with self._lane() as lane:
            seize = statements.seize(self.dialect)
            [(number, previous)] = await transaction.fetch(
                seize.statement, seize.arguments((lane,))
            )
            rows: list[Row] = []
            for entry in entries:
                number += 1
                row = signed(_row(lane, number, ask, entry), previous, self.signer)
                previous = row.digest
                rows.append(row)
            for start in range(0, len(rows), ROWS_AT_ONCE):
                some = rows[start : start + ROWS_AT_ONCE]
                append = statements.append(self.dialect, len(some))
                values = [value for row in some for value in astuple(row)]
                await transaction.execute(append.statement, append.arguments(values))
            advance = statements.advance(self.dialect)
            arguments = advance.arguments((number, previous, lane))
            await transaction.execute(advance.statement, arguments)

    @contextmanager
    def _lane(self) -> Iterator[int]:
        if not self.dialect.locks_rows:
            yield 0
            return
        free = [lane for lane in range(LANES) if lane not in self._taken]
        lane = random.choice(free or range(LANES))  # noqa: S311 - keeps processes apart
        self._taken.add(lane)
        try:
            yield lane
        finally:
            self._taken.discard(lane)


def _row(lane: int, number: int, ask: Ask, entry: Entry) -> Row:
    actor = ask.actor
    return Row(
        lane, number, ask.now, actor.id, actor.session, ask.request_id, cause_of(ask),
        entry.action, entry.resource, entry.key, entry.before, entry.after, UNSIGNED, "",
    )  # fmt: skip
