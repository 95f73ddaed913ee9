"""The edge of the service: what holds for every request before it is understood, and for every
answer once it is made, whatever it is about."""

from charter.serve.settings.cors import CorsSettings
from charter.serve.settings.model import ServeSettings
from charter.serve.web.cors import Cors
from charter.serve.web.hosts import Hosts
from charter.serve.web.proxies import Proxies
from charter.wire.http import Request, Response
from charter.wire.rest.headers import Headers


class Edge:
    """Proxies, hosts, other origins and HTTPS, as the settings have them."""

    def __init__(self, serve: ServeSettings, cors: CorsSettings) -> None:
        self._proxies = Proxies(serve.trusted_proxies, serve.proxy_fields)
        self._hosts = Hosts(serve.allowed_hosts)
        self._cors = Cors(cors)
        self._secure: Headers = ()
        if serve.hsts:
            below = "; includeSubDomains" if serve.hsts_subdomains else ""
            self._secure = (("strict-transport-security", f"max-age={serve.hsts}{below}"),)

    def resolved(self, request: Request) -> Request:
        """The request with the client, scheme and host that trusted proxies say."""
        return self._proxies.resolved(request)

    def check(self, request: Request) -> None:
        """Raises `misdirected` for a host that is not served, and `malformed`."""
        self._hosts.check(request)

    def preflight(self, request: Request) -> Response | None:
        """The answer to a preflight of a listed origin; None for anything else."""
        return self._cors.preflight(request)

    def fields(self, request: Request) -> Headers:
        """The header fields of an answer that depend on how its request came."""
        if request.scheme == "https":
            return (*self._secure, *self._cors.fields(request))
        return self._cors.fields(request)
