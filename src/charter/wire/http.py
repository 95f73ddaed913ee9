"""HTTP messages, apart from any server."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Request:
    """A request with its whole body. `path` and `query` are raw, as they came on the line.

    Header names are in lower case; a field that came several times is joined with commas
    (RFC 9110, section 5.3). `client` is the address that the request comes from, where that is
    known, and `scheme` is `http` or `https`: those of the connection as the server gives them,
    and behind a trusted proxy those that the proxy tells of; `proxied` tells that one does.
    `again` marks one that was answered long ago, whose credentials are looked at once more.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str | None = None
    scheme: str = "http"
    proxied: bool = False
    again: bool = False


@dataclass(slots=True)
class Response:
    """An answer; a body that is not bytes is streamed."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | AsyncIterator[bytes] = b""
