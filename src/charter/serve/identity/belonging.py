"""Which tenants an account belongs to, as sessions ask for it."""

from charter.access.claims import is_name
from charter.serve.identity.realm import Realm
from charter.serve.identity.running import fetch
from charter.store.database import Transaction


async def sole_tenant(realm: Realm, transaction: Transaction, account: str) -> str | None:
    """The key of the one tenant that an account belongs to; None where there is none, or more."""
    if realm.tenants is None:
        return None
    rows = await fetch(transaction, realm.tenants.two, account)
    return rows[0][0] if len(rows) == 1 and is_name(rows[0][0]) else None


async def belongs(realm: Realm, transaction: Transaction, account: str, tenant: str) -> bool:
    """Whether an account belongs to a tenant, by its key as text."""
    if realm.tenants is None or not is_name(tenant):
        return False
    return bool(await fetch(transaction, realm.tenants.one, account, tenant))
