"""Ways to sign in: an account is never left without one."""

from charter.core.codes import LAST_WAY_TO_SIGN_IN
from charter.core.problems import Problem
from charter.serve.identity.realm import Realm
from charter.serve.identity.running import fetch
from charter.sql.identity.tables import CREDENTIALS, IDENTITIES, PASSKEYS
from charter.sql.own import query
from charter.store.database import Transaction


async def require_one(realm: Realm, transaction: Transaction, account: str) -> None:
    """Raises `last_way_to_sign_in` where what was just removed was the last one.

    The account's credentials are locked first: of two who remove the last two ways at once, one
    sees what the other has done.
    """
    locking = query.change(
        realm.dialect, CREDENTIALS, ("account",), ("account",), returning=("password",)
    )
    rows = await fetch(transaction, locking, account, account)
    if rows and rows[0][0] is not None:
        return
    if realm.passkeys is not None:
        passkeys = query.find(realm.dialect, PASSKEYS, ("id",), ("account",))
        if await fetch(transaction, passkeys, account):
            return
    identities = query.find(realm.dialect, IDENTITIES, ("issuer",), ("account",))
    usable = issuers(realm)
    if not any(issuer in usable for (issuer,) in await fetch(transaction, identities, account)):
        raise Problem(LAST_WAY_TO_SIGN_IN)


def issuers(realm: Realm) -> dict[str, str]:
    """The issuers of the providers that are set, with the names of these."""
    parties = {} if realm.parties is None else realm.parties.by_name
    return {party.provider.issuer: name for name, party in parties.items()}
