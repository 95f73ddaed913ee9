"""Dates and times of PostgreSQL as they are.

asyncpg takes the first and the last date and time that Python has for minus infinity and
infinity. To Charter they are values like all others.
"""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_DAY_ZERO = _EPOCH.toordinal()
_TICK = timedelta(microseconds=1)


async def keep_times(connection: "Connection") -> None:
    """Read and write dates and times by their numbers since PostgreSQL's epoch."""
    await connection.set_type_codec(
        "date", schema="pg_catalog", format="tuple", encoder=_days, decoder=_date
    )
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", format="tuple", encoder=_ticks, decoder=_datetime
    )


def _days(value: date) -> tuple[int]:
    return (value.toordinal() - _DAY_ZERO,)


def _date(found: tuple[int]) -> date:
    return date.fromordinal(_DAY_ZERO + found[0])


def _ticks(value: datetime) -> tuple[int]:
    return ((value - _EPOCH) // _TICK,)


def _datetime(found: tuple[int]) -> datetime:
    return _EPOCH + timedelta(microseconds=found[0])
