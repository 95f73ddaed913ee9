"""Parsing: from a request to the operations that it asks for, each with its plan."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from charter.contract.contract import Contract
from charter.core.codes import METHOD_NOT_ALLOWED
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.ask import Ask, Delete, Selection, Write
from charter.plan.steps import Later, LateStep, Step
from charter.wire.graphql.changes import Changes
from charter.wire.graphql.describe.schema import described
from charter.wire.graphql.documents import Documents, Operation
from charter.wire.graphql.following import Followings, FollowPlan
from charter.wire.graphql.given import Bound
from charter.wire.graphql.persisted import Persisted, listed_documents
from charter.wire.graphql.reads import Queries, ReadPlan
from charter.wire.graphql.requests import Asked
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.graphql.writes import FieldPlan, MutationPlan, Mutations, check_rows
from charter.wire.http import Request
from charter.wire.rest.costs import cost
from charter.wire.rest.idempotency import once


@dataclass(slots=True)
class Query:
    """A query, understood: what is asked of the database, and what its cursors are sealed by.
    Nobody changes one."""

    ask: Ask
    plan: ReadPlan
    bound: Bound


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done at once, for the fields of a mutation: one of them, or all together.
    `counts` are how many operations each has."""

    ask: Ask
    fields: tuple[FieldPlan, ...]
    counts: tuple[int, ...]
    bound: Bound


@dataclass(frozen=True)
class Mutation:
    """A mutation, understood. Its acts are made one after the other, of which each may raise the
    problems of its own input."""

    plan: MutationPlan
    acts: tuple[Callable[[], Act], ...]


class Parser:
    """Understands the GraphQL of one contract. `told` is whether clients may learn of the schema.

    Raises ValueError for listed documents that cannot be read.
    """

    def __init__(
        self, contract: Contract, settings: GraphqlSettings, cursor_key: bytes, *, told: bool
    ) -> None:
        known = described(contract)
        self.schema = known.schema
        self._documents = Documents(known.schema, settings, told=told)
        listed = None if settings.documents is None else listed_documents(settings.documents)
        self._persisted = Persisted(listed, automatic=settings.automatic)
        self._settings = settings
        self._queries = Queries(contract, known.schema, known.types, settings, cursor_key)
        self.keys = self._queries.keys
        self._followings = Followings(known.schema, self._queries, settings)
        self._mutations = Mutations(contract, known.schema, self._queries)
        self._changes = Changes(contract, self.keys, settings)

    def operation(self, asked: Asked, request: Request) -> Operation:
        """The operation that is asked for. Raises InvalidDocument and problems: by GET, nothing
        is changed."""
        operation = self._documents.operation(self._persisted.text(asked), asked.operation)
        if request.method == "GET" and operation.is_mutation:
            message = "GET changes nothing; send a mutation by POST."
            raise Problem(METHOD_NOT_ALLOWED, message, members={"allow": ("POST",)})
        return operation

    def query(
        self, operation: Operation, bound: Bound, actor: Actor, now: datetime, request_id: str
    ) -> Query:
        """Raises problems with all that is wrong with what is asked."""
        plan = self._queries.plan(operation, bound)
        values: tuple[Any, ...] = plan.values(bound)
        return Query(Ask(plan.form, values, actor, now, request_id), plan, bound)

    def following(
        self, operation: Operation, bound: Bound, actor: Actor, now: datetime, request_id: str
    ) -> tuple[Ask, FollowPlan]:
        """What a subscription follows. Raises problems with all that is wrong with what is
        asked."""
        plan = self._followings.plan(operation, bound)
        values: tuple[Any, ...] = plan.values(bound)
        return Ask(plan.form, values, actor, now, request_id), plan

    def mutation(
        self,
        operation: Operation,
        bound: Bound,
        actor: Actor,
        now: datetime,
        request: Request,
        request_id: str,
    ) -> Mutation:
        """Raises the problems of what is asked of the answer, and of the idempotency key."""
        plan = self._mutations.plan(operation, bound)
        fields = [field for field in plan.fields if isinstance(field, FieldPlan)]
        repeated = None if plan.dry_run else once(request, actor)

        def asked(form: Write, at: int) -> Ask:
            key = repeated
            if key is not None and at:
                # Each field is a write of its own, which is repeated or not.
                key = replace(key, key=f"{key.key}#{at}")
            return Ask(form, (), actor, now, request_id, key)

        def one(at: int, field: FieldPlan) -> Act:
            form, counts = self._form(plan, (field,), bound)
            return Act(asked(form, at), (field,), counts, bound)

        def together() -> Act:
            form, counts = self._form(plan, tuple(fields), bound)
            return Act(asked(form, 0), tuple(fields), counts, bound)

        if plan.transaction and len(fields) > 1:
            return Mutation(plan, (together,))
        return Mutation(plan, tuple(partial(one, at, field) for at, field in enumerate(fields)))

    def _form(
        self, plan: MutationPlan, fields: tuple[FieldPlan, ...], bound: Bound
    ) -> tuple[Write, tuple[int, ...]]:
        """The write of some fields, and how many operations each has. Raises FieldProblems."""
        together = len(fields) > 1
        names: dict[str, Later] = {}
        steps: list[Step | LateStep] = []
        places: list[str] = []
        selections: list[Selection] = []
        counts: list[int] = []
        found: list[tuple[str, Problem]] = []
        many = together
        for field in fields:
            try:
                written = self._changes.read(field, bound, names)
                check_rows(len(written.operations), cost(field.selection), self._settings.max_cost)
            except Problem as problem:
                found.append((field.out, problem))
                counts.append(0)
                continue
            first = len(steps)
            steps += [LateStep(one) if names else Step(one) for one in written.operations]
            if written.row is not None:
                names[f"{{{field.out}.id}}"] = Later(first, written.row)
            start = f"/{field.out}" if together else ""
            places += [
                f"{start}/{at}" if written.many and not isinstance(one, Delete) else start
                for at, one in enumerate(written.operations)
            ]
            selections += [field.selection] * len(written.operations)
            counts.append(len(written.operations))
            many = many or written.many
        if found:
            raise FieldProblems(found)
        return (
            Write(
                tuple(steps),
                fields[0].selection,
                many,
                plan.dry_run,
                tuple(places) if any(places) else (),
                tuple(selections) if together else (),
            ),
            tuple(counts),
        )


class FieldProblems(Exception):
    """What is wrong with the input of fields, by their names in the answer."""

    def __init__(self, found: list[tuple[str, Problem]]) -> None:
        super().__init__(str(found[0][1]))
        self.found = found
