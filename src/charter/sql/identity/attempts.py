"""Counting what is tried, before it is known how it ends: exact however many try at once.

Each key may be tried `spare` times freely, then once after a delay that doubles up to
LONGEST_DELAY. A try before its time is refused and not counted, so nobody is kept out by being
tried for again and again in between. Counts are forgotten after a while without a failure.
"""

from functools import cache

from charter.contract.types import INTEGER, TEXT
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, identifier, joined, listed, number, sql
from charter.sql.identity.tables import ATTEMPTS
from charter.sql.own.query import Query, slot
from charter.sql.sources import SlotValue

LONGEST_DELAY = 15 * 60 * 1000
"""Milliseconds."""
FORGET_AFTER = 24 * 60 * 60 * 1000
"""Milliseconds after the last failure."""
_DOUBLINGS = 10


@cache
def count_tries(dialect: Dialect, keys: int) -> Query:
    """Count one try of each key; gives the keys that may be tried now.

    The values are the time in milliseconds, then each key with how many tries are free; the
    keys have to come in ascending order, so that two who count do not wait for each other.
    """
    now = slot(dialect, INTEGER, 0)
    rows = listed(
        sql(
            "({}, {}, {}, {}, {})",
            slot(dialect, TEXT, 1 + 2 * row), number(int(dialect.returns_rows)),
            slot(dialect, INTEGER, 2 + 2 * row), now, now,
        )
        for row in range(keys)
    )  # fmt: skip
    table = identifier(ATTEMPTS.name)
    stale = sql("{}.last_at <= {} - {}", table, now, number(FORGET_AFTER))
    failures = sql("CASE WHEN {} THEN 1 ELSE {}.failures + 1 END", stale, table)
    if not dialect.returns_rows:
        return _count_in_steps(dialect, keys, rows, failures)
    beyond = sql("{} - excluded.spare", failures)
    fragment = sql(
        "INSERT INTO {} (key, failures, spare, free_at, last_at) VALUES {}"
        " ON CONFLICT (key) DO UPDATE SET failures = {}, spare = excluded.spare,"
        " free_at = {} + {}, last_at = {} WHERE {}.free_at <= {} RETURNING key",
        table, rows, failures, now, _delay(beyond), now, table, now,
    )  # fmt: skip
    return Query(dialect.statement(fragment, f"count {ATTEMPTS.name}"), (None,))


def _count_in_steps(dialect: Dialect, keys: int, rows: Fragment, failures: Fragment) -> Query:
    """The same: lock the rows of all keys, made where they are not, ask which may be tried, and
    count those. The assignments of one UPDATE see those before them, so failures come last."""
    now, table, key = slot(dialect, INTEGER, 0), identifier(ATTEMPTS.name), identifier("key")
    named = listed(slot(dialect, TEXT, 1 + 2 * row) for row in range(keys))
    made = sql(
        "INSERT INTO {} ({}, failures, spare, free_at, last_at) VALUES {} ON DUPLICATE KEY UPDATE"
        " spare = CASE WHEN free_at <= {} THEN VALUES(spare) ELSE spare END",
        table, key, rows, now,
    )  # fmt: skip
    free = sql(
        "SELECT {} FROM {} WHERE {} IN ({}) AND free_at <= {} ORDER BY {}",
        key, table, key, named, now, key,
    )  # fmt: skip
    counting = sql(
        "UPDATE {} SET free_at = {} + {}, failures = {}, last_at = {} WHERE {}",
        table, now, _delay(sql("{} - spare", failures)), failures, now,
        dialect.one_of(key, SlotValue(1 + 2 * keys), TEXT),
    )  # fmt: skip
    label = f"count {ATTEMPTS.name}"
    return Query(
        dialect.statement(free, f"free {ATTEMPTS.name}"),
        (None,),
        before=dialect.statement(made, f"make {ATTEMPTS.name}"),
        then=dialect.statement(counting, label),
    )


@cache
def free_times(dialect: Dialect, keys: int) -> Query:
    """When each of some keys may be tried again, the latest of them, in milliseconds."""
    fragment = sql(
        "SELECT max(free_at) FROM {} WHERE {} IN ({})",
        identifier(ATTEMPTS.name),
        identifier("key"),
        listed(slot(dialect, TEXT, place) for place in range(keys)),
    )
    return Query(dialect.statement(fragment, f"delays {ATTEMPTS.name}"), (None,))


@cache
def take_back(dialect: Dialect) -> Query:
    """One try of a key was no failure: it does not count, and delays nobody."""
    fragment = sql(
        "UPDATE {} SET failures = failures - 1, free_at = last_at WHERE {} = {} AND failures > 0",
        identifier(ATTEMPTS.name), identifier("key"), slot(dialect, TEXT, 0),
    )  # fmt: skip
    return Query(dialect.statement(fragment, f"take back {ATTEMPTS.name}"))


def _delay(beyond: Fragment) -> Fragment:
    """The delay after so many failures beyond the free ones."""
    cases = joined(
        " ",
        (
            sql("WHEN {} < {} THEN {}", beyond, number(count), number(_after(count)))
            for count in range(_DOUBLINGS + 1)
        ),
    )
    return sql("CASE {} ELSE {} END", cases, number(LONGEST_DELAY))


def _after(count: int) -> int:
    return min(1000 << (count - 1), LONGEST_DELAY) if count else 0
