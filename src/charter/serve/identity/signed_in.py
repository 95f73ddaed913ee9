"""What somebody can do with their own sessions: see them, and end them."""

from charter.core.codes import NOT_FOUND
from charter.core.problems import Problem
from charter.serve.identity import sessions
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, read, write
from charter.serve.identity.tokens import csrf_token
from charter.sql.identity.tables import CREDENTIALS, SESSIONS, TOTP
from charter.sql.own import query
from charter.store.database import Transaction
from charter.wire.cookies import NO_SESSION
from charter.wire.identity.endpoint import NOTHING, Reply

_COLUMNS = ("id", "methods", "level", "signed_in_at", "created_at", "seen_at", "agent", "address")


async def sign_out(realm: Realm, visit: Visit) -> Reply:
    """End this session."""
    session = visit.actor.session
    if session is not None:
        await write(realm, lambda transaction: sessions.end(realm, transaction, session))
    return Reply(cookies=(NO_SESSION,)) if visit.browser else NOTHING


async def me(realm: Realm, visit: Visit) -> Reply:
    """Who this is."""
    actor = visit.actor
    finding = query.find(realm.dialect, CREDENTIALS, ("email",), ("account",))
    rows = await read(realm.database, finding, visit.me)
    app = query.find(realm.dialect, TOTP, ("confirmed_at",), ("account",))
    apps = await read(realm.database, app, visit.me)
    body = {
        "id": visit.me,
        "email": rows[0][0] if rows else None,
        "roles": sorted(actor.roles),
        "methods": sorted(actor.methods),
        "level": sessions.level_of(actor.methods),
        "totp": any(confirmed_at is not None for (confirmed_at,) in apps),
        "session": actor.session,
        "scopes": None if actor.scopes is None else sorted(actor.scopes),
        "tenant": actor.tenant,
    }
    if visit.cookie is not None:
        body["csrf_token"] = csrf_token(visit.cookie)
    return Reply(body)


async def list_sessions(realm: Realm, visit: Visit) -> Reply:
    """The sessions of this account."""
    finding = query.find(realm.dialect, SESSIONS, _COLUMNS, ("account",), "expires_at")
    rows = await read(realm.database, finding, visit.me, visit.now)
    items = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    for item in items:
        item["methods"] = item["methods"].split()
        item["current"] = item["id"] == visit.actor.session
    return Reply({"items": items})


async def end_others(realm: Realm, visit: Visit) -> Reply:
    """End all sessions but this one."""

    async def work(transaction: Transaction) -> None:
        await sessions.end_all(realm, transaction, visit.me, but=visit.actor.session)

    await write(realm, work)
    return NOTHING


async def end_one(realm: Realm, visit: Visit) -> Reply:
    """End one session of this account; of somebody else's there is none."""
    removing = query.remove(realm.dialect, SESSIONS, ("account", "id"), returning=("id",))

    async def work(transaction: Transaction) -> None:
        if not await fetch(transaction, removing, visit.me, visit.key):
            raise Problem(NOT_FOUND)

    await write(realm, work)
    return NOTHING
