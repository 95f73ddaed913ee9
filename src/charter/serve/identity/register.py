"""Registering: an account is made when its address is confirmed, and not before.

Until then there is only a token with what is to become of it. So nobody can take an address
that is not theirs, and whether an address has an account shows in nothing but the letter that
is sent to it.
"""

from charter.core.codes import REGISTRATION_CLOSED
from charter.core.problems import Problem
from charter.serve.identity import attempts, credentials, onetime
from charter.serve.identity.logins import login_of
from charter.serve.identity.mailing import send
from charter.serve.identity.onetime import Purpose
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import write
from charter.store.database import Transaction
from charter.wire.identity.endpoint import NOTHING, Reply


async def register(realm: Realm, visit: Visit) -> Reply:
    """Ask for an account."""
    if not realm.settings.registration:
        raise Problem(REGISTRATION_CLOSED)
    email, password = visit.values["email"], visit.values["password"]
    words = (email, *(text for text in visit.account.values() if isinstance(text, str)))
    await credentials.require_strong(realm, password, words)
    hashed = await realm.hasher.hash(password)
    login = login_of(email)
    payload = {
        "email": email,
        "login": login,
        "password": hashed,
        "account": dict(visit.account),
    }

    async def work(transaction: Transaction) -> None:
        await attempts.count(realm, transaction, letter_tries(realm, login, visit), visit.now)
        there = await credentials.by_login(realm, transaction, login)
        purpose = Purpose.REGISTER if there is None else Purpose.NOTHING
        lifetime = realm.settings.link_lifetime
        token = await onetime.issue(
            realm, transaction, visit, purpose, None, payload, lifetime=lifetime
        )
        kind, to = ("verify", email) if there is None else ("registered", there.email)
        await send(realm, transaction, visit, kind, to, token)

    await write(realm, work)
    return NOTHING


def letter_tries(realm: Realm, login: str, visit: Visit) -> tuple[attempts.Try, ...]:
    """Nobody's mailbox is to be filled by us."""
    return (
        attempts.of(attempts.LETTERS, "letter", login),
        attempts.of_network(realm, "letter", visit.network),
    )
