"""Letters of the realm, dropped in within the transaction that they tell of."""

from charter.serve.identity.letters import nobody
from charter.serve.identity.post import drop_in
from charter.serve.identity.realm import Realm, Visit
from charter.store.database import Transaction


async def send(
    realm: Realm,
    transaction: Transaction,
    visit: Visit,
    kind: str,
    to: str | None,
    token: str = "",
) -> None:
    """Write a letter; without a receiver one to nobody, which costs the same."""
    letter = nobody() if to is None else realm.letters.write(kind, to, token)
    await drop_in(realm.sealer, realm.dialect, transaction, letter, visit.now)
