"""Tokens by OAuth's token endpoint (RFC 6749): for clients that speak that, and programs."""

from datetime import timedelta

from charter.access.claims import TENANT
from charter.access.opaque import Kind, digest_of
from charter.core.codes import INVALID_CREDENTIALS, INVALID_VALUES
from charter.core.ids import uuid7
from charter.core.problems import Problem
from charter.plan.actor import CLIENT_CREDENTIALS
from charter.serve.identity.authenticate import OF_KEY
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.refresh import renewed
from charter.serve.identity.running import read
from charter.serve.identity.tokens import bearer, signed
from charter.sql.identity.alive import roles_in
from charter.wire.identity.endpoint import Reply


async def token(realm: Realm, visit: Visit) -> Reply:
    """Exchange a refresh token, or the id and secret of an API key, for an access token."""
    if visit.values["grant_type"] == "refresh_token":
        opened = await renewed(realm, visit, visit.values["refresh_token"])
        return Reply(bearer(realm, opened, visit.now))
    return await _of_key(realm, visit)


async def _of_key(realm: Realm, visit: Visit) -> Reply:
    """RFC 6749, section 4.4. The token has the scopes of the key, or those of them that were
    asked for, and is good no longer than the key."""
    client, secret = visit.values["client_id"], visit.values["client_secret"]
    digest = digest_of(secret, Kind.API_KEY)
    rows = [] if digest is None else await read(realm.database, realm.alive.key, digest, visit.now)
    if not rows or rows[0][0] != client:
        raise Problem(INVALID_CREDENTIALS, members={"error": "invalid_client"})
    _, account, scopes, _, expires_at, roles, tenant = rows[0]
    claims: dict[str, object] = {
        "sid": OF_KEY + client,
        "jti": str(uuid7()),
        "client_id": client,
        "amr": [CLIENT_CREDENTIALS],
    }
    if tenant is not None:
        claims[TENANT] = tenant
    granted = _narrowed(scopes, visit.values["scope"])
    if granted is not None:
        claims["scope"] = granted
    access = signed(realm, account, roles_in(roles), claims, visit.now.timestamp())
    left = min(timedelta(seconds=realm.settings.token_lifetime), expires_at - visit.now)
    body: dict[str, object] = {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": max(1, int(left.total_seconds())),
    }
    return Reply(body if granted is None else {**body, "scope": granted})


def _narrowed(scopes: str | None, asked: str | None) -> str | None:
    """The scopes of the token: never more than those of its key."""
    if asked is None:
        return scopes
    wanted = set(asked.split())
    if scopes is not None and not wanted <= set(scopes.split()):
        message = "The key has not all of these scopes."
        raise Problem(INVALID_VALUES, message, members={"error": "invalid_scope"})
    return " ".join(sorted(wanted))
