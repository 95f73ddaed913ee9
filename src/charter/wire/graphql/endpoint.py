"""GraphQL over HTTP and as server-sent events: one request, from its bytes to its answer."""

from datetime import datetime

from charter.contract.contract import Contract
from charter.core.codes import INVALID_PARAMETER, NOT_ACCEPTABLE
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.wire.graphql.events import as_events, as_stream
from charter.wire.graphql.execution import Asking, Execution
from charter.wire.graphql.render import refusal, response
from charter.wire.graphql.requests import (
    METHODS,
    Asked,
    Media,
    asked_of,
    media_of,
    takes_events,
)
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.graphql.told import Answer, Done, Follow, Followed
from charter.wire.graphql.transport import TransportWs
from charter.wire.http import Request, Response
from charter.wire.live.render import EVENT_HEADERS
from charter.wire.pages.graphiql import GraphiqlPage
from charter.wire.rest.headers import EMPTY
from charter.wire.rest.settings import RestSettings

_FAULT = 500


class Endpoint:
    """The GraphQL interface of one contract. `told` is whether clients may learn of the schema,
    and `page` whether browsers see GraphiQL.

    Raises ValueError where listed documents cannot be read.
    """

    def __init__(
        self,
        contract: Contract,
        cursor_key: bytes,
        settings: GraphqlSettings,
        rest: RestSettings,
        *,
        told: bool,
        page: bool,
    ) -> None:
        self._page = GraphiqlPage(contract, settings.path) if page else None
        self._settings = settings
        self._base = rest.problem_base
        self._min_compressed = rest.min_compressed
        self.speech = TransportWs(rest.problem_base)
        self._execution = Execution(contract, cursor_key, settings, rest.problem_base, told=told)

    @property
    def path(self) -> str:
        return self._settings.path

    def route(self, request: Request) -> str:
        if request.path == self._settings.path:
            return request.path
        is_asset = self._page is not None and self._page.is_asset(request)
        return f"{self._settings.path}/assets" if is_asset else ""

    def options(self, request: Request) -> Response:
        allow = ("allow", ", ".join((*METHODS, "OPTIONS")))
        return Response(204, (*EMPTY, allow, ("accept-post", "application/json")))

    def problem(self, problem: Problem, request: Request, request_id: str) -> Response:
        """The answer to a request that is refused as a whole."""
        try:
            media = media_of(request)
        except Problem:
            media = Media.JSON
        if media is Media.EVENTS:
            media = Media.RESPONSE
        return refusal(problem, request, media, self._base, self._min_compressed)

    async def respond(
        self,
        request: Request,
        actor: Actor,
        now: datetime,
        request_id: str,
        answer: Answer,
        follow: Follow,
    ) -> Response:
        """Raises the problems of requests that are none of GraphQL over HTTP."""
        shown = None if self._page is None else self._page.answer(request)
        if shown is not None:
            return shown
        asking = Asking(request, actor, now, request_id, answer)
        media = media_of(request)
        asked = asked_of(request, self._settings)
        if len(asked) > 1:
            return await self._together(asked, asking, media)
        begun = await self._execution.begin(asked[0], asking)
        if isinstance(begun, Done):
            return self._answered(begun, request, media)
        return await self._followed(begun, request, media, follow)

    async def begin(
        self,
        asked: Asked,
        request: Request,
        actor: Actor,
        now: datetime,
        request_id: str,
        answer: Answer,
    ) -> Done | Followed:
        """What comes of one operation that is asked for over a WebSocket."""
        asking = Asking(request, actor, now, request_id, answer)
        try:
            return await self._execution.begin(asked, asking)
        except Problem as problem:
            return self._execution.refused(problem)

    async def _together(self, asked: list[Asked], asking: Asking, media: Media) -> Response:
        """The responses to several operations as a list."""
        if media is Media.EVENTS:
            raise Problem(NOT_ACCEPTABLE, "Several operations at once are answered as JSON.")
        bodies: list[str] = []
        for one in asked:
            begun = await self._execution.begin(one, asking)
            if isinstance(begun, Followed):
                message = "A subscription stands in a request by itself."
                begun = self._execution.refused(Problem(INVALID_PARAMETER, message))
            bodies.append(begun.body)
        body = f"[{','.join(bodies)}]"
        return response(asking.request, media, body, min_compressed=self._min_compressed)

    def _answered(self, done: Done, request: Request, media: Media) -> Response:
        if media is Media.EVENTS:
            return Response(200, EVENT_HEADERS, as_events(done).encode())
        status = 200 if media is Media.JSON and done.status < _FAULT else done.status
        return response(
            request, media, done.body, status=status, min_compressed=self._min_compressed
        )

    async def _followed(
        self, followed: Followed, request: Request, media: Media, follow: Follow
    ) -> Response:
        """An answer that goes on; or why there is none."""
        if not takes_events(request):
            message = f"A subscription is answered as {Media.EVENTS}, or over WebSocket."
            members = {"available": (Media.EVENTS.value,)}
            problem = Problem(NOT_ACCEPTABLE, message, members=members)
            return self._answered(self._execution.refused(problem), request, media)
        # A browser that comes back by itself asks for the same once more.
        after = request.headers.get("last-event-id") or followed.after
        try:
            pieces = await follow(followed.ask, after, as_stream(followed.told))
        except Problem as problem:
            return self._answered(self._execution.refused(problem), request, Media.EVENTS)
        return Response(200, EVENT_HEADERS, pieces)


def open_endpoint(
    contract: Contract,
    cursor_key: bytes,
    settings: GraphqlSettings,
    rest: RestSettings,
    *,
    development: bool,
) -> Endpoint:
    """The GraphQL interface of a contract. Clients may learn of its schema in development, or
    as it is set. Raises ValueError where listed documents cannot be read."""
    told = development if settings.introspection is None else settings.introspection
    page = development if settings.page is None else settings.page
    return Endpoint(contract, cursor_key, settings, rest, told=told, page=page)
