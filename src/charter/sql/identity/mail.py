"""Letters that are due: each is taken by one process, for a while."""

from functools import cache

from charter.contract.types import DATETIME, TEXT
from charter.sql.dialect import Dialect
from charter.sql.fragment import identifier, number, sql
from charter.sql.identity.tables import MAIL
from charter.sql.own.query import Query, decoder, slot
from charter.sql.sources import SlotValue

AT_ONCE = 10


@cache
def take_due(dialect: Dialect) -> Query:
    """Take some letters that are due: the values are until when, and now. Gives id, letter,
    tries (this one included) and when it was written."""
    until, now = slot(dialect, DATETIME, 0), slot(dialect, DATETIME, 1)
    table = identifier(MAIL.name)
    decoders = (None, None, None, decoder(dialect, DATETIME))
    if not dialect.returns_rows:
        due = sql(
            "SELECT id, letter, tries + 1, created_at FROM {} WHERE due_at <= {}"
            " ORDER BY due_at LIMIT {}{} SKIP LOCKED",
            table, now, number(AT_ONCE), dialect.locking(table),
        )  # fmt: skip
        taken = dialect.one_of(sql("id"), SlotValue(2), TEXT)
        held = sql("UPDATE {} SET due_at = {}, tries = tries + 1 WHERE {}", table, until, taken)
        return Query(
            dialect.statement(due, f"take {MAIL.name}"),
            decoders,
            then=dialect.statement(held, f"hold {MAIL.name}"),
        )
    # The condition stands twice: who has waited for another process finds its letters taken.
    fragment = sql(
        "UPDATE {} SET due_at = {}, tries = tries + 1 WHERE due_at <= {} AND id IN"
        " (SELECT id FROM {} WHERE due_at <= {} ORDER BY due_at LIMIT {})"
        " RETURNING id, letter, tries, created_at",
        table, until, now, table, now, number(AT_ONCE),
    )  # fmt: skip
    return Query(dialect.statement(fragment, f"take {MAIL.name}"), decoders)


@cache
def next_due(dialect: Dialect) -> Query:
    """When the next letter is due, or null."""
    fragment = sql("SELECT min(due_at) FROM {}", identifier(MAIL.name))
    statement = dialect.statement(fragment, f"next {MAIL.name}")
    return Query(statement, (decoder(dialect, DATETIME),))
