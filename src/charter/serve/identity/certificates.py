"""Client certificates: a proxy that is trusted has checked one, and says which (RFC 9440).

A certificate is known by the SHA-256 of its DER form, as an API key is by that of its text, and
stands for the account that has registered it. Who signed it does not matter then: what counts is
that the client has proven to the proxy that it has the private key.
"""

import base64
import binascii
import hashlib
import ssl

from charter.core.codes import INVALID_TOKEN
from charter.core.problems import Problem
from charter.wire.http import Request

FIELD = "client-cert"
LONGEST = 16_384
HINT = 12
"""Digits of the digest by which a certificate is recognised in a list."""


def certificate_of(request: Request) -> str | None:
    """The digest of the certificate that a trusted proxy tells of; None without one. What anybody
    else sends in this field means nothing."""
    field = request.headers.get(FIELD)
    if field is None or not request.proxied:
        return None
    text = field.strip(" \t")
    if len(text) > LONGEST or len(text) < 3 or text[0] != ":" or text[-1] != ":":
        raise Problem(INVALID_TOKEN, "The field Client-Cert cannot be read.")
    try:
        return _digest(base64.b64decode(text[1:-1], validate=True))
    except binascii.Error:
        raise Problem(INVALID_TOKEN, "The field Client-Cert cannot be read.") from None


def digest_of_pem(text: str) -> str | None:
    """The digest of a certificate as PEM; None where it is none."""
    try:
        return _digest(ssl.PEM_cert_to_DER_cert(text.strip()))
    except (ValueError, binascii.Error):
        return None


def _digest(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
