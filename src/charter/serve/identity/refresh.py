"""Refreshing (RFC 9700, section 4.14.2): each refresh token is good once.

A client that repeats a request, or asks twice at once, comes with a token that was spent a
moment ago; it is told so, and nothing else happens. One that comes later was stolen from the
client or by it: its session ends, and with it all tokens that ever came of it.
"""

from datetime import timedelta

from charter.access.opaque import Kind, digest_of
from charter.core.codes import SESSION_ENDED, TOKEN_SUPERSEDED
from charter.core.problems import Problem
from charter.serve.identity import sessions
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, run, write
from charter.serve.identity.sessions import Opened
from charter.serve.identity.tokens import signed_in
from charter.sql.identity.tables import REFRESH_TOKENS, SESSIONS
from charter.sql.own import query
from charter.store.database import Transaction
from charter.wire.identity.endpoint import Reply


async def refresh(realm: Realm, visit: Visit) -> Reply:
    """Exchange a refresh token for new tokens."""
    return signed_in(realm, await renewed(realm, visit, visit.values["refresh_token"]), visit.now)


async def renewed(realm: Realm, visit: Visit, token: str) -> Opened:
    """The session of a refresh token, with a new one. Raises `session_ended` and
    `token_superseded`."""
    digest = digest_of(token, Kind.REFRESH)
    if digest is None:
        raise Problem(SESSION_ENDED)

    async def work(transaction: Transaction) -> Opened | Problem:
        session = await _spent(realm, transaction, visit, digest)
        if isinstance(session, Problem):
            return session
        found = await sessions.find(realm, transaction, session, visit.now)
        if found is None:
            return Problem(SESSION_ENDED)
        idle = realm.settings.refresh_lifetime
        kept = await sessions.keep_up(realm, transaction, found, idle, visit)
        new = await sessions.add_refresh(realm, transaction, kept, visit.now)
        roles = await sessions.roles_of(realm, transaction, kept.account)
        return Opened(kept, roles, refresh=new)

    outcome = await write(realm, work)
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


async def _spent(
    realm: Realm, transaction: Transaction, visit: Visit, digest: str
) -> str | Problem:
    """Spend a token: its session, or why not. A session that ends here ends for good.

    The session is locked before its token, as it is by all that end it: in the other order a
    refresh and a sign-out would wait for each other.
    """
    finding = query.find(realm.dialect, REFRESH_TOKENS, ("session", "spent_at"), ("hash",))
    known = await fetch(transaction, finding, digest)
    if not known:
        return Problem(SESSION_ENDED)
    session: str = known[0][0]
    locking = query.change(realm.dialect, SESSIONS, ("seen_at",), ("id",))
    await run(transaction, locking, visit.now, session)
    spending = query.change(
        realm.dialect, REFRESH_TOKENS, ("spent_at",), ("hash",), "spent_at", ("session",)
    )
    if await fetch(transaction, spending, visit.now, digest):
        return session
    known = await fetch(transaction, finding, digest)
    if not known:
        return Problem(SESSION_ENDED)
    spent_at = known[0][1]
    if visit.now - spent_at <= timedelta(seconds=realm.settings.refresh_grace):
        return Problem(TOKEN_SUPERSEDED)
    await sessions.end(realm, transaction, session)
    return Problem(SESSION_ENDED)
