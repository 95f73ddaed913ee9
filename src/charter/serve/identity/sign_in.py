"""Signing in: with a password, and with a second factor where the account has one.

Whether there is such an account shows in nothing: the same statements run, and the same work of
hashing is done, for an address without an account as for a wrong password.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from charter.core.codes import INVALID_CODE, INVALID_CREDENTIALS, MFA_REQUIRED
from charter.core.problems import Problem
from charter.serve.identity import attempts, credentials, factors, onetime, sessions
from charter.serve.identity.credentials import Credential
from charter.serve.identity.logins import login_of
from charter.serve.identity.onetime import Purpose
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import write
from charter.serve.identity.sessions import AAL2, Opened, level_of
from charter.serve.identity.tokens import cookie_in, signed_in
from charter.store.database import Transaction
from charter.wire.identity.endpoint import Reply

SECOND_FACTOR_SECONDS = 300.0
_PASSWORD = frozenset({"pwd"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A second factor is asked for: the token to go on with."""

    token: str = field(repr=False)


Outcome = Opened | Asked | Problem


def proven_so_far(methods: Iterable[str], signed_in_at: datetime | None) -> dict[str, Any]:
    """What is kept of a first factor until the second one is proven."""
    when = None if signed_in_at is None else signed_in_at.timestamp()
    return {"methods": sorted(methods), "signed_in_at": when}


def _first_step(payload: Mapping[str, Any]) -> tuple[frozenset[str], datetime | None]:
    when = payload["signed_in_at"]
    return (
        frozenset(payload["methods"]),
        None if when is None else datetime.fromtimestamp(when, UTC),
    )


async def sign_in(realm: Realm, visit: Visit) -> Reply:
    """Sign in, or go on to sign in."""
    if "mfa_token" in visit.values:
        return await _second_step(realm, visit)
    login = login_of(visit.values["email"])
    found = await _counted(realm, visit, login)
    hashed = await _rehashed(realm, visit, found)
    if found is None:
        raise Problem(INVALID_CREDENTIALS)
    return await _signed_in(realm, visit, found, hashed)


async def _counted(realm: Realm, visit: Visit, login: str) -> Credential | None:
    async def work(transaction: Transaction) -> Credential | None:
        tries = await attempts.to_sign_in(realm, transaction, login, visit.network)
        await attempts.count(realm, transaction, tries, visit.now)
        return await credentials.by_login(realm, transaction, login)

    return await write(realm, work)


async def _rehashed(realm: Realm, visit: Visit, found: Credential | None) -> str | None:
    """Require the password; its new hash, where the stored one is of an older kind."""
    password = visit.values["password"]
    verified = await realm.hasher.verify(None if found is None else found.password, password)
    if not verified.ok:
        raise Problem(INVALID_CREDENTIALS)
    return await realm.hasher.hash(password) if verified.needs_upgrade else None


async def _signed_in(realm: Realm, visit: Visit, found: Credential, hashed: str | None) -> Reply:
    async def work(transaction: Transaction) -> Outcome:
        current = await credentials.by_account(realm, transaction, found.account)
        if current is None or current.password != found.password:
            return Problem(INVALID_CREDENTIALS)
        if hashed is not None:
            now = current.changed_at
            await credentials.set_password(realm, transaction, found.account, hashed, now)
        return await complete(realm, transaction, visit, found, _PASSWORD)

    return answer(realm, visit, await write(realm, work))


async def complete(
    realm: Realm,
    transaction: Transaction,
    visit: Visit,
    owner: Credential,
    methods: frozenset[str],
) -> Outcome:
    """What a first factor comes to: a session, unless the account asks for a second one and
    these methods are none."""
    code = visit.values.get("code")
    if level_of(methods) != AAL2 and await factors.enrolled(realm, transaction, owner.account):
        if code is None:
            await attempts.succeeded(realm, transaction, owner.login, visit.network, visit.now)
            token = await onetime.issue(
                realm,
                transaction,
                visit,
                Purpose.SECOND_FACTOR,
                owner.account,
                proven_so_far(methods, visit.now),
                lifetime=SECOND_FACTOR_SECONDS,
            )
            return Asked(token)
        proven = await factors.prove(realm, transaction, visit, owner.account, code)
        if proven is None:
            return Problem(INVALID_CODE)
        methods |= proven
    await attempts.succeeded(realm, transaction, owner.login, visit.network, visit.now)
    return await _open(realm, transaction, visit, owner.account, methods, visit.now)


async def _second_step(realm: Realm, visit: Visit) -> Reply:
    """Go on after the password was right. The token is used up by a right code only."""
    token, code = visit.values["mfa_token"], visit.values["code"]
    found = await onetime.find(realm, visit, token, Purpose.SECOND_FACTOR)

    async def work(transaction: Transaction) -> Outcome:
        if found.account is None:
            return Problem(INVALID_CODE)
        proven = await factors.prove(realm, transaction, visit, found.account, code)
        if proven is None:
            return Problem(INVALID_CODE)
        await onetime.spend(realm, transaction, visit, token, Purpose.SECOND_FACTOR)
        first, signed_in = _first_step(found.payload)
        return await _open(realm, transaction, visit, found.account, first | proven, signed_in)

    return answer(realm, visit, await write(realm, work))


async def _open(
    realm: Realm,
    transaction: Transaction,
    visit: Visit,
    account: str,
    methods: frozenset[str],
    signed_in_at: datetime | None,
) -> Opened:
    browser = visit.values["mode"] == "browser"
    if browser:
        await end_before(realm, transaction, visit)
    return await sessions.open_session(
        realm, transaction, visit, account, methods, browser=browser, signed_in_at=signed_in_at
    )


async def end_before(realm: Realm, transaction: Transaction, visit: Visit) -> None:
    """End the session that a browser comes with: it gets another one."""
    cookie = cookie_in(visit.cookies)
    if cookie is not None:
        await sessions.end_of_cookie(realm, transaction, cookie)


def answer(realm: Realm, visit: Visit, found: Outcome) -> Reply:
    """What a transaction that was committed came to: a refusal is told after what it has
    counted is kept."""
    match found:
        case Problem():
            raise found
        case Asked(token):
            methods = ["otp", "recovery_code"]
            raise Problem(MFA_REQUIRED, members={"mfa_token": token, "methods": methods})
        case Opened():
            return signed_in(realm, found, visit.now)
