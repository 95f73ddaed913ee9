"""Providers that speak OAuth 2 without OpenID Connect, GitHub above all.

There is no ID token: who it is comes from the provider's own interface, asked with the access
token over a connection that the service opened itself. An access token says nothing about whom
it was made for (the confused deputy of OAuth), and that is why only one that was just exchanged
for a code, with PKCE and at this provider's own redirect URI, is ever used.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from charter.access.oidc.identity import Identity, email_of, name_of, proves_email
from charter.access.oidc.provider import Endpoints, Provider
from charter.access.outbound import Outbound, Outgoing, Reply, Unreachable, json_object

MOST_EMAILS = 100


async def identity_by_profile(
    provider: Provider, endpoints: Endpoints, access_token: str, outbound: Outbound
) -> Identity:
    """Who the access token stands for. Raises Unreachable."""
    headers = {"authorization": f"Bearer {access_token}", "accept": "application/json"}
    profile = json_object(await outbound.send(Outgoing("GET", endpoints.profile, headers)))
    emails: Sequence[object] = ()
    if endpoints.emails is not None:
        emails = _list(await outbound.send(Outgoing("GET", endpoints.emails, headers)))
    return identity_of_profile(provider, endpoints, profile, emails)


def identity_of_profile(
    provider: Provider,
    endpoints: Endpoints,
    profile: Mapping[str, Any],
    emails: Sequence[object],
) -> Identity:
    """The identity in a profile. The address is the primary one of the list; that of the profile
    is what a person wants to show, and nobody has verified it."""
    subject = profile.get(endpoints.subject)
    if isinstance(subject, bool) or not isinstance(subject, str | int) or not str(subject):
        raise Unreachable("its profile names no subject")
    email, verified = _primary(emails)
    return Identity(
        provider.issuer,
        str(subject),
        email,
        verified,
        proves_email(provider, email, verified, None),
        name_of(profile, endpoints.names),
    )


def _primary(emails: Sequence[object]) -> tuple[str | None, bool]:
    for entry in emails[:MOST_EMAILS]:
        if isinstance(entry, Mapping) and entry.get("primary") is True:
            return email_of({**entry, "email_verified": entry.get("verified") is True})
    return None, False


def _list(reply: Reply) -> Sequence[object]:
    if reply.status != 200:
        raise Unreachable(f"its list of addresses was answered with the status {reply.status}")
    try:
        return msgspec.json.decode(reply.body, type=list[object])
    except msgspec.DecodeError:
        raise Unreachable("its list of addresses is not a JSON list") from None
