"""What a sign-in at a provider proves here: how it was done, and when."""

from datetime import UTC, datetime
from math import inf

from charter.access.oidc.identity import Identity
from charter.access.oidc.provider import Provider, SignInTime
from charter.contract.methods import METHODS, MULTIPLE, kinds_of_factor

_KNOWLEDGE = frozenset({"knowledge"})


def methods_of(provider: Provider, identity: Identity) -> frozenset[str]:
    """The methods that the session of an identity has (RFC 8176).

    Two factors at the provider count as two here where `amr` or `acr` has one of the values that
    the settings name. Without that nothing counts that could make up a second factor together
    with what is proven here: anybody can write `amr` into a token.
    """
    told = frozenset(identity.amr) & METHODS
    if not {*identity.amr, identity.acr}.isdisjoint(provider.mfa):
        return told | {MULTIPLE}
    return frozenset(
        method for method in told - {MULTIPLE} if kinds_of_factor((method,)) <= _KNOWLEDGE
    )


def signed_in_at(provider: Provider, identity: Identity, now: datetime) -> datetime | None:
    """When the person signed in at the provider, never later than now. None where nobody knows:
    the provider does not tell, and its settings do not say that arriving is signing in."""
    told = identity.auth_time
    if told is None or not 0 <= told < inf:
        return now if provider.untold is SignInTime.ARRIVAL else None
    return datetime.fromtimestamp(min(told, now.timestamp()), UTC)
