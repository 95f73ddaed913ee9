"""Which account an identity signs in to. Pure, so that every case can be looked at.

The danger is a takeover by e-mail: who can make some provider say "my address is ann@example.com"
must not become Ann; and who has registered Ann's address here before her, with a password of
their own, must not stay in the account when she comes through her provider.
"""

from dataclasses import dataclass
from enum import StrEnum

from charter.access.oidc.identity import Identity


class Why(StrEnum):
    """Why an identity is refused."""

    LINKED_ELSEWHERE = "linked_elsewhere"
    """It belongs to another account than the one that is signed in."""
    NO_EMAIL = "no_email"
    """The provider tells no address, and an account needs one."""
    ACCOUNT_UNVERIFIED = "account_unverified"
    """The account with this address was made by somebody who never proved that it is theirs. The
    owner of the address gets the account by resetting its password."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the service knows. Accounts are named by their keys."""

    linked: str | None = None
    """The account that this (issuer, subject) is linked to."""
    signed_in: str | None = None
    """The account that began this sign-in in order to add the identity to itself."""
    account: str | None = None
    """The account that has the identity's e-mail address."""
    account_verified: bool = False
    """Whether that account has proven the address."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The identity is linked: sign this account in."""

    account: str


@dataclass(frozen=True, slots=True)
class Link:
    """Link the identity to this account, and sign it in."""

    account: str


@dataclass(frozen=True, slots=True)
class Create:
    """Make an account with this address, which is proven, link the identity, and sign in."""

    email: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """The address is not proven: mail it a one-time link, and decide again, with
    `email_proven`, when it is opened in the browser that began. The answer is the same whether
    there is an account with this address or not."""

    email: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nobody is signed in."""

    why: Why


Decision = SignIn | Link | Create | Confirm | Refuse


def decide(identity: Identity, known: Known) -> Decision:
    """What to do with an identity whose ID token has been verified."""
    if known.linked is not None:
        if known.signed_in not in (None, known.linked):
            return Refuse(Why.LINKED_ELSEWHERE)
        return SignIn(known.linked)
    if known.signed_in is not None:
        return Link(known.signed_in)
    if identity.email is None:
        return Refuse(Why.NO_EMAIL)
    if not identity.email_proven:
        return Confirm(identity.email)
    if known.account is None:
        return Create(identity.email)
    if not known.account_verified:
        return Refuse(Why.ACCOUNT_UNVERIFIED)
    return Link(known.account)
