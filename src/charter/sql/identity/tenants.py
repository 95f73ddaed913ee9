"""The tenants of an account, with the roles that it has in them."""

from dataclasses import dataclass

from charter.contract.contract import Contract
from charter.contract.types import TEXT
from charter.sql.dialect import Dialect
from charter.sql.existing.source import named_source
from charter.sql.fragment import Fragment, identifier, joined, number, qualified, sql
from charter.sql.identity.alive import gathered
from charter.sql.identity.belonging import account_of, key_of, memberships
from charter.sql.own.model import Raw
from charter.sql.own.query import Query, slot

MOST_TENANTS = 1000
_HELD = identifier("held")


@dataclass(frozen=True, slots=True)
class Tenants:
    """The reads. Each gives keys, as text, in their order, and the roles in one text."""

    all: Query
    """By account; at most MOST_TENANTS."""
    two: Query
    """By account; at most two: enough to know whether there is just one."""
    one: Query
    """By account and key; nothing where the account does not belong to it."""


def tenants(contract: Contract, dialect: Dialect) -> Tenants | None:
    """The reads for a contract; None where no account can belong to a tenant."""
    if not memberships(contract):
        return None
    return Tenants(
        _query(contract, dialect, MOST_TENANTS),
        _query(contract, dialect, 2),
        _query(contract, dialect, 1, named=True),
    )


def _query(contract: Contract, dialect: Dialect, most: int, *, named: bool = False) -> Query:
    held = joined(" UNION ", _rows(contract, dialect, named=named))
    tenant = qualified(_HELD, "tenant")
    fragment = sql(
        "SELECT {}, {} FROM ({}) AS {} WHERE {} IS NOT NULL GROUP BY {} ORDER BY {} LIMIT {}",
        tenant, gathered(dialect, qualified(_HELD, "role")), held, _HELD,
        tenant, tenant, tenant, number(most),
    )  # fmt: skip
    return Query(dialect.statement(fragment, "tenants of an account"), (None, None))


def _rows(contract: Contract, dialect: Dialect, *, named: bool) -> list[Fragment]:
    found = []
    for grants in memberships(contract):
        resource = contract.resource_named[grants.resource]
        key = key_of(dialect, resource, grants)
        where = sql("{} = {}", account_of(resource, grants), slot(dialect, Raw.ACCOUNT, 0))
        if named:
            where = sql("{} AND {} = {}", where, key, slot(dialect, TEXT, 1))
        found.append(
            sql(
                "SELECT {} AS tenant, {} AS role FROM {} WHERE {}",
                key, identifier(grants.role), named_source(dialect, resource), where,
            )
        )  # fmt: skip
    return found
