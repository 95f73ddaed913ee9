"""Statements over Charter's own tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from charter.contract.resource import Resource
from charter.contract.types import DATETIME, TEXT, UUID, Scalar, Type
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, identifier, listed, parameter, sql
from charter.sql.sources import ActorValue, NowValue, SlotValue
from charter.sql.statement import Statement
from charter.sql.system import IDEMPOTENCY, OUTBOX
from charter.sql.writes import insert_values

JSON = Type(Scalar.JSON)
OUTBOX_COLUMNS = (
    "event", "resource", "actor", "occurred_at", "request_id", "id", "key", "payload",
)  # fmt: skip
VALUES_OF_EVENT = 3
Kind = tuple[str, str | None]
"""The name of an event, and the resource that it is about."""


def outbox_insert(dialect: Dialect, kinds: Sequence[Kind]) -> Statement:
    """Events into the outbox, of these kinds.

    The values are the id of the request, then for each event its id, the key of its row and its
    payload as JSON text. Actor and time are those of the request.
    """
    return dialect.statement(outbox_fragment(dialect, kinds), "insert outbox")


def outbox_width(events: int) -> int:
    """How many values the outbox takes for so many events."""
    return 1 + VALUES_OF_EVENT * events if events else 0


def outbox_fragment(dialect: Dialect, kinds: Sequence[Kind]) -> Fragment:
    places = range(1, outbox_width(len(kinds)), VALUES_OF_EVENT)
    told = (
        Told(
            kind,
            _value(dialect, first, UUID),
            _value(dialect, first + 1, TEXT),
            # It is JSON text already.
            parameter(SlotValue(first + 2), None, dialect.cast(JSON)),
        )
        for first, kind in zip(places, kinds, strict=True)
    )
    return outbox_rows(dialect, _value(dialect, 0, TEXT), told)


@dataclass(frozen=True, slots=True)
class Told:
    """One event as the outbox has it."""

    kind: Kind
    id: Fragment
    key: Fragment
    payload: Fragment


def outbox_rows(dialect: Dialect, request_id: Fragment, told: Iterable[Told]) -> Fragment:
    """INSERT of events; actor and time are those of the request."""
    shared = (
        dialect.argument(ActorValue(), TEXT),
        dialect.argument(NowValue(), DATETIME),
        request_id,
    )
    rows = (
        (*(dialect.constant(name, TEXT) for name in item.kind), *shared,
         item.id, item.key, item.payload)
        for item in told
    )  # fmt: skip
    return insert_values(OUTBOX, map(identifier, OUTBOX_COLUMNS), rows)


def once_lock(dialect: Dialect) -> Statement | None:
    """Try to be the only transaction with this scope and key: whether that is so.

    None where transactions that write come one after the other anyway.
    """
    held = dialect.held_alone([_value(dialect, 0, TEXT), _value(dialect, 1, TEXT)])
    if held is None:
        return None
    statement = dialect.statement(sql("SELECT {}", held), "lock idempotency key")
    return replace(statement, holds=dialect.holds_by_session)


def once_find(dialect: Dialect) -> Statement:
    """Fingerprint and answer of a scope and key, unless they have expired by the given time."""
    fragment = sql(
        "SELECT fingerprint, answer FROM {} WHERE scope = {} AND {} = {} AND expires_at > {}",
        identifier(IDEMPOTENCY), _value(dialect, 0, TEXT), identifier("key"),
        _value(dialect, 1, TEXT), _value(dialect, 2, DATETIME),
    )  # fmt: skip
    return dialect.statement(fragment, "find idempotency key")


def once_keep(dialect: Dialect) -> Statement:
    """Scope, key, fingerprint, answer, and the times of now and of expiry."""
    names = ("scope", "key", "fingerprint", "answer", "created_at", "expires_at")
    values = (
        _value(dialect, 0, TEXT), _value(dialect, 1, TEXT), _bytes(dialect, 2), _bytes(dialect, 3),
        _value(dialect, 4, DATETIME), _value(dialect, 5, DATETIME),
    )  # fmt: skip
    columns = listed(identifier(name) for name in names)
    fragment = sql(
        "INSERT INTO {} ({}) VALUES ({})", identifier(IDEMPOTENCY), columns, listed(values)
    )
    return dialect.statement(fragment, "keep idempotency key")


def once_expire(dialect: Dialect) -> Statement:
    """Everything gone that has expired by the given time."""
    fragment = sql(
        "DELETE FROM {} WHERE expires_at <= {}",
        identifier(IDEMPOTENCY), _value(dialect, 0, DATETIME),
    )  # fmt: skip
    return dialect.statement(fragment, "expire idempotency keys")


def serial_catch_up(dialect: Dialect, resource: Resource) -> Statement | None:
    """Make the database go on counting keys behind the largest that is or was; it gives that.

    None where it does so by itself.
    """
    if not dialect.sequences:
        return None
    table = dialect.constant(dialect.quote(resource.table_name), TEXT)
    key = identifier(resource.key.column_name)
    named = dialect.constant(resource.key.column_name, TEXT)
    fragment = sql(
        "SELECT setval(counter, greatest(largest, 1), largest > 0) FROM (SELECT"
        " pg_get_serial_sequence({}, {})::regclass AS counter, greatest(max({}),"
        " pg_sequence_last_value(pg_get_serial_sequence({}, {})::regclass), 0) AS largest"
        " FROM {}) AS counted",
        table, named, key, table, named, identifier(resource.table_name),
    )  # fmt: skip
    return dialect.statement(fragment, f"catch up {resource.name}")


def _value(dialect: Dialect, place: int, kind: Type) -> Fragment:
    return dialect.argument(SlotValue(place), kind)


def _bytes(dialect: Dialect, place: int) -> Fragment:
    return parameter(SlotValue(place), None, dialect.bytes_cast)
