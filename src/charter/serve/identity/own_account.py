"""What somebody can do with their own account: give it another address, delete it."""

from charter.core.codes import NOT_FOUND
from charter.core.problems import Problem
from charter.serve.engine.work import Work
from charter.serve.identity import accounts, attempts, credentials, onetime
from charter.serve.identity.logins import login_of
from charter.serve.identity.mailing import send
from charter.serve.identity.onetime import Purpose
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.register import letter_tries
from charter.serve.identity.running import write
from charter.store.database import Transaction
from charter.wire.cookies import NO_SESSION
from charter.wire.identity.endpoint import NOTHING, Reply


async def change_email(realm: Realm, visit: Visit) -> Reply:
    """Ask for another address; what comes of it is in letters only."""
    email = visit.values["email"]
    login = login_of(email)

    async def work(transaction: Transaction) -> None:
        await attempts.count(realm, transaction, letter_tries(realm, login, visit), visit.now)
        there = await credentials.by_login(realm, transaction, login)
        await onetime.withdraw(realm, transaction, visit.me, Purpose.EMAIL)
        purpose = Purpose.EMAIL if there is None else Purpose.NOTHING
        payload = {"email": email, "login": login}
        lifetime = realm.settings.link_lifetime
        token = await onetime.issue(
            realm, transaction, visit, purpose, visit.me, payload, lifetime=lifetime
        )
        kind, to = ("email", email) if there is None else ("email_taken", there.email)
        await send(realm, transaction, visit, kind, to, token)

    await write(realm, work)
    return NOTHING


async def delete_account(realm: Realm, visit: Visit) -> Reply:
    """Delete this account. Raises `still_referenced` where other rows need it."""

    async def work(under_way: Work) -> None:
        owner = await credentials.by_account(realm, under_way.transaction, visit.me)
        if owner is None:
            raise Problem(NOT_FOUND)
        await send(realm, under_way.transaction, visit, "deleted", owner.email)
        await accounts.delete(realm, under_way, visit.me)

    await accounts.working(realm, visit, visit.me, work)
    return Reply(cookies=(NO_SESSION,)) if visit.browser else NOTHING
