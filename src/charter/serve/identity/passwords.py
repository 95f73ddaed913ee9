"""Passwords: forgotten, set anew, changed."""

from charter.core.codes import (
    INSUFFICIENT_USER_AUTHENTICATION,
    INVALID_VALUES,
    SESSION_ENDED,
    WRONG_PASSWORD,
)
from charter.core.problems import Flaw, Problem
from charter.serve.identity import attempts, credentials, factors, onetime, sessions
from charter.serve.identity.credentials import Credential
from charter.serve.identity.logins import login_of
from charter.serve.identity.mailing import send
from charter.serve.identity.onetime import Purpose
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.register import letter_tries
from charter.serve.identity.running import write
from charter.serve.identity.sessions import AAL2, Opened
from charter.serve.identity.tokens import signed_in
from charter.store.database import Transaction
from charter.wire.identity.endpoint import NOTHING, Reply


async def forgot(realm: Realm, visit: Visit) -> Reply:
    """Ask for a letter with which to set a new password."""
    login = login_of(visit.values["email"])

    async def work(transaction: Transaction) -> None:
        await attempts.count(realm, transaction, letter_tries(realm, login, visit), visit.now)
        found = await credentials.by_login(realm, transaction, login)
        purpose = Purpose.RESET if found is not None else Purpose.NOTHING
        account = None if found is None else found.account
        lifetime = realm.settings.link_lifetime
        token = await onetime.issue(
            realm, transaction, visit, purpose, account, {}, lifetime=lifetime
        )
        to = None if found is None else found.email
        await send(realm, transaction, visit, "reset", to, token)

    await write(realm, work)
    return NOTHING


async def reset(realm: Realm, visit: Visit) -> Reply:
    """Set a new password by the token of a letter: all sessions end, and what was counted
    against the account is forgotten."""
    token, password = visit.values["token"], visit.values["password"]
    found = await onetime.find(realm, visit, token, Purpose.RESET)
    owner = await credentials.of_account(realm, found.account or "")
    await credentials.require_strong(realm, password, () if owner is None else (owner.email,))
    hashed = await realm.hasher.hash(password)

    async def work(transaction: Transaction) -> None:
        spent = await onetime.spend(realm, transaction, visit, token, Purpose.RESET)
        owner = await credentials.by_account(realm, transaction, spent.account or "")
        if owner is None:
            raise Problem(SESSION_ENDED)
        await credentials.set_password(realm, transaction, owner.account, hashed, visit.now)
        await sessions.end_all(realm, transaction, owner.account)
        await onetime.withdraw(realm, transaction, owner.account, Purpose.RESET)
        await attempts.forget(realm, transaction, owner.login, visit.network, visit.now)
        await send(realm, transaction, visit, "password_changed", owner.email)

    await write(realm, work)
    return NOTHING


async def change(realm: Realm, visit: Visit) -> Reply:
    """Set a new password; who has the old one stays signed in here, and nowhere else."""
    password = visit.values["password"]
    owner = await proven(realm, visit, visit.values["current_password"], "/current_password")
    await credentials.require_strong(realm, password, (owner.email,))
    hashed = await realm.hasher.hash(password)

    async def work(transaction: Transaction) -> Opened | None:
        old = await _session(realm, transaction, visit)
        if old is None:
            return None
        if old.level != AAL2 and await factors.enrolled(realm, transaction, owner.account):
            message = "This takes a sign-in with a second factor."
            raise Problem(INSUFFICIENT_USER_AUTHENTICATION, message, members={"acr_values": AAL2})
        await credentials.set_password(realm, transaction, owner.account, hashed, visit.now)
        await sessions.end_all(realm, transaction, owner.account)
        await onetime.withdraw(realm, transaction, owner.account, Purpose.RESET)
        await send(realm, transaction, visit, "password_changed", owner.email)
        return await sessions.open_session(
            realm,
            transaction,
            visit,
            owner.account,
            old.methods,
            browser=visit.browser,
            signed_in_at=visit.now,
        )

    opened = await write(realm, work)
    if opened is None:
        raise Problem(SESSION_ENDED)
    return signed_in(realm, opened, visit.now)


async def proven(realm: Realm, visit: Visit, password: str, place: str) -> Credential:
    """The credential of who asks, by their password. Raises `invalid_values`; tries are
    counted."""
    tries = attempts.of(realm.settings.free_tries, "password", visit.me)

    async def work(transaction: Transaction) -> Credential | None:
        await attempts.count(realm, transaction, (tries,), visit.now)
        return await credentials.by_account(realm, transaction, visit.me)

    owner = await write(realm, work)
    stored = None if owner is None else owner.password
    verified = await realm.hasher.verify(stored, password)
    if owner is None or not verified.ok:
        flaw = Flaw(WRONG_PASSWORD.name, WRONG_PASSWORD.title, place)
        raise Problem(INVALID_VALUES, WRONG_PASSWORD.title, flaws=(flaw,))
    await write(realm, lambda transaction: attempts.succeed(realm, transaction, tries))
    return owner


async def _session(realm: Realm, transaction: Transaction, visit: Visit) -> sessions.Session | None:
    if visit.actor.session is None:
        return None
    return await sessions.find(realm, transaction, visit.actor.session, visit.now)
