"""Statements over Charter's own tables, and the row of a user who comes for the first time."""

from charter.contract.resource import Resource
from charter.contract.types import DATETIME, INTEGER, TEXT, UUID, Scalar, Type
from charter.sql.conditions import FOLDED
from charter.sql.dialect import Dialect
from charter.sql.folding import folded
from charter.sql.fragment import Fragment, identifier, listed, parameter, sql
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement
from charter.sql.system import IDEMPOTENCY, META, OUTBOX

JSON = Type(Scalar.JSON)
OUTBOX_COLUMNS: tuple[tuple[str, Type], ...] = (
    ("id", UUID),
    ("event", TEXT),
    ("resource", TEXT),
    ("key", TEXT),
    ("actor", TEXT),
    ("occurred_at", DATETIME),
    ("payload", JSON),
    ("request_id", TEXT),
)
"""The values of one row of the outbox, in their order; the payload is JSON text."""


def outbox_insert(dialect: Dialect, rows: int) -> Statement:
    """Events into the outbox; the values stand row by row, as OUTBOX_COLUMNS has them."""
    return dialect.statement(outbox_fragment(dialect, rows), "insert outbox")


def outbox_fragment(dialect: Dialect, rows: int) -> Fragment:
    width = len(OUTBOX_COLUMNS)
    values = (
        sql(
            "({})",
            listed(
                _outbox_value(dialect, kind, row * width + place)
                for place, (_, kind) in enumerate(OUTBOX_COLUMNS)
            ),
        )
        for row in range(rows)
    )
    names = listed(identifier(name) for name, _ in OUTBOX_COLUMNS)
    return sql("INSERT INTO {} ({}) VALUES {}", identifier(OUTBOX), names, listed(values))


def _outbox_value(dialect: Dialect, kind: Type, place: int) -> Fragment:
    if kind == JSON:  # it is JSON text already
        return parameter(SlotValue(place), None, dialect.cast(kind))
    return _value(dialect, place, kind)


def once_lock(dialect: Dialect) -> Statement | None:
    """Try to be the only transaction with this scope and key: whether that is so.

    None where transactions that write come one after the other anyway.
    """
    if not dialect.locks_rows:
        return None
    fragment = sql(
        "SELECT pg_try_advisory_xact_lock("
        'hashtextextended(({} || chr(31) || {}) COLLATE "C", 0))',
        _value(dialect, 0, TEXT), _value(dialect, 1, TEXT),
    )  # fmt: skip
    return dialect.statement(fragment, "lock idempotency key")


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


def provision_user(dialect: Dialect, user: Resource) -> Statement:
    """The row of a user, unless it is there: the values are id, name, email and the time."""
    given = (("id", 0), ("name", 1), ("email", 2), ("created_at", 3), ("updated_at", 3))
    names: list[Fragment] = [identifier("version")]
    values: list[Fragment] = [dialect.constant(1, INTEGER)]
    for name, place in given:
        field = user.field_named.get(name)
        if field is None:
            continue
        names.append(identifier(name))
        values.append(_value(dialect, place, field.type))
        if field.search:
            names.append(identifier(name + FOLDED))
            values.append(parameter(SlotValue(place), folded, dialect.cast(field.type)))
    fragment = sql(
        "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (id) DO NOTHING",
        identifier(user.table), listed(names), listed(values),
    )  # fmt: skip
    return dialect.statement(fragment, f"provision {user.name}")


def serial_catch_up(dialect: Dialect, resource: Resource) -> Statement | None:
    """Make the database go on counting keys behind the largest; it gives the next one.

    None where it does so by itself.
    """
    if not dialect.sequences:
        return None
    table = identifier(resource.table)
    fragment = sql(
        "SELECT setval(pg_get_serial_sequence({}, 'id'),"
        " (SELECT coalesce(max(id), 0) + 1 FROM {}), false)",
        dialect.constant(dialect.quote(resource.table), TEXT), table,
    )  # fmt: skip
    return dialect.statement(fragment, f"catch up {resource.name}")


def meta_get(dialect: Dialect) -> Statement:
    """The value that is noted under a name."""
    fragment = sql(
        "SELECT value FROM {} WHERE name = {}", identifier(META), _value(dialect, 0, TEXT)
    )
    return dialect.statement(fragment, "read meta")


def meta_set(dialect: Dialect) -> Statement:
    """A name and the value to note under it, whatever was there."""
    fragment = sql(
        "INSERT INTO {} (name, value) VALUES ({}, {})"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        identifier(META), _value(dialect, 0, TEXT), _value(dialect, 1, TEXT),
    )  # fmt: skip
    return dialect.statement(fragment, "write meta")


def _value(dialect: Dialect, place: int, kind: Type) -> Fragment:
    return dialect.argument(SlotValue(place), kind)


def _bytes(dialect: Dialect, place: int) -> Fragment:
    return parameter(SlotValue(place), None, dialect.bytes_cast)
