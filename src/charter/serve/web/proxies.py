"""Where a request comes from: what proxies in front of the service say, as far as it is true.

Anybody can send these fields. What a trusted proxy writes stands on the right of what it was
sent, so they are read from the right: the first address that is no trusted proxy's is the client.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from charter.core.recent import Recent
from charter.serve.settings.model import UNIX, ProxyFields
from charter.serve.web.addresses import parsed
from charter.wire.http import Request

MOST_HOPS = 16
_MOST_REMEMBERED = 1024
_LONGEST_REMEMBERED = 256
"""Characters."""
_SCHEMES = frozenset({"http", "https"})

_NODE = re.compile(
    r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+)(?::[0-9]{1,5})?|([0-9A-Fa-f:.]+)"
)
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PAIR = rf'{_WORD}=(?:{_WORD}|"(?:[^"\\]|\\.)*")'
_ELEMENT = re.compile(rf"[ \t]*((?:{_PAIR})?(?:[ \t]*;[ \t]*(?:{_PAIR})?)*)[ \t]*")
_PART = re.compile(rf'({_WORD})=(?:({_WORD})|"((?:[^"\\]|\\.)*)")')


@dataclass(frozen=True, slots=True)
class Hop:
    """What a proxy says of the request that it was sent; None where it says nothing."""

    client: str | None = None
    scheme: str | None = None
    host: str | None = None


Said = tuple[str | None, ...]
"""The values of the fields that a proxy speaks in, None for those that are not there."""


class Proxies:
    """The proxies that are trusted, by their networks; `unix` for those without an address."""

    def __init__(self, networks: Sequence[str], fields: ProxyFields) -> None:
        self._any = bool(networks)
        self._unix = UNIX in networks
        self._networks = tuple(ip_network(text) for text in networks if text != UNIX)
        self._fields = _FIELDS[fields]
        self._hops = _HOPS[fields]
        self._trusted: Recent[str, bool] = Recent(_MOST_REMEMBERED)
        self._origins: Recent[Said, Hop] = Recent(_MOST_REMEMBERED)

    def resolved(self, request: Request) -> Request:
        """The request with the client, scheme and host that trusted proxies say.

        Where they say what cannot be read, the client is not known: nobody is to pass for the
        proxy by that. A proxy that says nothing of a client is the client.
        """
        if not self._any or not self._trusts(request.client):
            return request
        headers = request.headers
        said: Said = tuple([headers.get(name) for name in self._fields])
        client, scheme = request.client, request.scheme
        if said[0] is not None:
            hop = self._origin(said)
            client, scheme = hop.client, hop.scheme or scheme
            if hop.host is not None:
                headers = {**headers, "host": hop.host}
        line = (request.method, request.path, request.query)
        return Request(*line, headers, request.body, client, scheme, proxied=True)

    def _origin(self, said: Said) -> Hop:
        if sum(len(text) for text in said if text is not None) > _LONGEST_REMEMBERED:
            return self._first(said)
        return self._origins.get(said, lambda: self._first(said))

    def _first(self, said: Said) -> Hop:
        """The hop nearest to the service whose client is no trusted proxy; it has the scheme and
        the host that were last said on the way there."""
        scheme: str | None = None
        host: str | None = None
        client: str | None = None
        for number, hop in enumerate(self._hops(said)):
            if number == MOST_HOPS:
                return Hop(None, scheme, host)
            client, scheme, host = hop.client, hop.scheme or scheme, hop.host or host
            if client is None or not self._trusts(client):
                break
        return Hop(client, scheme, host)

    def _trusts(self, client: str | None) -> bool:
        if client is None:
            return self._unix
        return self._trusted.get(client, lambda: self._is_trusted(client))

    def _is_trusted(self, client: str) -> bool:
        address = parsed(client)
        return address is not None and any(
            address.version == network.version and address in network for network in self._networks
        )


def x_forwarded(said: Said) -> Iterator[Hop]:
    """The hops of X-Forwarded-For, -Proto and -Host, the nearest first.

    A proxy appends to the field with the addresses. With the others some do so too, and some
    overwrite them: then the one value is that of the proxy that is asked first.
    """
    clients, schemes, hosts = said[0] or "", _values(said[1]), _values(said[2])
    for place in range(1, MOST_HOPS + 2):
        clients, comma, client = clients.rpartition(",")
        scheme = _nth(schemes, place)
        yield Hop(
            _address(client.strip(" \t")),
            scheme if scheme in _SCHEMES else None,
            _nth(hosts, place),
        )
        if not comma:
            return


def _values(text: str | None) -> list[str]:
    return [] if text is None else [item.strip(" \t") for item in text.rsplit(",", MOST_HOPS)]


def _nth(values: Sequence[str], place: int) -> str | None:
    """The value of a hop, counted from the right; of the last one that there is beyond it."""
    return values[-min(place, len(values))] or None if values else None


def forwarded(said: Said) -> Iterator[Hop]:
    """The hops of the Forwarded field (RFC 7239), the nearest first.

    The field is read as a whole. Where it cannot be, since a client began a quoted text that it
    did not end, there is one hop that says nothing.
    """
    text = said[0] or ""
    elements: list[str] = []
    place = 0
    while True:
        found = _ELEMENT.match(text, place)
        if found is None or (found.end() < len(text) and text[found.end()] != ","):
            yield Hop()
            return
        elements.append(found[1])
        if found.end() == len(text):
            break
        place = found.end() + 1
    for element in reversed(elements):
        yield _hop(element)


def _hop(element: str) -> Hop:
    said: dict[str, str] = {}
    for name, token, quoted in _PART.findall(element):
        if name.lower() in said:
            return Hop()
        said[name.lower()] = token or re.sub(r"\\(.)", r"\1", quoted)
    scheme = said.get("proto", "").lower()
    return Hop(
        _address(said.get("for", "")),
        scheme if scheme in _SCHEMES else None,
        said.get("host"),
    )


def _address(node: str) -> str | None:
    """The address of a node without its port; None for `unknown`, `_hidden` and what is none."""
    found = _NODE.fullmatch(node)
    if found is None:
        return None
    address = parsed(found[1] or found[2] or found[3])
    return None if address is None else str(address)


_FIELDS: Mapping[ProxyFields, tuple[str, ...]] = {
    ProxyFields.X_FORWARDED: ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"),
    ProxyFields.FORWARDED: ("forwarded",),
}
_HOPS: Mapping[ProxyFields, Callable[[Said], Iterator[Hop]]] = {
    ProxyFields.X_FORWARDED: x_forwarded,
    ProxyFields.FORWARDED: forwarded,
}
