"""What a provider says about itself (OpenID Connect Discovery 1.0; RFC 8414)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charter.access.oidc.provider import Authentication, Provider
from charter.access.outbound import Outbound, Outgoing, Unreachable, check_address, json_object

WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's addresses and abilities."""

    issuer: str
    authorization: str
    token: str
    keys: str | None
    """Its JWK Set; None without OpenID Connect."""
    userinfo: str | None
    authentications: frozenset[str]
    """How clients may authenticate at the token endpoint."""
    sends_issuer: bool
    """Whether its authorization responses name it (RFC 9207)."""


async def discover(provider: Provider, outbound: Outbound) -> Metadata:
    """The metadata of a provider, asked for where it has a discovery document. Raises
    Unreachable where there is none that can be used."""
    if provider.endpoints is not None:
        ends = provider.endpoints
        methods = frozenset({Authentication.POST.value})
        return Metadata(provider.issuer, ends.authorization, ends.token, None, None, methods, False)
    address = provider.issuer.removesuffix("/") + WELL_KNOWN
    document = json_object(await outbound.send(Outgoing("GET", address)))
    return read_metadata(document, provider.issuer, development=outbound.development)


def read_metadata(document: Mapping[str, Any], issuer: str, *, development: bool) -> Metadata:
    """The metadata in a discovery document. Unreachable where it is of another issuer
    (Discovery 4.3), names an address that must not be asked, or cannot do what is needed."""
    if document.get("issuer") != issuer:
        raise Unreachable("its discovery document names another issuer")
    if "code" not in _texts(document, "response_types_supported", ("code",)):
        raise Unreachable("it does not support the authorization code flow")
    if "S256" not in _texts(document, "code_challenge_methods_supported", ("S256",)):
        raise Unreachable("it supports PKCE, but not with S256")
    return Metadata(
        issuer,
        _address(document, "authorization_endpoint", development),
        _address(document, "token_endpoint", development),
        _address(document, "jwks_uri", development),
        _address(document, "userinfo_endpoint", development)
        if "userinfo_endpoint" in document
        else None,
        _texts(document, "token_endpoint_auth_methods_supported", (Authentication.BASIC.value,)),
        document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: Mapping[str, Any], member: str, development: bool) -> str:
    url = document.get(member)
    if not isinstance(url, str):
        raise Unreachable(f"its discovery document has no {member}")
    try:
        check_address(url, development=development)
    except ValueError as error:
        raise Unreachable(f"its {member} cannot be used: {error}") from None
    return url


def _texts(document: Mapping[str, Any], member: str, default: tuple[str, ...]) -> frozenset[str]:
    values = document.get(member, default)
    if not isinstance(values, tuple) or not all(isinstance(each, str) for each in values):
        raise Unreachable(f"its {member} is not a list of texts")
    return frozenset(values)
