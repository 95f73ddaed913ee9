"""Facts: what is known of an actor and its request before any row is read."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from types import MappingProxyType
from typing import Any

from charter.contract.expression import Fact, FactName
from charter.contract.methods import MULTIPLE, kinds_of_factor, values_of
from charter.plan.actor import API_KEY, CLIENT_CREDENTIALS, Actor

FUTURE_SECONDS = 60
"""How far the clock of an issuer of tokens may be ahead of this one."""
_MACHINES = frozenset({API_KEY, CLIENT_CREDENTIALS})
_Network = IPv4Network | IPv6Network


def holds(fact: Fact, actor: Actor, now: datetime | None) -> bool:
    """Whether a fact is so. Without a time, nobody signed in lately; nobody is nothing at all,
    but where the request comes from is known of everybody."""
    return _TESTS[fact.name](fact.argument, actor, now)


def _mfa(_: Any, actor: Actor, __: datetime | None) -> bool:
    """RFC 8176 has `mfa` for it; methods of two kinds are the same."""
    methods = actor.methods
    return actor.authenticated and (MULTIPLE in methods or len(kinds_of_factor(methods)) > 1)


def _signed_in_with(method: Any, actor: Actor, _: datetime | None) -> bool:
    return actor.authenticated and not actor.methods.isdisjoint(values_of(method))


def _signed_in_within(seconds: Any, actor: Actor, now: datetime | None) -> bool:
    if not actor.authenticated or actor.signed_in_at is None or now is None:
        return False
    return -FUTURE_SECONDS <= now.timestamp() - actor.signed_in_at <= float(seconds)


def _address_in(networks: Any, actor: Actor, _: datetime | None) -> bool:
    address = _parsed(actor.address)
    return address is not None and any(
        address in network for network in _networks(networks) if network.version == address.version
    )


def _is_machine(_: Any, actor: Actor, __: datetime | None) -> bool:
    return actor.authenticated and not _MACHINES.isdisjoint(actor.methods)


def _parsed(text: str | None) -> IPv4Address | IPv6Address | None:
    """The address; an IPv4 one that comes in the clothes of IPv6 is what it is."""
    if text is None:
        return None
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


@lru_cache(maxsize=256)
def _networks(texts: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(map(ip_network, texts))


_TESTS: Mapping[FactName, Callable[[Any, Actor, datetime | None], bool]] = MappingProxyType(
    {
        FactName.MFA: _mfa,
        FactName.SIGNED_IN_WITH: _signed_in_with,
        FactName.SIGNED_IN_WITHIN: _signed_in_within,
        FactName.ADDRESS_IN: _address_in,
        FactName.MACHINE: _is_machine,
    }
)
