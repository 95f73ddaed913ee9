"""Second factors: codes of an authenticator app, and recovery codes."""

from dataclasses import dataclass, field

from charter.access.recovery import new_recovery_codes, recovery_digest
from charter.access.sealing import BadSeal
from charter.access.totp import match_totp
from charter.contract.methods import MULTIPLE
from charter.core.codes import INTERNAL
from charter.core.problems import Problem
from charter.serve.identity import attempts, credentials
from charter.serve.identity.mailing import send
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, run
from charter.sql.identity.tables import RECOVERY_CODES, TOTP
from charter.sql.own import query
from charter.store.database import Transaction

_OF_APP = frozenset({"otp", MULTIPLE})
_OF_RECOVERY = frozenset({"kba", MULTIPLE})
_COLUMNS = ("secret", "step", "confirmed_at")


@dataclass(frozen=True, slots=True)
class App:
    """An authenticator app. `step` is that of the last code that was taken."""

    secret: bytes = field(repr=False)
    step: int
    confirmed: bool


async def app_of(realm: Realm, transaction: Transaction, account: str) -> App | None:
    finding = query.find(realm.dialect, TOTP, _COLUMNS, ("account",))
    rows = await fetch(transaction, finding, account)
    if not rows:
        return None
    sealed, step, confirmed_at = rows[0]
    try:
        secret = realm.sealer.open(sealed, context_of(account))
    except BadSeal as error:
        raise Problem(INTERNAL) from error
    return App(secret, step, confirmed_at is not None)


async def enrolled(realm: Realm, transaction: Transaction, account: str) -> bool:
    """Whether signing in to an account takes a second factor."""
    finding = query.find(realm.dialect, TOTP, ("confirmed_at",), ("account",))
    rows = await fetch(transaction, finding, account)
    return bool(rows) and rows[0][0] is not None


async def prove(
    realm: Realm, transaction: Transaction, visit: Visit, account: str, code: str
) -> frozenset[str] | None:
    """Take a code: the values of `amr` that it proves, or None. It is counted as a try, and
    forgotten when it was right. Raises `too_many_attempts`."""
    tries = code_tries(realm, account)
    await attempts.count(realm, transaction, (tries,), visit.now)
    found = await _app_code(realm, transaction, visit, account, code)
    if found is None:
        found = await _recovery_code(realm, transaction, visit, account, code)
    if found is not None:
        await attempts.succeed(realm, transaction, tries)
    return found


def code_tries(realm: Realm, account: str) -> attempts.Try:
    return attempts.of(realm.settings.free_tries, "code", account)


async def take_step(
    realm: Realm, transaction: Transaction, account: str, app: App, step: int
) -> bool:
    """Note the step of a code as used: of two who use one at once, one does."""
    changing = query.change(
        realm.dialect, TOTP, ("step",), ("account", "step"), returning=("step",)
    )
    return bool(await fetch(transaction, changing, step, account, app.step))


async def new_codes(realm: Realm, transaction: Transaction, visit: Visit) -> list[str]:
    """New recovery codes instead of those that there are."""
    removing = query.remove(realm.dialect, RECOVERY_CODES, ("account",))
    await run(transaction, removing, visit.me)
    codes = new_recovery_codes()
    values = [value for code in codes for value in (visit.me, code.digest, visit.now)]
    await run(transaction, query.insert(realm.dialect, RECOVERY_CODES, len(codes)), *values)
    return [code.text for code in codes]


def context_of(account: str) -> str:
    """What the secret of an app is sealed for."""
    return f"totp {account}"


async def _app_code(
    realm: Realm, transaction: Transaction, visit: Visit, account: str, code: str
) -> frozenset[str] | None:
    app = await app_of(realm, transaction, account)
    if app is None or not app.confirmed:
        return None
    now = visit.now.timestamp()
    window = realm.settings.code_drift
    step = match_totp(app.secret, code, now=now, last_step=app.step, window=window)
    if step is None or not await take_step(realm, transaction, account, app, step):
        return None
    return _OF_APP


async def _recovery_code(
    realm: Realm, transaction: Transaction, visit: Visit, account: str, code: str
) -> frozenset[str] | None:
    digest = recovery_digest(code)
    if digest is None:
        return None
    removing = query.remove(realm.dialect, RECOVERY_CODES, ("account", "hash"), returning=("hash",))
    if not await fetch(transaction, removing, account, digest):
        return None
    owner = await credentials.by_account(realm, transaction, account)
    await send(realm, transaction, visit, "recovery_used", owner.email if owner else None)
    return _OF_RECOVERY
