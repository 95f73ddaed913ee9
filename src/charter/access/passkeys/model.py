"""What goes in and out of the ceremonies of passkeys."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

CHALLENGE_SECONDS = 300
"""How long a challenge is good; its keeper holds to it."""

_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9-]{1,63})*")


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks for a passkey. ValueError where an origin does not belong to the domain."""

    id: str
    """The domain that passkeys are bound to; pages of it and of its subdomains can use them."""
    name: str
    """What a browser shows."""
    origins: tuple[str, ...]
    """The origins of the pages, such as `https://shop.example`."""

    def __post_init__(self) -> None:
        if _DOMAIN.fullmatch(self.id) is None:
            raise ValueError(f"{self.id!r} is not a domain in lower case")
        if not self.name or not self.origins:
            raise ValueError("a relying party needs a name and at least one origin")
        for origin in self.origins:
            self._check(origin)

    def _check(self, origin: str) -> None:
        parts = urlsplit(origin)
        host = parts.hostname or ""
        if origin != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
            raise ValueError(f"{origin!r} is not an origin: scheme, host and port, nothing else")
        if host != self.id and not host.endswith(f".{self.id}"):
            raise ValueError(f"the origin {origin!r} is not of the domain {self.id!r}")
        if parts.scheme != "https" and host != "localhost" and not host.endswith(".localhost"):
            raise ValueError(f"the origin {origin!r} is not https, which passkeys need")


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    """A passkey that an account has, named to the browser."""

    credential_id: bytes
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a browser is asked. The caller keeps the challenge, for one use and a few minutes."""

    challenge: bytes = field(repr=False)
    options: Mapping[str, Any]
    """JSON for `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptions…`."""


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey as it was registered; all of it is kept with the account."""

    credential_id: bytes
    public_key: bytes
    """COSE key."""
    sign_count: int
    transports: tuple[str, ...]
    aaguid: str
    """The make of the authenticator, a UUID; zeros where it does not say."""
    synced: bool
    """Whether it may be on several devices (backup eligible)."""
    user_verified: bool


@dataclass(frozen=True, slots=True)
class StoredPasskey:
    """What is known of a passkey when its user signs in with it."""

    account: str
    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class UsedPasskey:
    """A sign-in with a passkey."""

    account: str
    credential_id: bytes
    sign_count: int
    """To be stored in place of the one before."""
    user_verified: bool
    """Whether the device asked for a PIN, a finger or a face: two factors in one."""
    synced: bool

    @property
    def methods(self) -> frozenset[str]:
        """The `amr` values (RFC 8176): `hwk` for a key that stays on its device, `swk` for one
        that is synced; `user` for the touch; `mfa` where the device verified its user."""
        key = "swk" if self.synced else "hwk"
        return frozenset({key, "user", *(("mfa",) if self.user_verified else ())})


class Passkeys(Protocol):
    """The two ceremonies, each asked and answered."""

    def registration(self, account: str, name: str, known: Sequence[KnownPasskey] = ()) -> Ceremony:
        """What to ask a browser that is to make a passkey for an account. `name` is what the
        user calls the account; the passkeys in `known` are not made again."""
        ...

    def register(self, credential: Mapping[str, Any], challenge: bytes) -> NewPasskey:
        """The passkey that a browser made (`PublicKeyCredential.toJSON()`). A Problem
        `invalid_passkey` where it does not answer this challenge."""
        ...

    def sign_in(self, known: Sequence[KnownPasskey] = ()) -> Ceremony:
        """What to ask a browser that is to sign in; with no passkeys named, its user chooses."""
        ...

    def signed_in(
        self, credential: Mapping[str, Any], challenge: bytes, stored: StoredPasskey
    ) -> UsedPasskey:
        """The sign-in that a browser made. A Problem `passkey_refused` where it does not answer
        this challenge with this passkey, or where its counter went back."""
        ...


def user_handle(account: str) -> bytes:
    """How an account is named to authenticators: 32 bytes that say nothing about it."""
    return hashlib.sha256(b"charter account\0" + account.encode()).digest()
