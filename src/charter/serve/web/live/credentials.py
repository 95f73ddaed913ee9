"""Who is at the other end of a connection, and whether that is so still."""

from collections.abc import Awaitable
from dataclasses import replace

from charter.core.codes import CROSS_SITE_REQUEST
from charter.core.livecodes import RIGHTS_CHANGED
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.serve.settings.cors import ANY, CorsSettings
from charter.serve.web.authenticate import Authenticator
from charter.wire.http import Request

AUTHORIZATION, COOKIE = "authorization", "cookie"


class Origins:
    """Pages that may connect: those of the service itself, and those that CORS lets in. A browser
    asks nobody before it connects a page to a WebSocket anywhere, with its cookies."""

    def __init__(self, settings: CorsSettings) -> None:
        self._listed = frozenset(settings.origins)
        self._credentials = settings.credentials

    def check(self, request: Request) -> None:
        """Raises `cross_site_request` for a page of another site. Who says nothing is none."""
        headers = request.headers
        origin = headers.get("origin")
        if origin is None or origin == f"{request.scheme}://{headers.get('host', '')}":
            return
        listed = origin in self._listed or ANY in self._listed
        if not listed or (COOKIE in headers and not self._credentials):
            raise Problem(CROSS_SITE_REQUEST)


class Credentials:
    """What a connection came with, looked at again and again."""

    def __init__(self, authenticator: Authenticator, request: Request) -> None:
        self._authenticator = authenticator
        self._request = request
        self._actor: Actor | None = None

    @property
    def given(self) -> bool:
        """Whether the request itself says who it comes from."""
        return AUTHORIZATION in self._request.headers or COOKIE in self._request.headers

    def with_token(self, token: str) -> "Credentials":
        """The same connection with a token in place of all that came with its request."""
        headers = {name: text for name, text in self._request.headers.items() if name != COOKIE}
        request = replace(self._request, headers={**headers, AUTHORIZATION: f"Bearer {token}"})
        return Credentials(self._authenticator, request)

    @property
    def request(self) -> Request:
        return self._request

    async def actor(self) -> Actor:
        """Who it is. Raises the problems of credentials."""
        self._actor = await self._proven(self._request)
        return self._actor

    async def confirm(self) -> None:
        """Raises a problem where they are good no more, or mean something else than before."""
        if await self._proven(replace(self._request, again=True)) != self._actor:
            raise Problem(RIGHTS_CHANGED)

    async def _proven(self, request: Request) -> Actor:
        found: Actor | Awaitable[Actor] = self._authenticator.identify(request)
        actor = found if isinstance(found, Actor) else await found
        return actor if actor.proof is None else await actor.proof()
