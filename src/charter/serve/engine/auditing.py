"""Verifying the audit log: every digest worked out again, every lane to its end."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from charter.serve.engine.audit import UNSIGNED, Row, digest_of
from charter.sql import audit as statements
from charter.sql.dialect import Dialect
from charter.store.database import Database


@dataclass(frozen=True, slots=True)
class Damage:
    """Where the log is not what was written, and how."""

    lane: int
    number: int
    what: str


@dataclass(slots=True)
class Verified:
    """What a check of the whole log has found. `heads` tells how far each lane goes, to be
    compared with what was noted elsewhere."""

    rows: int = 0
    unsigned: int = 0
    heads: dict[int, tuple[int, str]] = field(default_factory=dict)
    damages: list[Damage] = field(default_factory=list)


async def verified(
    database: Database, dialect: Dialect, keys: Mapping[str, bytes]
) -> AsyncIterator[Verified]:
    """The findings so far, after each batch of rows; the last ones are the whole. `keys` are
    those of the signers, by their names."""
    found = Verified()
    ends = await _ends(database, dialect)
    query = statements.whole_log(dialect)
    batches = database.stream(query.statement, query.arguments(()))
    async with aclosing(batches):
        async for batch in batches:
            for values in query.decoded(batch):
                _judge(found, Row(*values), keys)
            yield found
    for lane in sorted(ends.keys() | found.heads.keys()):
        if found.heads.get(lane, (0, "")) != ends.get(lane, (0, "")):
            number = found.heads.get(lane, (0, ""))[0]
            found.damages.append(Damage(lane, number + 1, "the end of the lane is missing"))
    yield found


def _judge(found: Verified, row: Row, keys: Mapping[str, bytes]) -> None:
    number, previous = found.heads.get(row.lane, (0, ""))
    found.rows += 1
    found.unsigned += row.signer == UNSIGNED
    key = keys.get(row.signer)
    if row.number != number + 1:
        what = f"the rows from {number + 1} to {row.number - 1} are missing"
        found.damages.append(Damage(row.lane, number + 1, what))
    elif key is None:
        found.damages.append(Damage(row.lane, row.number, f"no key of the name {row.signer}"))
    elif digest_of(previous, row, key) != row.digest:
        found.damages.append(Damage(row.lane, row.number, "the row is not what was written"))
    found.heads[row.lane] = (row.number, row.digest)


async def _ends(database: Database, dialect: Dialect) -> dict[int, tuple[int, str]]:
    query = statements.heads(dialect)
    rows = query.decoded(await database.read(query.statement, query.arguments(())))
    return {lane: (number, digest) for lane, number, digest in rows}
