"""From a code to tokens, at the token endpoint (RFC 6749, section 4.1.3)."""

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from joserfc.util import urlsafe_b64encode

from charter.access.keyfiles import keys_in
from charter.access.keys import BadKey, TokenKey
from charter.access.oidc.metadata import Metadata
from charter.access.oidc.provider import Authentication, Provider
from charter.access.oidc.start import Pending
from charter.access.outbound import Outbound, Outgoing, Reply, Unreachable, form, json_object
from charter.access.strict_json import NotStrict, parse_object
from charter.core.codes import PROVIDER_REFUSED
from charter.core.problems import Problem

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
APPLE = "https://appleid.apple.com"
ASSERTION_SECONDS = 60
LONGEST_TOKEN = 16_384
_ERROR = re.compile(r"[a-z_]{1,64}")
_PREFERRED = (Authentication.BASIC, Authentication.POST)


class CannotAuthenticate(Exception):
    """The settings and the provider's abilities do not fit together."""


class Declined(Problem):
    """The token endpoint refused; `error` is its word for it (RFC 6749, section 5.2)."""

    def __init__(self, error: str) -> None:
        super().__init__(PROVIDER_REFUSED, "The identity provider did not accept the sign-in.")
        self.error = error if _ERROR.fullmatch(error) else "an error that is none"

    def __str__(self) -> str:
        return f"the token endpoint answered with {self.error}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gives. Neither is kept longer than the sign-in takes."""

    access: str = field(repr=False)
    identity: str | None = field(repr=False)


async def exchange(
    provider: Provider,
    metadata: Metadata,
    pending: Pending,
    code: str,
    outbound: Outbound,
    *,
    now: float,
) -> Tokens:
    """The tokens for a code. Raises Unreachable, CannotAuthenticate, BadKey, and Declined."""
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": pending.redirect_uri,
        "code_verifier": pending.verifier,
    }
    return read_tokens(await outbound.send(token_request(provider, metadata, sent, now)))


def read_tokens(reply: Reply) -> Tokens:
    """The tokens in an answer. GitHub answers errors with the status 200."""
    error = _error_of(reply)
    if error is not None:
        raise Declined(error)
    document = json_object(reply)
    access, kind, identity = (
        document.get(name) for name in ("access_token", "token_type", "id_token")
    )
    if not _is_token(access) or not isinstance(kind, str) or kind.lower() != "bearer":
        raise Unreachable("its token endpoint gave no bearer token")
    if identity is not None and not _is_token(identity):
        raise Unreachable("its token endpoint gave an ID token of another form")
    return Tokens(str(access), identity)


def _error_of(reply: Reply) -> str | None:
    if reply.status not in (200, 400, 401):
        return None
    try:
        error = parse_object(reply.body).get("error")
    except NotStrict:
        return None
    return error if isinstance(error, str) else None


def _is_token(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN and value.isascii()


def authentication(provider: Provider, metadata: Metadata) -> Authentication:
    """How to authenticate: as set, or else the best that both sides can do."""
    if provider.authentication is not None:
        return provider.authentication
    if provider.private_key is not None:
        return Authentication.PRIVATE_KEY
    if provider.client_secret is None:
        return Authentication.NONE
    for each in _PREFERRED:
        if each.value in metadata.authentications:
            return each
    raise CannotAuthenticate(
        f"auth.providers.{provider.name}: the provider takes no client secret as such"
    )


def token_request(
    provider: Provider, metadata: Metadata, sent: Mapping[str, str], now: float
) -> Outgoing:
    """The request that sends these fields, with the proof of who sends it. Raises
    CannotAuthenticate and BadKey."""
    name = provider.client_id
    match authentication(provider, metadata):
        case Authentication.BASIC:
            pair = f"{quote_plus(name)}:{quote_plus(_secret(provider, now))}"
            basic = {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}
            return form(metadata.token, sent, basic)
        case Authentication.POST:
            secret = {"client_id": name, "client_secret": _secret(provider, now)}
            return form(metadata.token, {**sent, **secret})
        case Authentication.PRIVATE_KEY:
            made = _assertion(provider, metadata.issuer, name, now)
            assertion = {"client_assertion_type": ASSERTION, "client_assertion": made}
            return form(metadata.token, {**sent, "client_id": name, **assertion})
        case Authentication.NONE:
            return form(metadata.token, {**sent, "client_id": name})


def _secret(provider: Provider, now: float) -> str:
    if provider.team_id is not None:
        return _assertion(provider, APPLE, provider.team_id, now)
    if provider.client_secret is None:
        raise CannotAuthenticate(f"auth.providers.{provider.name}: client_secret is not set")
    return provider.client_secret


def signing_key(provider: Provider) -> TokenKey:
    """The private key of a provider's settings. Raises BadKey and CannotAuthenticate."""
    where = f"auth.providers.{provider.name}: private_key"
    if provider.private_key is None:
        raise CannotAuthenticate(f"{where} is not set")
    key, *more = keys_in(provider.private_key.encode(), where)
    if more or not key.can_sign or key.public_jwk() is None:
        raise BadKey(f"{where}: one private key, RSA, EC P-256 or Ed25519, is expected")
    return key


def _assertion(provider: Provider, audience: str, issuer: str, now: float) -> str:
    """A token that proves to have the key (RFC 7523, section 3). Its audience is the issuer's
    name and nothing else, so that no other server can use it (RFC 9700, section 4.5)."""
    key = signing_key(provider)
    header = {"alg": key.algorithm.value, "kid": provider.key_id or key.kid}
    claims = {
        "iss": issuer,
        "sub": provider.client_id,
        "aud": audience,
        "iat": int(now),
        "exp": int(now) + ASSERTION_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    named = {name: value for name, value in header.items() if value is not None}
    signed = b".".join(
        urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode())
        for part in (named, claims)
    )
    return (signed + b"." + urlsafe_b64encode(key.sign(signed))).decode()
