"""What a client gets that has signed in: an access token, or a cookie."""

import hashlib
import hmac
from datetime import datetime

from charter.access.claims import TENANT
from charter.access.issue import Grant, issue_token
from charter.access.opaque import Kind
from charter.core.ids import uuid7
from charter.serve.identity.realm import Realm
from charter.serve.identity.sessions import Opened, Session
from charter.wire.cookies import SESSION, named_cookie, session_cookie
from charter.wire.identity.endpoint import Reply

_CSRF_LABEL = b"charter csrf 1"


def access_token(realm: Realm, session: Session, roles: frozenset[str], now: datetime) -> str:
    """A JWT for a session. It is good only as long as the session is, whatever it says."""
    moment = now.timestamp()
    claims: dict[str, object] = {
        "sid": session.id,
        "jti": str(uuid7()),
        "amr": sorted(session.methods),
        "acr": session.level,
    }
    if session.signed_in_at is not None:
        claims["auth_time"] = int(session.signed_in_at.timestamp())
    if session.tenant is not None:
        claims[TENANT] = session.tenant
    return signed(realm, session.account, roles, claims, moment)


def signed(
    realm: Realm, account: str, roles: frozenset[str], claims: dict[str, object], now: float
) -> str:
    """A JWT with the key and for the audience of the service."""
    access = realm.access
    grant = Grant(
        account,
        tuple(sorted(roles)),
        access.audience,
        access.issuer,
        int(realm.settings.token_lifetime),
        claims,
        access.roles_claim or "roles",
    )
    return issue_token(realm.keys.current(now).signing_key(), grant, now=now)


def bearer(realm: Realm, opened: Opened, now: datetime) -> dict[str, object]:
    """The members of RFC 6749, section 5.1."""
    session = opened.session
    body: dict[str, object] = {
        "access_token": access_token(realm, session, opened.roles, now),
        "token_type": "Bearer",
        "expires_in": int(realm.settings.token_lifetime),
    }
    if opened.refresh is not None:
        body["refresh_token"] = opened.refresh
        left = (session.expires_at - now).total_seconds()
        body["refresh_expires_in"] = max(0, int(left))
    return body


def signed_in(realm: Realm, opened: Opened, now: datetime) -> Reply:
    """The answer to a sign-in, in the way that its client asked for."""
    if opened.cookie is None:
        return Reply(bearer(realm, opened, now))
    left = int((opened.session.ends_at - now).total_seconds())
    body = {"csrf_token": csrf_token(opened.cookie), "expires_in": left}
    return Reply(body, cookies=(session_cookie(opened.cookie, left),))


def cookie_in(field: str | None) -> str | None:
    """The secret of a session in a Cookie field."""
    value = named_cookie(field, SESSION)
    return value if value is not None and value.startswith(Kind.SESSION) else None


def csrf_token(secret: str) -> str:
    """What a page of an old browser sends along: derived from the cookie, which it cannot read,
    and useless without it."""
    return hmac.digest(secret.encode(), _CSRF_LABEL, hashlib.sha256).hex()
