"""Sessions: begun, kept up, listed and ended."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from charter.access.opaque import Kind, Minted, digest_of, mint
from charter.contract.methods import MULTIPLE, kinds_of_factor
from charter.core.ids import uuid7
from charter.serve.identity.belonging import belongs, sole_tenant
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, run
from charter.sql.identity.alive import roles_in
from charter.sql.identity.tables import REFRESH_TOKENS, SESSIONS
from charter.sql.own import query
from charter.store.database import Transaction

AAL1, AAL2 = "aal1", "aal2"
_LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `methods` are the values of `amr` (RFC 8176); `cookie` is the digest of the
    secret that a browser has, None where the client has tokens; `tenant` is the key of the tenant
    that it acts for; `signed_in_at` is None where a provider does not tell it."""

    id: str
    account: str
    cookie: str | None = field(repr=False)
    methods: frozenset[str]
    signed_in_at: datetime | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ends_at: datetime
    agent: str | None
    address: str | None
    tenant: str | None = None

    @property
    def level(self) -> str:
        return level_of(self.methods)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session with the secret that its client gets: a cookie, or a refresh token; and the
    roles of its account."""

    session: Session
    roles: frozenset[str]
    cookie: str | None = field(default=None, repr=False)
    refresh: str | None = field(default=None, repr=False)


def level_of(methods: Iterable[str]) -> str:
    """The assurance of a sign-in, as `acr` tells it (NIST SP 800-63B)."""
    found = frozenset(methods)
    return AAL2 if MULTIPLE in found or len(kinds_of_factor(found)) > 1 else AAL1


async def open_session(  # noqa: PLR0913 - what a session is made of
    realm: Realm,
    transaction: Transaction,
    visit: Visit,
    account: str,
    methods: Iterable[str],
    *,
    browser: bool,
    signed_in_at: datetime | None,
) -> Opened:
    """A new session, never one that was there before somebody signed in. Where the account has
    more than it can have, those that were not used for the longest time end. It acts for the
    tenant of its account where there is just one, else for none until one is chosen."""
    settings = realm.settings
    cookie = mint(Kind.SESSION) if browser else None
    longest = settings.browser_lifetime if browser else settings.session_lifetime
    idle = settings.browser_idle if browser else settings.refresh_lifetime
    session = Session(
        str(uuid7()),
        account,
        None if cookie is None else cookie.digest,
        frozenset(methods),
        signed_in_at,
        visit.now,
        visit.now,
        visit.after(min(idle, longest)),
        visit.after(longest),
        None if visit.agent is None else visit.agent[:_LONGEST_AGENT],
        visit.address,
        await sole_tenant(realm, transaction, account),
    )
    await run(transaction, query.insert(realm.dialect, SESSIONS), *_values(session))
    few = query.keep(realm.dialect, SESSIONS, "account", "seen_at", settings.sessions)
    await run(transaction, few, account)
    return await _handed_over(realm, transaction, session, cookie, visit.now)


async def renew(
    realm: Realm,
    transaction: Transaction,
    visit: Visit,
    session: Session,
    methods: Iterable[str],
    signed_in_at: datetime | None,
) -> Opened | None:
    """The session after its user has proven once more who they are: under a new name and with a
    new secret, and it lasts no longer. What named it before is good no more. None where it has
    ended in between."""
    removing = query.remove(realm.dialect, SESSIONS, ("id",), returning=("id",))
    if not await fetch(transaction, removing, session.id):
        return None
    cookie = None if session.cookie is None else mint(Kind.SESSION)
    new = replace(
        session,
        id=str(uuid7()),
        cookie=None if cookie is None else cookie.digest,
        methods=_together(session.methods, methods),
        signed_in_at=signed_in_at,
        seen_at=visit.now,
        tenant=session.tenant if await _in_tenant(realm, transaction, session) else None,
    )
    await run(transaction, query.insert(realm.dialect, SESSIONS), *_values(new))
    return await _handed_over(realm, transaction, new, cookie, visit.now)


async def _handed_over(
    realm: Realm, transaction: Transaction, session: Session, cookie: Minted | None, now: datetime
) -> Opened:
    """The session with what its client gets."""
    roles = await roles_of(realm, transaction, session.account)
    if cookie is not None:
        return Opened(session, roles, cookie=cookie.text)
    refresh = await add_refresh(realm, transaction, session, now)
    return Opened(session, roles, refresh=refresh)


async def add_refresh(
    realm: Realm, transaction: Transaction, session: Session, now: datetime
) -> str:
    """A new refresh token, good as long as its session."""
    token = mint(Kind.REFRESH)
    insert = query.insert(realm.dialect, REFRESH_TOKENS)
    await run(transaction, insert, token.digest, session.id, now, session.expires_at, None)
    return token.text


async def find(
    realm: Realm, transaction: Transaction, session: str, now: datetime
) -> Session | None:
    """A session that has not ended."""
    finding = query.find(realm.dialect, SESSIONS, SESSIONS.names, ("id",), "expires_at")
    rows = await fetch(transaction, finding, session, now)
    if not rows:
        return None
    id_, account, cookie, methods, _, signed_in_at, created_at, seen_at, expires_at, *rest = rows[0]
    ends_at, agent, address, tenant = rest
    return Session(
        id_,
        account,
        cookie,
        frozenset(methods.split()),
        signed_in_at,
        created_at,
        seen_at,
        expires_at,
        ends_at,
        agent,
        address,
        tenant,
    )


async def keep_up(
    realm: Realm, transaction: Transaction, session: Session, idle: float, visit: Visit
) -> Session:
    """The session was used: it lasts on, as far as it may, and for its tenant as long as its
    account belongs to it."""
    if not await _in_tenant(realm, transaction, session):
        leaving = query.change(realm.dialect, SESSIONS, ("tenant",), ("id", "tenant"))
        await run(transaction, leaving, None, session.id, session.tenant)
        session = replace(session, tenant=None)
    until = min(visit.after(idle), session.ends_at)
    changing = query.change(realm.dialect, SESSIONS, ("seen_at", "expires_at"), ("id",))
    await run(transaction, changing, visit.now, until, session.id)
    return replace(session, seen_at=visit.now, expires_at=until)


async def act_for(
    realm: Realm, transaction: Transaction, session: Session, tenant: str | None
) -> Session:
    """The session acts for a tenant that its account belongs to, or for none."""
    changing = query.change(realm.dialect, SESSIONS, ("tenant",), ("id",))
    await run(transaction, changing, tenant, session.id)
    return replace(session, tenant=tenant)


async def strengthen(
    realm: Realm,
    transaction: Transaction,
    session: Session,
    methods: Iterable[str],
    signed_in_at: datetime | None,
) -> Session:
    """Its user has proven who they are in more ways."""
    found = _together(session.methods, methods)
    columns = ("methods", "level", "signed_in_at")
    changing = query.change(realm.dialect, SESSIONS, columns, ("id",))
    values = (_text(found), level_of(found), signed_in_at, session.id)
    await run(transaction, changing, *values)
    return replace(session, methods=found, signed_in_at=signed_in_at)


async def end(realm: Realm, transaction: Transaction, session: str) -> None:
    await run(transaction, query.remove(realm.dialect, SESSIONS, ("id",)), session)


async def end_of_cookie(realm: Realm, transaction: Transaction, cookie: str) -> None:
    """End the session of a cookie, if there is one."""
    digest = digest_of(cookie, Kind.SESSION)
    if digest is not None:
        await run(transaction, query.remove(realm.dialect, SESSIONS, ("cookie",)), digest)


async def end_all(
    realm: Realm, transaction: Transaction, account: str, but: str | None = None
) -> None:
    """End the sessions of an account, but one."""
    if but is None:
        await run(transaction, query.remove(realm.dialect, SESSIONS, ("account",)), account)
    else:
        others = query.remove(realm.dialect, SESSIONS, ("account",), but="id")
        await run(transaction, others, account, but)


async def roles_of(realm: Realm, transaction: Transaction, account: str) -> frozenset[str]:
    """The roles that rows grant to an account everywhere."""
    rows = await fetch(transaction, realm.alive.roles, account)
    return roles_in(rows[0][0]) if rows else frozenset()


async def _in_tenant(realm: Realm, transaction: Transaction, session: Session) -> bool:
    """Whether the account still belongs to the tenant of the session, if it has one."""
    tenant = session.tenant
    return tenant is None or await belongs(realm, transaction, session.account, tenant)


def _together(old: frozenset[str], new: Iterable[str]) -> frozenset[str]:
    found = old | frozenset(new)
    return found | {MULTIPLE} if level_of(found) == AAL2 else found


def _text(methods: Iterable[str]) -> str:
    return " ".join(sorted(methods))


def _values(session: Session) -> tuple[object, ...]:
    return (
        session.id, session.account, session.cookie, _text(session.methods), session.level,
        session.signed_in_at, session.created_at, session.seen_at, session.expires_at,
        session.ends_at, session.agent, session.address, session.tenant,
    )  # fmt: skip
