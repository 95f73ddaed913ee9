"""Whether a session or key is still good, which roles its account has, and for which tenant it
acts: one indexed read.

Roles come from the rows that grant them, at the moment of the request: a grant that is taken
away, in whatever way, is gone at once.
"""

from dataclasses import dataclass

from charter.contract.contract import Contract
from charter.contract.types import DATETIME, TEXT
from charter.sql.dialect import Dialect
from charter.sql.existing.source import named_source
from charter.sql.fragment import Fragment, identifier, joined, listed, qualified, sql
from charter.sql.identity.belonging import tenant_of
from charter.sql.identity.tables import API_KEYS, CREDENTIALS, SESSIONS
from charter.sql.own.model import OwnTable
from charter.sql.own.query import Query, decoder, slot
from charter.sql.sources import NowValue, SessionValue, TenantValue

SEPARATOR = "\x1f"
"""What stands between roles."""

_ROW = identifier("own")
_HELD = identifier("held")

COOKIE_COLUMNS = (
    "id", "account", "methods", "level", "signed_in_at", "seen_at", "expires_at", "ends_at",
)  # fmt: skip
KEY_COLUMNS = ("id", "account", "scopes", "used_at", "expires_at")


@dataclass(frozen=True, slots=True)
class Alive:
    """The reads. Each takes what it looks for and the time, and gives behind its columns the
    account's roles, all in one text or null, and the tenant that it acts for or null."""

    session: Query
    """By id; nothing else."""
    cookie: Query
    """By the digest of a cookie; COOKIE_COLUMNS."""
    key: Query
    """By the digest of an API key; KEY_COLUMNS."""
    key_id: Query
    """By the id of an API key; nothing else."""
    roles: Query
    """By account, without a time; the roles only."""


def alive(contract: Contract, dialect: Dialect) -> Alive:
    """The reads for a contract with accounts."""
    roles = _roles(contract, dialect)
    known = (roles, tenant_of(contract, dialect, _ROW))
    return Alive(
        _good(dialect, SESSIONS, (), "id", known),
        _good(dialect, SESSIONS, COOKIE_COLUMNS, "cookie", known),
        _good(dialect, API_KEYS, KEY_COLUMNS, "hash", known),
        _good(dialect, API_KEYS, (), "id", known),
        _found(dialect, CREDENTIALS, (), "account", (roles,), timed=False),
    )


def roles_in(text: str | None) -> frozenset[str]:
    """The roles in what a statement gives of them."""
    return frozenset(text.split(SEPARATOR)) if text else frozenset()


def session_roles(contract: Contract, dialect: Dialect) -> Fragment:
    """The roles of the actor's session, empty for none; null where the session has ended, or acts
    for another tenant than the actor. For a column of a statement that asks for something else."""
    where = sql(
        "{} = {} AND {} > {}",
        qualified(_ROW, "id"), dialect.argument(SessionValue(), TEXT),
        qualified(_ROW, "expires_at"), dialect.argument(NowValue(), DATETIME),
    )  # fmt: skip
    if contract.tenancy is not None:
        tenant = dialect.argument(TenantValue(TEXT), TEXT)
        same = dialect.same(tenant_of(contract, dialect, _ROW), tenant)
        where = sql("{} AND {}", where, same)
    return sql(
        "(SELECT coalesce({}, '') FROM {} AS {} WHERE {})",
        _roles(contract, dialect), identifier(SESSIONS.name), _ROW, where,
    )  # fmt: skip


def gathered(dialect: Dialect, role: Fragment) -> Fragment:
    """The roles of a group in one text."""
    return dialect.told_together(role, SEPARATOR)


def _good(
    dialect: Dialect,
    table: OwnTable,
    columns: tuple[str, ...],
    by: str,
    known: tuple[Fragment, ...],
) -> Query:
    return _found(dialect, table, columns, by, known, timed=True)


def _found(
    dialect: Dialect,
    table: OwnTable,
    columns: tuple[str, ...],
    by: str,
    known: tuple[Fragment, ...],
    *,
    timed: bool,
) -> Query:
    shown = listed((*(qualified(_ROW, name) for name in columns), *known))
    where = sql("{} = {}", qualified(_ROW, by), slot(dialect, table.kinds[by], 0))
    if timed:
        bound = slot(dialect, table.kinds["expires_at"], 1)
        where = sql("{} AND {} > {}", where, qualified(_ROW, "expires_at"), bound)
    fragment = sql("SELECT {} FROM {} AS {} WHERE {}", shown, identifier(table.name), _ROW, where)
    decoders = (*(decoder(dialect, table.kinds[name]) for name in columns), *(None for _ in known))
    return Query(dialect.statement(fragment, f"{by} of {table.name}"), decoders)


def _roles(contract: Contract, dialect: Dialect) -> Fragment:
    """The roles of the account of the row, from all resources whose rows grant them."""
    parts = []
    for grants in contract.grants:
        if grants.on is not None:
            continue
        resource = contract.resource_named[grants.resource]
        near = resource.relation_named[grants.account].near
        role, account = identifier(grants.role), qualified(_ROW, "account")
        rows = named_source(dialect, resource)
        table = sql("{} WHERE {} = {}", rows, identifier(near), account)
        parts.append((role, table))
    if not parts:
        return sql("NULL")
    if not dialect.names_outside:
        texts = [
            sql("(SELECT {} FROM {})", gathered(dialect, role), table) for role, table in parts
        ]
        return dialect.joined_texts(texts, SEPARATOR)
    held = gathered(dialect, qualified(_HELD, "role"))
    each = (sql("SELECT {} AS role FROM {}", role, table) for role, table in parts)
    return sql("(SELECT {} FROM ({}) AS {})", held, joined(" UNION ", each), _HELD)
