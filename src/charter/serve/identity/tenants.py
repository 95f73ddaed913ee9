"""The tenant that somebody acts for: which there are, and to choose one."""

from charter.contract.contract import Contract
from charter.core.codes import NOT_FOUND, SESSION_ENDED
from charter.core.problems import Problem
from charter.plan.tenants import tenant_key
from charter.serve.identity import sessions
from charter.serve.identity.belonging import belongs
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import read, write
from charter.serve.identity.sessions import Opened
from charter.serve.identity.tokens import bearer
from charter.sql.identity.alive import roles_in
from charter.store.database import Transaction
from charter.wire.identity.endpoint import Reply

_DONE = 204


async def listed(realm: Realm, visit: Visit) -> Reply:
    """The tenants of this account, with its roles in them."""
    found = realm.tenants
    rows = [] if found is None else await read(realm.database, found.all, visit.me)
    items = [{"tenant": key, "roles": sorted(roles_in(held))} for key, held in rows]
    return Reply({"items": items})


async def choose(realm: Realm, visit: Visit) -> Reply:
    """Act for a tenant from now on, or for none. A tenant of others is one that there is not."""
    said = visit.values["tenant"]
    tenant = None if said is None else _written(realm.contract, said)

    async def work(transaction: Transaction) -> Opened:
        found = await sessions.find(realm, transaction, visit.actor.session or "", visit.now)
        if found is None:
            raise Problem(SESSION_ENDED)
        if said is not None and (
            tenant is None or not await belongs(realm, transaction, found.account, tenant)
        ):
            raise Problem(NOT_FOUND, "This account belongs to no such tenant.")
        session = await sessions.act_for(realm, transaction, found, tenant)
        return Opened(session, await sessions.roles_of(realm, transaction, session.account))

    opened = await write(realm, work)
    if opened.session.cookie is not None:
        return Reply(status=_DONE)
    return Reply(bearer(realm, opened, visit.now))


def _written(contract: Contract, text: str) -> str | None:
    """The key as it is stored in sessions; None where it can be none of a tenant."""
    if contract.tenancy is None:
        return None
    key = tenant_key(text, contract.resource_named[contract.tenancy.resource].key.type)
    return None if key is None else str(key)
