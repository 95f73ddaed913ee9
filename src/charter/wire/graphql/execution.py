"""Operations, carried out: queries in one go, the fields of a mutation one after the other. What
is asked for is answered by whoever serves it; a subscription is for others to follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from charter.contract.contract import Contract
from charter.core.codes import METHOD_NOT_ALLOWED, RATE_LIMITED, SESSION_ENDED, TOKEN_STALE
from charter.core.problems import Problem
from charter.plan.actor import Actor
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
from charter.wire.graphql.render import error_of, invalid, json_of, result, sealed
from charter.wire.graphql.requests import Asked
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.graphql.telling import Said, Telling
from charter.wire.graphql.told import Answer, Done, Followed
from charter.wire.graphql.writes import MutationPlan
from charter.wire.http import Request
from charter.wire.rest.problems import status_of

_OF_REQUEST = frozenset({METHOD_NOT_ALLOWED, RATE_LIMITED, SESSION_ENDED, TOKEN_STALE})
"""What refuses a request as a whole, by its status."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and who answers."""

    request: Request
    actor: Actor
    now: datetime
    request_id: str
    answer: Answer


class Execution:
    """Carries out the operations of one contract. `base` is where the pages of codes are, and
    `told` whether clients may learn of the schema.

    Raises ValueError where listed documents cannot be read.
    """

    def __init__(
        self,
        contract: Contract,
        cursor_key: bytes,
        settings: GraphqlSettings,
        base: str,
        *,
        told: bool,
    ) -> None:
        self._base = base
        self._cursor_key = cursor_key
        self._said = Said()
        self._parser = Parser(contract, settings, cursor_key, told=told)

    async def begin(self, asked: Asked, asking: Asking) -> Done | Followed:
        """The response to an operation, or what it follows. Raises the problems that refuse a
        request as a whole."""
        try:
            operation = self._parser.operation(asked, asking.request)
            bound = operation.bound(asked.variables)
            if operation.is_mutation:
                return await self._mutated(operation, bound, asking)
            if operation.is_subscription:
                return self._followed(operation, bound, asking)
            query = self._parser.query(
                operation, bound, asking.actor, asking.now, asking.request_id
            )
        except InvalidDocument as error:
            return refused(invalid(error.errors, self._base), 400)
        except Problem as problem:
            if problem.code in _OF_REQUEST:
                raise
            return self.refused(problem, 400)
        return await self._queried(query, asking)

    def refused(self, problem: Problem, status: int | None = None) -> Done:
        """The response to an operation of which nothing is done."""
        return refused([error_of(problem, self._base)], status or status_of(problem.code))

    def _followed(self, operation: Operation, bound: Bound, asking: Asking) -> Followed:
        ask, plan = self._parser.following(
            operation, bound, asking.actor, asking.now, asking.request_id
        )
        telling = Telling(plan, bound, self._cursor_key, self._base, self._said)
        return Followed(ask, plan.position(bound), telling)

    async def _queried(self, query: Query, asking: Asking) -> Done:
        try:
            outcome = await self._read(query, asking)
            plan = query.plan
            body = sealed(outcome.body, plan.lists, plan.known, query.bound, self._cursor_key)
        except Problem as problem:
            if problem.code in _OF_REQUEST:
                raise
            return self.refused(problem)
        errors = [error_of(problem, self._base, (out,)) for out, problem in outcome.refused]
        return Done(result(body, errors))

    async def _read(self, query: Query, asking: Asking) -> TogetherOutcome:
        settled = query.plan.settled
        if settled is not None:
            return TogetherOutcome(settled)
        outcome = await asking.answer(query.ask)
        if not isinstance(outcome, TogetherOutcome):
            raise TypeError("a query has one object as its outcome")
        return outcome

    async def _mutated(self, operation: Operation, bound: Bound, asking: Asking) -> Done:
        """The fields of a mutation, one after the other: each is done, or refused, by itself."""
        actor, now, request_id = asking.actor, asking.now, asking.request_id
        mutation = self._parser.mutation(operation, bound, actor, now, asking.request, request_id)
        told = _Answered(self._base)
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
        return Done(told.result(mutation.plan))

    def _payloads(self, act: Act, outcome: Outcome) -> dict[str, str]:
        parts = list(outcome.parts) if isinstance(outcome, ManyOutcome) else [outcome]
        found: dict[str, str] = {}
        for field, count in zip(act.fields, act.counts, strict=True):
            own, parts = parts[:count], parts[count:]
            written = [one for one in own if isinstance(one, RowOutcome | ValueOutcome)]
            body = payload(field, written, self._parser.keys)
            found[field.out] = sealed(body, field.lists, (), act.bound, self._cursor_key)
        return found

    def _failed(self, act: Act, problem: Problem, told: "_Answered") -> None:
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


class _Answered:
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


def refused(errors: list[dict[str, Any]], status: int) -> Done:
    return Done(result(None, errors), status, json_of(errors))
