"""Passkeys, where the library for them is installed."""

from importlib.util import find_spec

from charter.access.extras import needing
from charter.access.passkeys.model import Passkeys, RelyingParty


def have_passkeys() -> bool:
    """Whether `open_passkeys` can be called here."""
    return find_spec("webauthn") is not None


def open_passkeys(party: RelyingParty) -> Passkeys:
    """The ceremonies for this relying party; MissingExtra without `charter[passkeys]`."""
    module = needing("webauthn", "passkeys", "Passkeys", "charter.access.passkeys.ceremonies")
    passkeys: Passkeys = module.WebAuthnPasskeys(party)
    return passkeys
