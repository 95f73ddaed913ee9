"""One GraphQL request, from its bytes to those of its answer. What it asks for is answered by
whoever serves it: queries in one go, the fields of a mutation one after the other."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from charter.contract.contract import Contract
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.ask import Ask
from charter.plan.outcome import Outcome, TogetherOutcome
from charter.wire.graphql.documents import InvalidDocument
from charter.wire.graphql.parse import Parser
from charter.wire.graphql.render import error_of, invalid, refusal, response, result, sealed
from charter.wire.graphql.requests import METHODS, Asked, Media, asked_of, media_of
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.http import Request, Response
from charter.wire.rest.headers import EMPTY
from charter.wire.rest.problems import status_of
from charter.wire.rest.settings import RestSettings

Answer = Callable[[Ask], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and who answers."""

    request: Request
    actor: Actor
    now: datetime
    request_id: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Done:
    """The response to one operation, and its status where it says something."""

    body: str
    status: int = 200


class Endpoint:
    """The GraphQL interface of one contract. `told` is whether clients may learn of the schema.

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
    ) -> None:
        self._settings = settings
        self._base = rest.problem_base
        self._min_compressed = rest.min_compressed
        self._cursor_key = cursor_key
        self._parser = Parser(contract, settings, cursor_key, told=told)

    def route(self, request: Request) -> str:
        return self._settings.path if request.path == self._settings.path else ""

    def options(self, request: Request) -> Response:
        allow = ("allow", ", ".join((*METHODS, "OPTIONS")))
        return Response(204, (*EMPTY, allow, ("accept-post", "application/json")))

    def problem(self, problem: Problem, request: Request, request_id: str) -> Response:
        """The answer to a request that is refused as a whole."""
        try:
            media = media_of(request)
        except Problem:
            media = Media.JSON
        return refusal(problem, request, media, self._base, self._min_compressed)

    async def respond(
        self, request: Request, actor: Actor, now: datetime, request_id: str, answer: Answer
    ) -> Response:
        """Raises the problems of requests that are none of GraphQL over HTTP."""
        asking = Asking(request, actor, now, request_id, answer)
        media = media_of(request)
        asked = asked_of(request, self._settings)
        done = [await self._done(one, asking) for one in asked]
        body = done[0].body if len(done) == 1 else f"[{','.join(one.body for one in done)}]"
        status = done[0].status if len(done) == 1 and media is Media.RESPONSE else 200
        return response(request, media, body, status=status, min_compressed=self._min_compressed)

    async def _done(self, asked: Asked, asking: Asking) -> _Done:
        try:
            operation = self._parser.operation(asked, asking.request)
            bound = operation.bound(asked.variables)
            query = self._parser.query(
                operation, bound, asking.actor, asking.now, asking.request_id
            )
        except InvalidDocument as error:
            return _Done(result(None, invalid(error.errors, self._base)), 400)
        except Problem as problem:
            if problem.code.name == "method_not_allowed":
                raise
            return _Done(result(None, [error_of(problem, self._base)]), 400)
        try:
            outcome = await asking.answer(query.ask)
            if not isinstance(outcome, TogetherOutcome):
                raise TypeError("a query has one object as its outcome")
            body = sealed(outcome.body, query.plan.lists, query.bound, self._cursor_key)
        except Problem as problem:
            return _Done(result(None, [error_of(problem, self._base)]), status_of(problem.code))
        errors = [error_of(problem, self._base, (out,)) for out, problem in outcome.refused]
        return _Done(result(body, errors))


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
    return Endpoint(contract, cursor_key, settings, rest, told=told)
