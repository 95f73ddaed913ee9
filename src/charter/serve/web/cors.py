"""Scripts of other origins: who may read answers, and what they may ask (Fetch, CORS).

Closed where no origin is listed: then nothing here says anything, and browsers keep answers from
scripts of other origins. An origin is never repeated to whoever sends it: it is looked up.
"""

from collections.abc import Mapping

from charter.serve.settings.cors import ANY, CorsSettings
from charter.wire.http import Request, Response
from charter.wire.rest.headers import KEEP_NOT, SAFE, Headers

_VARY = ("vary", "origin")
_VARY_PREFLIGHT = (
    "vary",
    "origin, access-control-request-method, access-control-request-headers",
)


class Cors:
    """What the settings say of other origins, made ready."""

    def __init__(self, settings: CorsSettings) -> None:
        self._any = ANY in settings.origins
        self.closed = not settings.origins
        credentials: Headers = ()
        if settings.credentials:
            credentials = (("access-control-allow-credentials", "true"),)
        exposed = ("access-control-expose-headers", ", ".join(settings.exposed))
        self._shown: Mapping[str, Headers] = {
            origin: (
                ("access-control-allow-origin", origin),
                *credentials,
                *((exposed,) if settings.exposed else ()),
                *(() if origin == ANY else (_VARY,)),
            )
            for origin in settings.origins
        }
        self._preflights: Mapping[str, Response] = {
            origin: Response(
                204,
                (
                    ("access-control-allow-origin", origin),
                    *credentials,
                    ("access-control-allow-methods", ", ".join(settings.methods)),
                    ("access-control-allow-headers", ", ".join(settings.headers)),
                    ("access-control-max-age", str(settings.max_age)),
                    _VARY_PREFLIGHT,
                    KEEP_NOT,
                    *SAFE,
                ),
            )
            for origin in settings.origins
        }
        self._others: Headers = () if self._any else (_VARY,)

    def fields(self, request: Request) -> Headers:
        """What an answer says to the origin of its request. Where it depends on the origin, the
        answers to all requests say that it does (RFC 9110, section 12.5.5)."""
        if self.closed:
            return ()
        origin = request.headers.get("origin")
        if origin is None:
            return self._others
        return self._shown.get(ANY if self._any else origin, self._others)

    def preflight(self, request: Request) -> Response | None:
        """The answer to a preflight of a listed origin; None for anything else."""
        headers = request.headers
        if self.closed or "access-control-request-method" not in headers:
            return None
        origin = headers.get("origin")
        return None if origin is None else self._preflights.get(ANY if self._any else origin)
