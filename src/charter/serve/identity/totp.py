"""Authenticator apps: enrolled, confirmed, removed; and recovery codes."""

from charter.access.qr import qr_svg
from charter.access.totp import match_totp, new_totp_secret, secret_text, totp_uri
from charter.core.codes import INVALID_CODE, NOT_FOUND, WRONG_STATE
from charter.core.problems import Problem
from charter.serve.identity import attempts, credentials, factors, sessions
from charter.serve.identity.mailing import send
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, run, write
from charter.sql.identity.tables import RECOVERY_CODES, TOTP
from charter.sql.own import query
from charter.store.database import Transaction
from charter.wire.identity.endpoint import NOTHING, Reply

_NO_STEP = 0


async def enrol(realm: Realm, visit: Visit) -> Reply:
    """Begin with an app. It counts when a code of it has come."""
    secret = new_totp_secret()
    sealed = realm.sealer.seal(secret, factors.context_of(visit.me))

    async def work(transaction: Transaction) -> str:
        if await factors.enrolled(realm, transaction, visit.me):
            raise Problem(WRONG_STATE, "There is an app already; remove it first.")
        await run(transaction, query.remove(realm.dialect, TOTP, ("account",)), visit.me)
        values = (visit.me, sealed, _NO_STEP, visit.now, None)
        await run(transaction, query.insert(realm.dialect, TOTP), *values)
        owner = await credentials.by_account(realm, transaction, visit.me)
        return visit.me if owner is None else owner.email

    name = await write(realm, work)
    uri = totp_uri(secret, issuer=realm.letters.service, account=name)
    return Reply({"secret": secret_text(secret), "uri": uri, "qr_svg": qr_svg(uri)})


async def confirm(realm: Realm, visit: Visit) -> Reply:
    """Confirm the app by a code; the answer has the recovery codes."""
    tries = factors.code_tries(realm, visit.me)
    code = visit.values["code"]

    async def work(transaction: Transaction) -> list[str] | Problem:
        await attempts.count(realm, transaction, (tries,), visit.now)
        app = await factors.app_of(realm, transaction, visit.me)
        if app is None or app.confirmed:
            raise Problem(WRONG_STATE, "There is no app that waits to be confirmed.")
        now = visit.now.timestamp()
        window = realm.settings.code_drift
        step = match_totp(app.secret, code, now=now, last_step=None, window=window)
        if step is None:
            return Problem(INVALID_CODE)
        confirming = query.change(realm.dialect, TOTP, ("step", "confirmed_at"), ("account",))
        await run(transaction, confirming, step, visit.now, visit.me)
        await attempts.succeed(realm, transaction, tries)
        await _strengthen(realm, transaction, visit)
        await _tell(realm, transaction, visit, "factor_added")
        return await factors.new_codes(realm, transaction, visit)

    return _codes(await write(realm, work))


async def remove(realm: Realm, visit: Visit) -> Reply:
    """Sign in without an app again; the recovery codes go with it."""

    async def work(transaction: Transaction) -> None:
        removing = query.remove(realm.dialect, TOTP, ("account",), returning=("account",))
        if not await fetch(transaction, removing, visit.me):
            raise Problem(NOT_FOUND)
        codes = query.remove(realm.dialect, RECOVERY_CODES, ("account",))
        await run(transaction, codes, visit.me)
        await _tell(realm, transaction, visit, "factor_removed")

    await write(realm, work)
    return NOTHING


async def renew_codes(realm: Realm, visit: Visit) -> Reply:
    """New recovery codes."""

    async def work(transaction: Transaction) -> list[str]:
        if not await factors.enrolled(realm, transaction, visit.me):
            raise Problem(NOT_FOUND)
        return await factors.new_codes(realm, transaction, visit)

    return _codes(await write(realm, work))


async def _strengthen(realm: Realm, transaction: Transaction, visit: Visit) -> None:
    """The code proved the second factor for this session as well."""
    session = await sessions.find(realm, transaction, visit.actor.session or "", visit.now)
    if session is not None:
        await sessions.strengthen(realm, transaction, session, {"otp"}, session.signed_in_at)


async def _tell(realm: Realm, transaction: Transaction, visit: Visit, kind: str) -> None:
    owner = await credentials.by_account(realm, transaction, visit.me)
    await send(realm, transaction, visit, kind, None if owner is None else owner.email)


def _codes(found: list[str] | Problem) -> Reply:
    if isinstance(found, Problem):
        raise found
    return Reply({"recovery_codes": found})
