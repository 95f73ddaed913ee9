"""Sign-ins under way at an identity provider: kept sealed, bound to a browser, taken out once.

A row is found by a digest of the `state` and of a cookie together: without either there is
nothing to find, and nothing to use up for somebody else.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

import msgspec

from charter.access.oidc.start import LIFETIME, Pending
from charter.access.sealing import BadSeal
from charter.core.codes import INVALID_CALLBACK
from charter.core.problems import Problem
from charter.serve.identity.onetime import Purpose
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, run, write
from charter.sql.identity.tables import ONE_TIME_TOKENS
from charter.sql.own import query
from charter.store.database import Transaction
from charter.wire.cookies import named_cookie

COOKIE = "__Host-charter-pending"
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")
_CONTEXT = "sign-in at a provider"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a sign-in: for the provider's answer, and what is to become of it.

    `account` and `session` are those of somebody who adds an identity to their account.
    """

    pending: Pending = field(repr=False)
    return_to: str
    mode: str
    account: str | None = None
    session: str | None = None


def browser_in(cookies: str | None) -> str | None:
    """The secret in a Cookie field by which a browser is known again."""
    found = named_cookie(cookies, COOKIE)
    return found if found is not None and _FORM.fullmatch(found) else None


def new_browser() -> str:
    return secrets.token_urlsafe(32)


def binding(secret: str, seconds: float, *, cross_site: bool = False) -> str:
    """The cookie that binds a browser. With `cross_site` it comes along with a form of the
    provider's (`response_mode=form_post`), which is a page of another site."""
    same_site = "None" if cross_site else "Lax"
    return (
        f"{COOKIE}={secret}; Path=/; Max-Age={int(seconds)}; Secure; HttpOnly; SameSite={same_site}"
    )


def digest_of_browser(secret: str) -> str:
    return hashlib.sha256(f"browser\0{secret}".encode()).hexdigest()


async def keep(
    realm: Realm, transaction: Transaction, visit: Visit, browser: str, kept: Kept
) -> None:
    """Keep a sign-in for ten minutes."""
    digest = _digest(kept.pending.state, browser)
    sealed = realm.sealer.seal(msgspec.json.encode(kept), _CONTEXT)
    insert = query.insert(realm.dialect, ONE_TIME_TOKENS)
    expires = visit.after(LIFETIME)
    values = (digest, Purpose.PROVIDER, kept.account, sealed, visit.now, expires)
    await run(transaction, insert, *values)


async def take(realm: Realm, visit: Visit, browser: str, state: str) -> Kept:
    """Take out the sign-in of a browser: of two who try at once, one does. Raises
    `invalid_callback`."""
    removing = query.remove(
        realm.dialect, ONE_TIME_TOKENS, ("hash", "purpose"), "expires_at", ("payload",)
    )
    digest = _digest(state, browser)

    async def work(transaction: Transaction) -> list[tuple[str]]:
        return await fetch(transaction, removing, digest, Purpose.PROVIDER, visit.now)

    rows = await write(realm, work)
    if not rows:
        raise Problem(INVALID_CALLBACK)
    try:
        return msgspec.json.decode(realm.sealer.open(rows[0][0], _CONTEXT), type=Kept)
    except (BadSeal, msgspec.MsgspecError):
        raise Problem(INVALID_CALLBACK) from None


def _digest(state: str, browser: str) -> str:
    whole = f"provider\0{state}\0{browser}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
