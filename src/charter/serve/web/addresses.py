"""Network addresses of clients, in one spelling."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from charter.wire.http import Request

UNKNOWN = "unknown"
_LONGEST = 64
_REMEMBERED = 4096
_NETWORK_BITS = 64


@lru_cache(_REMEMBERED)
def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address; None for what is none. An IPv4 address inside an IPv6 one is taken out."""
    try:
        found = ip_address(text) if len(text) <= _LONGEST else None
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return found if mapped is None else mapped


def client_address(request: Request) -> str | None:
    """Where a request comes from, in the usual spelling of addresses; None where that is not
    known. Behind trusted proxies it is what they say."""
    return None if request.client is None else _spelt(request.client)


@lru_cache(_REMEMBERED)
def _spelt(text: str) -> str | None:
    found = parsed(text)
    return None if found is None else str(found)


@lru_cache(_REMEMBERED)
def subscriber(client: str | None) -> str:
    """Who is likely to have an address: of IPv6 the first 64 bits, since a single customer has
    all addresses that share them; `unknown` for all that are not known."""
    found = None if client is None else parsed(client)
    if found is None:
        return UNKNOWN
    if isinstance(found, IPv6Address):
        return str(IPv6Address(int(found) >> _NETWORK_BITS << _NETWORK_BITS))
    return str(found)
