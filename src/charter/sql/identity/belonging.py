"""Which accounts belong to which tenants: the rows that grant a role on a tenant say so.

A session and an API key keep the key of the tenant that they act for as text. It counts as long
as such a row is there: a membership that is taken away, in whatever way, is gone at once.
"""

from charter.contract.contract import Contract
from charter.contract.identity import Grants
from charter.contract.resource import Resource
from charter.sql.dialect import Dialect
from charter.sql.existing.source import named_source
from charter.sql.fragment import Fragment, identifier, joined, qualified, sql


def memberships(contract: Contract) -> tuple[Grants, ...]:
    """The grants whose rows make accounts members of tenants."""
    tenancy = contract.tenancy
    if contract.accounts is None or tenancy is None:
        return ()
    return tuple(
        item
        for item in contract.grants
        if item.on is not None
        and contract.resource_named[item.resource].relation_named[item.on].target
        == tenancy.resource
    )


def tenant_of(contract: Contract, dialect: Dialect, row: Fragment) -> Fragment:
    """The tenant that a row with an account and a tenant is good for; null where it names none,
    or its account does not belong to it."""
    belongs = [
        sql(
            "EXISTS (SELECT 1 FROM {} WHERE {} AND {} = {})",
            named_source(dialect, resource),
            sql("{} = {}", account_of(resource, grants), qualified(row, "account")),
            key_of(dialect, resource, grants),
            qualified(row, "tenant"),
        )
        for grants in memberships(contract)
        for resource in (contract.resource_named[grants.resource],)
    ]
    if not belongs:
        return sql("NULL")
    return sql("CASE WHEN {} THEN {} END", joined(" OR ", belongs), qualified(row, "tenant"))


def account_of(resource: Resource, grants: Grants) -> Fragment:
    """The column of a membership with its account."""
    return identifier(resource.relation_named[grants.account].near)


def key_of(dialect: Dialect, resource: Resource, grants: Grants) -> Fragment:
    """The key of the tenant of a membership, as text."""
    if grants.on is None:
        raise ValueError("these rows grant roles everywhere")
    return dialect.as_text(identifier(resource.relation_named[grants.on].near))
