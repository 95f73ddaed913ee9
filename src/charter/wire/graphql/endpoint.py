"""One GraphQL request, from its bytes to those of its answer. What it asks for is answered by
whoever serves it: queries in one go, the fields of a mutation one after the other."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from charter.contract.contract import Contract
from charter.core.codes import METHOD_NOT_ALLOWED, RATE_LIMITED, SESSION_ENDED, TOKEN_STALE
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.ask import Ask
from charter.plan.outcome import (
    ManyOutcome,
    Outcome,
    RowOutcome,
    TogetherOutcome,
    ValueOutcome,
)
from charter.plan.selection import Label
from charter.wire.graphql.changes import within_input
from charter.wire.graphql.documents import InvalidDocument, Operation
from charter.wire.graphql.given import Bound
from charter.wire.graphql.parse import Act, FieldProblems, Parser, Query
from charter.wire.graphql.payloads import failed, payload
from charter.wire.graphql.render import error_of, invalid, refusal, response, result, sealed
from charter.wire.graphql.requests import METHODS, Asked, Media, asked_of, media_of
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.graphql.writes import MutationPlan
from charter.wire.http import Request, Response
from charter.wire.pages.graphiql import GraphiqlPage
from charter.wire.rest.headers import EMPTY
from charter.wire.rest.problems import status_of
from charter.wire.rest.settings import RestSettings

_OF_REQUEST = frozenset({METHOD_NOT_ALLOWED, RATE_LIMITED, SESSION_ENDED, TOKEN_STALE})
"""What refuses a request as a whole, by its status."""
_FAULT = 500
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
        self._cursor_key = cursor_key
        self._parser = Parser(contract, settings, cursor_key, told=told)

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
        return refusal(problem, request, media, self._base, self._min_compressed)

    async def respond(
        self, request: Request, actor: Actor, now: datetime, request_id: str, answer: Answer
    ) -> Response:
        """Raises the problems of requests that are none of GraphQL over HTTP."""
        shown = None if self._page is None else self._page.answer(request)
        if shown is not None:
            return shown
        asking = Asking(request, actor, now, request_id, answer)
        media = media_of(request)
        asked = asked_of(request, self._settings)
        done = [await self._done(one, asking) for one in asked]
        body = done[0].body if len(done) == 1 else f"[{','.join(one.body for one in done)}]"
        status = done[0].status if len(done) == 1 else 200
        if media is Media.JSON and status < _FAULT:
            status = 200
        return response(request, media, body, status=status, min_compressed=self._min_compressed)

    async def _done(self, asked: Asked, asking: Asking) -> _Done:
        try:
            operation = self._parser.operation(asked, asking.request)
            bound = operation.bound(asked.variables)
            if operation.is_mutation:
                return await self._mutated(operation, bound, asking)
            query = self._parser.query(
                operation, bound, asking.actor, asking.now, asking.request_id
            )
        except InvalidDocument as error:
            return _Done(result(None, invalid(error.errors, self._base)), 400)
        except Problem as problem:
            if problem.code in _OF_REQUEST:
                raise
            return _Done(result(None, [error_of(problem, self._base)]), 400)
        return await self._queried(query, asking)

    async def _queried(self, query: Query, asking: Asking) -> _Done:
        try:
            outcome = await self._read(query, asking)
            plan = query.plan
            body = sealed(outcome.body, plan.lists, plan.known, query.bound, self._cursor_key)
        except Problem as problem:
            if problem.code in _OF_REQUEST:
                raise
            return _Done(result(None, [error_of(problem, self._base)]), status_of(problem.code))
        errors = [error_of(problem, self._base, (out,)) for out, problem in outcome.refused]
        return _Done(result(body, errors))

    async def _read(self, query: Query, asking: Asking) -> TogetherOutcome:
        settled = query.plan.settled
        if settled is not None:
            return TogetherOutcome(settled)
        outcome = await asking.answer(query.ask)
        if not isinstance(outcome, TogetherOutcome):
            raise TypeError("a query has one object as its outcome")
        return outcome

    async def _mutated(self, operation: Operation, bound: Bound, asking: Asking) -> _Done:
        """The fields of a mutation, one after the other: each is done, or refused, by itself."""
        actor, now, request_id = asking.actor, asking.now, asking.request_id
        mutation = self._parser.mutation(operation, bound, actor, now, asking.request, request_id)
        told = _Told(self._base)
        for make in mutation.acts:
            act = None
            try:
                act = make()
                outcome = await asking.answer(act.ask)
                told.done(self._payloads(act, outcome))
            except FieldProblems as error:
                for out, problem in error.found:
                    told.refused(out, problem)
            except Problem as problem:
                if act is None or (problem.code in _OF_REQUEST and not told.any):
                    raise
                self._failed(act, problem, told)
        return _Done(told.result(mutation.plan))

    def _payloads(self, act: Act, outcome: Outcome) -> dict[str, str]:
        parts = list(outcome.parts) if isinstance(outcome, ManyOutcome) else [outcome]
        found: dict[str, str] = {}
        for field, count in zip(act.fields, act.counts, strict=True):
            own, parts = parts[:count], parts[count:]
            written = [one for one in own if isinstance(one, RowOutcome | ValueOutcome)]
            body = payload(field, written, self._parser.keys)
            found[field.out] = sealed(body, field.lists, (), act.bound, self._cursor_key)
        return found

    def _failed(self, act: Act, problem: Problem, told: "_Told") -> None:
        """A field that failed: with the error that its command declares, or a coded one."""
        if len(act.fields) == 1:
            (field,) = act.fields
            body = failed(field, problem, self._parser.keys)
            if body is not None:
                told.done({field.out: body})
            else:
                told.refused(field.out, within_input(field, problem))
            return
        members = dict(problem.detail.members)
        out = str(members.pop("operation", "")).split("/")[1:2]
        plain = Problem(
            problem.code,
            problem.detail.message,
            flaws=problem.detail.flaws,
            retry_after=problem.detail.retry_after,
            members=members,
        )
        field = next((one for one in act.fields if [one.out] == out), act.fields[0])
        told.refused(field.out, within_input(field, plain, f"/{field.out}"))


class _Told:
    """What a mutation has come to so far."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._data: dict[str, str] = {}
        self._errors: list[dict[str, Any]] = []

    @property
    def any(self) -> bool:
        return bool(self._data or self._errors)

    def done(self, payloads: Mapping[str, str]) -> None:
        self._data.update(payloads)

    def refused(self, out: str, problem: Problem) -> None:
        self._errors.append(error_of(problem, self._base, (out,)))

    def result(self, plan: MutationPlan) -> str:
        """All fields in the order in which they are asked for."""
        members = [
            f'"{field.out}":"{field.text}"'
            if isinstance(field, Label)
            else f'"{field.out}":{self._data.get(field.out, "null")}'
            for field in plan.fields
        ]
        return result(f"{{{','.join(members)}}}", self._errors)


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
