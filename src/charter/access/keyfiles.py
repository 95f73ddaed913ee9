"""Keys from a file: one key in PEM, or a JWK or JWK Set (RFC 7517)."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc.errors import InvalidKeyTypeError, JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

from charter.access.keys import (
    HEADER_NAMES,
    MOST_KEYS,
    Algorithm,
    BadKey,
    TokenKey,
    bind,
    secret_key,
)
from charter.access.strict_json import NotStrict, parse_object

LARGEST_FILE = 1 << 20
LONGEST_KID = 255

_Asymmetric = type[RSAKey] | type[ECKey] | type[OKPKey]
_TYPES: Mapping[str, _Asymmetric] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_FITTING = {
    "oct": Algorithm.HS256,
    "RSA": Algorithm.RS256,
    "EC": Algorithm.ES256,
    "OKP": Algorithm.ED25519,
}
_MATERIAL = ("kty", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi")


def read_keys(path: Path) -> list[TokenKey]:
    """The keys of a PEM, JWK or JWKS file. BadKey names the file and what is wrong with it."""
    where = f"key file {path}"
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadKey(f"{where}: {error.strerror or 'cannot be read'}") from None
    if len(data) > LARGEST_FILE:
        raise BadKey(f"{where}: larger than {LARGEST_FILE} bytes")
    return keys_in(data, where)


def keys_in(data: bytes, where: str) -> list[TokenKey]:
    """The keys of PEM, JWK or JWKS text. BadKey names `where` and what is wrong."""
    if data.lstrip().startswith(b"{"):
        return jwk_keys(data, where)
    if b"-----BEGIN " in data:
        return [pem_key(data, where)]
    raise BadKey(f"{where}: neither PEM (-----BEGIN …) nor a JSON Web Key (Set)")


def pem_key(data: bytes, where: str) -> TokenKey:
    """The one key, public or private, or certificate in PEM."""
    if data.count(b"-----BEGIN ") > 1:
        raise BadKey(f"{where}: several PEM blocks; one key is expected (use JWKS for more)")
    for kind in _TYPES.values():
        try:
            return bind(_quietly(kind, data), None, where)
        except InvalidKeyTypeError:
            continue
        except TypeError:
            raise BadKey(f"{where}: the key is encrypted; give it without a password") from None
        except BadKey:
            raise
        except Exception as error:
            # The backend has error classes of its own for keys that it does not know, and their
            # text may quote the key.
            raise BadKey(f"{where}: not a usable PEM key ({type(error).__name__})") from None
    raise BadKey(f"{where}: not an RSA, EC P-256 or Ed25519 key")


def jwk_keys(data: bytes, where: str) -> list[TokenKey]:
    """The usable keys of a JWK or JWK Set.

    Keys of other types, curves, algorithms or uses are passed over (RFC 7517, section 5); a key
    that should be usable and is not is a BadKey, and so is a set without a usable key.
    """
    try:
        document = parse_object(data)
    except NotStrict as error:
        raise BadKey(f"{where}: {error}") from None
    keys = [
        jwk_key(entry, f"{where}, key {place}")
        for place, entry in enumerate(jwk_entries(document, where), start=1)
        if is_for_us(entry)
    ]
    if not keys:
        raise BadKey(f"{where}: no key for HS256, RS256, ES256 or Ed25519 signatures in it")
    return keys


def jwk_entries(document: Mapping[str, Any], where: str) -> tuple[Mapping[str, Any], ...]:
    """The JWKs of a JWK or JWK Set. BadKey where it has none of this form, or too many."""
    entries = document.get("keys") if "keys" in document else (document,)
    if not isinstance(entries, tuple) or not all(isinstance(e, Mapping) for e in entries):
        raise BadKey(f"{where}: `keys` is not a list of objects")
    if len(entries) > MOST_KEYS:
        raise BadKey(f"{where}: {len(entries)} keys; at most {MOST_KEYS} are accepted")
    return entries


def is_for_us(jwk: Mapping[str, Any]) -> bool:
    """Whether a JWK is of a type, curve, algorithm and use that is supported here."""
    kty, alg, operations = jwk.get("kty"), jwk.get("alg"), jwk.get("key_ops", ("verify",))
    return (
        isinstance(kty, str)
        and kty in _FITTING
        and jwk.get("crv", _CURVES.get(kty)) == _CURVES.get(kty)
        and (alg is None or (isinstance(alg, str) and alg in HEADER_NAMES))
        and jwk.get("use", "sig") == "sig"
        and isinstance(operations, tuple)
        and ("verify" in operations or "sign" in operations)
    )


def jwk_key(jwk: Mapping[str, Any], where: str) -> TokenKey:
    """The key of a JWK that `is_for_us`. BadKey where it cannot be used."""
    kty, alg, kid = jwk["kty"], jwk.get("alg"), jwk.get("kid")
    if alg is not None and HEADER_NAMES[alg] is not _FITTING[kty]:
        raise BadKey(f"{where}: a key of type {kty} cannot be for {alg}")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= LONGEST_KID):
        raise BadKey(f"{where}: `kid` must be a text of 1 to {LONGEST_KID} characters")
    if kty == "oct":
        return secret_key(_secret(jwk, where), kid, where)
    # Only the key material goes on: what the key is for has been decided here.
    material = {name: jwk[name] for name in _MATERIAL if name in jwk}
    return bind(_imported(_TYPES[kty], material, where), kid, where)


def _secret(jwk: Mapping[str, Any], where: str) -> bytes:
    encoded = jwk.get("k")
    try:
        return urlsafe_b64decode(encoded.encode()) if isinstance(encoded, str) else b""
    except ValueError:
        raise BadKey(f"{where}: `k` is not base64url") from None


def _imported(kind: _Asymmetric, material: dict[str, Any], where: str) -> Key:
    try:
        return _quietly(kind, material)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadKey(f"{where}: not a valid key ({type(error).__name__})") from None


def _quietly(kind: _Asymmetric, value: bytes | dict[str, Any]) -> Key:
    """Import a key without the library's warnings on weak keys, which `bind` refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return kind.import_key(value)
