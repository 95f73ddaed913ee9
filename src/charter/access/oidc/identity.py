"""Who somebody is, as an identity provider tells it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from charter.access.oidc.provider import EmailTrust, Provider

LONGEST_NAME = 200
LONGEST_SUBJECT = 255
_EMAIL = re.compile(r"[^\s@<>,;:\"\\()\[\]\x00-\x20\x7f]{1,64}@[^\s@<>,;:\"\\()\[\]]{1,189}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """A person at a provider. Only `issuer` and `subject` together name one, and for ever; all
    else may change, and another person may have it tomorrow (OpenID Connect Core, 5.7)."""

    issuer: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    """What the provider says. Whether it is believed is `proves_email`."""
    email_proven: bool = False
    """Whether the address counts as proven, by what is set about the provider."""
    name: str | None = None
    amr: tuple[str, ...] = ()
    """How the person signed in at the provider (RFC 8176)."""
    acr: str | None = None
    auth_time: float | None = None
    """When, in seconds since the epoch."""
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """All claims of the verified ID token; empty without OpenID Connect."""


def email_of(claims: Mapping[str, Any]) -> tuple[str | None, bool]:
    """An address and whether the same source says that it is verified. Some providers write the
    truth as a text; anything but true is false."""
    email = claims.get("email")
    if not isinstance(email, str) or _EMAIL.fullmatch(email) is None:
        return None, False
    return email, claims.get("email_verified") in (True, "true")


def proves_email(provider: Provider, email: str | None, verified: bool, hosted: object) -> bool:
    """Whether an address that a provider tells is the person's own, for this service. `hosted`
    is the claim `hd`."""
    if email is None:
        return False
    domain = email.rpartition("@")[2].lower()
    match provider.email:
        case EmailTrust.NEVER:
            return False
        case EmailTrust.VERIFIED:
            return verified
        case EmailTrust.HOSTED:
            ours = {each.lower() for each in provider.email_domains}
            runs = hosted.lower() if isinstance(hosted, str) else None
            return verified and (domain in ours or domain == runs)
        case EmailTrust.ALWAYS:
            return True


def name_of(claims: Mapping[str, Any], members: tuple[str, ...] = ("name",)) -> str | None:
    """A name on one line, without characters that change what stands around it."""
    for member in members:
        value = claims.get(member)
        if isinstance(value, str):
            plain = _CONTROLS.sub(" ", value).strip()[:LONGEST_NAME]
            if plain:
                return plain
    return None
