"""Time-based one-time passwords (RFC 6238, RFC 4226), as authenticator apps make them: SHA-1,
six digits, steps of 30 seconds."""

import base64
import hmac
import re
import secrets
import struct
from urllib.parse import quote, urlencode

SECRET_BYTES = 20
"""RFC 4226, section 4: 160 bits."""
DIGITS = 6
STEP = 30
"""Seconds."""
WINDOW = 1
"""Steps before and after the current one that are accepted, unless it is said (RFC 6238, section
5.2)."""

_CODE = re.compile(f"[0-9]{{{DIGITS}}}")
_LONGEST_INPUT = 32


def new_totp_secret() -> bytes:
    """A random secret. Keep it sealed."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """The secret as a user types it who cannot scan a picture: base 32, no padding."""
    return base64.b32encode(secret).decode("ascii").rstrip("=")


def totp_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """The `otpauth://` URI that an app reads from a QR code.

    `issuer` is the name of the service and `account` what its user calls the account; colons,
    which part the two, are left out of them.
    """
    issuer, account = issuer.replace(":", ""), account.replace(":", "")
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    values = {
        "secret": secret_text(secret),
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": DIGITS,
        "period": STEP,
    }
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


def hotp(secret: bytes, counter: int, *, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """The one-time password of a counter (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", counter), algorithm)
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return str((number & 0x7FFF_FFFF) % 10**digits).zfill(digits)


def step_at(now: float) -> int:
    """The step of a time in seconds since the epoch."""
    return int(now // STEP)


def match_totp(
    secret: bytes, code: str, *, now: float, last_step: int | None, window: int = WINDOW
) -> int | None:
    """The step whose code this is, to be stored as the last that was used; None where it is of
    none that counts.

    A step counts within `window` steps of now, and only after `last_step`: a code is taken once
    (RFC 6238, section 5.2). The caller stores the step on condition that it is still greater
    than the stored one, so that of two requests at once one is taken. All candidates are
    compared, in constant time each.
    """
    typed = re.sub(r"\s", "", code) if len(code) <= _LONGEST_INPUT else ""
    if _CODE.fullmatch(typed) is None:
        return None
    current = step_at(now)
    found = None
    for step in range(max(0, current - window), current + window + 1):
        same = hmac.compare_digest(hotp(secret, step), typed)
        if same and (last_step is None or step > last_step):
            found = step
    return found
