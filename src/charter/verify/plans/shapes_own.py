"""Statements over Charter's own tables that requests wait for: sessions, keys, idempotency."""

from collections.abc import Iterator
from operator import attrgetter

from charter.contract.contract import Contract
from charter.sql.dialect import Dialect
from charter.sql.identity.alive import Alive, alive
from charter.sql.identity.belonging import memberships
from charter.sql.identity.tables import API_KEYS, CREDENTIALS, SESSIONS
from charter.sql.identity.tenants import tenants
from charter.sql.own.model import OwnTable
from charter.sql.own.query import Query, find
from charter.sql.statement import Statement
from charter.sql.system_statements import once_find
from charter.verify.plans.shape import Choice, Make, Origin, Shape, Wanted

_TIME = Wanted("", "", Choice.TIME)
_TEXT = Wanted("", "", Choice.WORD)


def own_shapes(contract: Contract) -> Iterator[Shape]:
    """Those that read; the others put one row in, or find it by its key."""
    yield _shape("find the answer to an Idempotency-Key", _once, _TEXT, _TEXT, _TIME)
    if contract.accounts is None:
        return
    for name, part, table, column in (
        ("whether a session is alive", "session", SESSIONS, "id"),
        ("whose cookie it is", "cookie", SESSIONS, "cookie"),
        ("whose API key it is", "key", API_KEYS, "hash"),
        ("whether an API key is alive", "key_id", API_KEYS, "id"),
    ):
        yield _shape(name, _alive(attrgetter(part)), Wanted(table.name, column), _TIME)
    account = Wanted(contract.user, "id")
    yield _shape("roles of an account", _alive(attrgetter("roles")), account)
    yield _shape(
        "credentials of a login", _found(CREDENTIALS, "login"), Wanted(CREDENTIALS.name, "login")
    )
    yield _shape("sessions of an account", _found(SESSIONS, "account"), account)
    yield _shape("API keys of an account", _found(API_KEYS, "account"), account)
    if memberships(contract):
        yield _shape("tenants of an account", _tenants, account)


def _shape(name: str, make: Make, *wanted: Wanted) -> Shape:
    return Shape(name, None, (), ("everybody",), Origin.CONTRACT, make, wanted)


def _once(_: Contract, dialect: Dialect) -> Statement:
    return once_find(dialect)


def _alive(part: "attrgetter[Query]") -> Make:
    def make(contract: Contract, dialect: Dialect) -> Statement:
        reads: Alive = alive(contract, dialect)
        return part(reads).statement

    return make


def _found(table: OwnTable, by: str) -> Make:
    return lambda _, dialect: find(dialect, table, table.names, (by,)).statement


def _tenants(contract: Contract, dialect: Dialect) -> Statement:
    reads = tenants(contract, dialect)
    if reads is None:
        raise ValueError("no account belongs to a tenant here")
    return reads.all.statement
