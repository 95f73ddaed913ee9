"""Whether a session or key is still good, and which roles its account has: one indexed read.

Roles come from the rows that grant them, at the moment of the request: a grant that is taken
away, in whatever way, is gone at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import LiteralString

from charter.contract.contract import Contract
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, identifier, joined, listed, qualified, sql
from charter.sql.identity.model import OwnTable
from charter.sql.identity.query import Query, decoder, slot
from charter.sql.identity.tables import API_KEYS, CREDENTIALS, SESSIONS
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE

SEPARATOR = "\x1f"
"""What stands between roles."""

_GATHERED: Mapping[str, LiteralString] = MappingProxyType(
    {SQLITE.name: "group_concat({}, char(31))", POSTGRES.name: "string_agg({}, chr(31))"}
)
_ROW = identifier("own")
_HELD = identifier("held")

COOKIE_COLUMNS = (
    "id", "account", "methods", "level", "signed_in_at", "seen_at", "expires_at", "ends_at",
)  # fmt: skip
KEY_COLUMNS = ("id", "account", "scopes", "used_at", "expires_at")


@dataclass(frozen=True, slots=True)
class Alive:
    """The reads. Each takes what it looks for and the time, and gives the account's roles, all
    in one text or null, behind its columns."""

    session: Query
    """By id; nothing else."""
    cookie: Query
    """By the digest of a cookie; COOKIE_COLUMNS."""
    key: Query
    """By the digest of an API key; KEY_COLUMNS."""
    key_id: Query
    """By the id of an API key; nothing else."""
    roles: Query
    """By account, without a time; nothing else."""


def alive(contract: Contract, dialect: Dialect) -> Alive:
    """The reads for a contract with accounts."""
    roles = _roles(contract, dialect)
    return Alive(
        _good(dialect, SESSIONS, (), "id", roles),
        _good(dialect, SESSIONS, COOKIE_COLUMNS, "cookie", roles),
        _good(dialect, API_KEYS, KEY_COLUMNS, "hash", roles),
        _good(dialect, API_KEYS, (), "id", roles),
        _found(dialect, CREDENTIALS, (), "account", roles, timed=False),
    )


def _good(
    dialect: Dialect, table: OwnTable, columns: tuple[str, ...], by: str, roles: Fragment
) -> Query:
    return _found(dialect, table, columns, by, roles, timed=True)


def _found(
    dialect: Dialect,
    table: OwnTable,
    columns: tuple[str, ...],
    by: str,
    roles: Fragment,
    *,
    timed: bool,
) -> Query:
    shown = listed((*(qualified(_ROW, name) for name in columns), roles))
    where = sql("{} = {}", qualified(_ROW, by), slot(dialect, table.kinds[by], 0))
    if timed:
        bound = slot(dialect, table.kinds["expires_at"], 1)
        where = sql("{} AND {} > {}", where, qualified(_ROW, "expires_at"), bound)
    fragment = sql("SELECT {} FROM {} AS {} WHERE {}", shown, identifier(table.name), _ROW, where)
    decoders = (*(decoder(dialect, table.kinds[name]) for name in columns), None)
    return Query(dialect.statement(fragment, f"{by} of {table.name}"), decoders)


def _roles(contract: Contract, dialect: Dialect) -> Fragment:
    """The roles of the account of the row, from all resources whose rows grant them."""
    parts = []
    for grants in contract.grants:
        if grants.on is not None:
            continue
        resource = contract.resource_named[grants.resource]
        near = resource.relation_named[grants.account].near
        parts.append(
            sql(
                "SELECT {} AS role FROM {} WHERE {} = {}",
                identifier(grants.role),
                identifier(resource.table),
                identifier(near),
                qualified(_ROW, "account"),
            )
        )
    if not parts:
        return sql("NULL")
    gathered = sql(_GATHERED[dialect.name], qualified(_HELD, "role"))
    return sql("(SELECT {} FROM ({}) AS {})", gathered, joined(" UNION ", parts), _HELD)
