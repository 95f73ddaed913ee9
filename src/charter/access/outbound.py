"""HTTP that goes out of the service: to identity providers, issuers and stores of secrets.

Every address comes from the operator, in the settings or in a document of a server that the
settings name; none comes from a client. What stands against SSRF here is therefore small: https
everywhere but on loopback in development, no credentials in addresses, no redirects, and bounds
on time and size. Addresses that clients give (those of webhooks) do not go through here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import SplitResult, urlencode, urlsplit

from charter.access.extras import needing
from charter.access.strict_json import NotStrict, parse_object

SECONDS = 5.0
"""The longest that one request may take, from its beginning to the last byte of its answer."""
MOST_BYTES = 512 * 1024
"""Of the body of an answer."""
LONGEST_ADDRESS = 2048


class Unreachable(Exception):
    """A server did not answer, or not within the bounds. The text names the host, no more."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request to send."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Outbound(Protocol):
    """Sends requests, for one event loop."""

    development: bool
    """Whether plain http to loopback is allowed."""

    async def send(self, outgoing: Outgoing) -> Reply:
        """The answer, whatever its status; redirects are answers. Raises Unreachable, and
        ValueError for an address that `check_address` refuses."""

    async def close(self) -> None:
        """Close the connections that are kept."""


def open_outbound(*, development: bool) -> Outbound:
    """A client for outgoing HTTP. MissingExtra where its library is not installed."""
    module = needing(
        "httpx2", "oidc", "Signing in with identity providers", "charter.access.outbound_httpx"
    )
    client: Outbound = module.HttpxOutbound(development=development)
    return client


def check_address(url: str, *, development: bool) -> SplitResult:
    """The parts of an address that may be asked: https, or http to loopback in development, with
    no user, password or fragment in it. ValueError, without the address, otherwise."""
    if len(url) > LONGEST_ADDRESS or not url.isascii() or any(c <= " " or c == "\\" for c in url):
        raise ValueError("the address is too long, or has characters that no address has")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("not an address") from None
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("an address has a host, and no user, password or fragment")
    if parts.scheme == "https" or (parts.scheme == "http" and development and is_loopback(host)):
        return parts
    raise ValueError("an address begins with https:// (in development, also http:// to loopback)")


def is_loopback(host: str) -> bool:
    """Whether a host of an address is this machine, by its text alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def form(url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Outgoing:
    """A POST of a form (RFC 6749, appendix B) that asks for JSON."""
    sent = {
        "accept": "application/json",
        "content-type": "application/x-www-form-urlencoded",
        **(headers or {}),
    }
    return Outgoing("POST", url, sent, urlencode(fields).encode())


def json_object(reply: Reply) -> Mapping[str, Any]:
    """The JSON object of an answer with the status 200. Raises Unreachable."""
    if reply.status != 200:
        raise Unreachable(f"it answered with the status {reply.status}")
    try:
        return parse_object(reply.body)
    except NotStrict as error:
        raise Unreachable(f"its answer cannot be used: {error}") from None
