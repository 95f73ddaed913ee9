"""JWK Sets (RFC 7517) that are published: the service's own, and those of outside issuers."""

import json
from collections.abc import Iterable
from contextlib import suppress

from charter.access.keyfiles import is_for_us, jwk_entries, jwk_key
from charter.access.keys import PUBLIC_MEMBERS, BadKey, KeySet, TokenKey
from charter.access.strict_json import NotStrict, parse_object

PATH = "/.well-known/jwks.json"
"""Where the service publishes its own."""
_READ = PUBLIC_MEMBERS | {"kid", "alg"}


def public_jwks(keys: Iterable[TokenKey]) -> bytes:
    """The document that others verify this service's tokens with: the public half of each key
    that has one. Secrets (HS256) are not in it, whatever else is."""
    published = [jwk for key in keys if (jwk := key.public_jwk()) is not None]
    return json.dumps({"keys": published}, separators=(",", ":")).encode()


def read_published(data: bytes, where: str) -> KeySet:
    """The keys of a JWK Set that somebody else publishes.

    Only asymmetric keys count: a secret that is published is none. Of a private key that is
    published by mistake, the public half is taken. Keys that cannot be used are passed over
    (RFC 7517, section 5); a set without one that can is a BadKey.
    """
    try:
        document = parse_object(data)
    except NotStrict as error:
        raise BadKey(f"{where}: {error}") from None
    keys: list[TokenKey] = []
    for place, jwk in enumerate(jwk_entries(document, where), start=1):
        if jwk.get("kty") != "oct" and is_for_us(jwk):
            with suppress(BadKey):
                public = {name: jwk[name] for name in _READ & jwk.keys()}
                keys.append(jwk_key(public, f"{where}, key {place}"))
    if not keys:
        raise BadKey(f"{where}: no public key for RS256, ES256 or Ed25519 signatures in it")
    return KeySet(keys)
