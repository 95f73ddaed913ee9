"""Identities: who somebody is for identity providers. Linked, listed and unlinked."""

from charter.access.oidc.identity import Identity
from charter.core.codes import NOT_FOUND
from charter.core.ids import uuid7
from charter.core.problems import Problem
from charter.serve.identity import credentials, ways
from charter.serve.identity.mailing import send
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, read, run, write
from charter.sql.identity.tables import IDENTITIES
from charter.sql.own import query
from charter.store.database import Transaction
from charter.wire.identity.endpoint import NOTHING, Reply

_COLUMNS = ("id", "issuer", "email", "created_at")


async def account_of(realm: Realm, transaction: Transaction, identity: Identity) -> str | None:
    """The account that an identity is linked to. Only issuer and subject name one."""
    finding = query.find(realm.dialect, IDENTITIES, ("account",), ("issuer", "subject"))
    rows = await fetch(transaction, finding, identity.issuer, identity.subject)
    found: str | None = rows[0][0] if rows else None
    return found


async def add(
    realm: Realm, transaction: Transaction, visit: Visit, identity: Identity, account: str
) -> None:
    """Link an identity to an account. Raises Violated where it is linked by now."""
    values = (
        identity.issuer, identity.subject, str(uuid7()), account, identity.email, visit.now,
    )  # fmt: skip
    await run(transaction, query.insert(realm.dialect, IDENTITIES), *values)


async def listed(realm: Realm, visit: Visit) -> Reply:
    """The identities of this account, with the names of their providers; none where a provider
    is not set any more."""
    finding = query.find(realm.dialect, IDENTITIES, _COLUMNS, ("account",))
    rows = await read(realm.database, finding, visit.me)
    names = ways.issuers(realm)
    items = [
        {"id": id_, "provider": names.get(issuer), "email": email, "created_at": created_at}
        for id_, issuer, email, created_at in rows
    ]
    return Reply({"items": items})


async def remove(realm: Realm, visit: Visit) -> Reply:
    """Unlink an identity of this account. Raises `last_way_to_sign_in`."""
    removing = query.remove(realm.dialect, IDENTITIES, ("account", "id"), returning=("id",))

    async def work(transaction: Transaction) -> None:
        if not await fetch(transaction, removing, visit.me, visit.key):
            raise Problem(NOT_FOUND)
        await ways.require_one(realm, transaction, visit.me)
        owner = await credentials.by_account(realm, transaction, visit.me)
        to = None if owner is None else owner.email
        await send(realm, transaction, visit, "identity_removed", to)

    await write(realm, work)
    return NOTHING
