"""Parsing: from a request to the operations that it asks for, each with its plan."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from charter.contract.contract import Contract
from charter.core.codes import METHOD_NOT_ALLOWED
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.ask import Ask
from charter.wire.graphql.describe.schema import described
from charter.wire.graphql.documents import Documents, Operation
from charter.wire.graphql.given import Bound
from charter.wire.graphql.persisted import Persisted, listed_documents
from charter.wire.graphql.reads import Queries, ReadPlan
from charter.wire.graphql.requests import Asked
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.http import Request


@dataclass(frozen=True, slots=True)
class Query:
    """A query, understood: what is asked of the database, and what its cursors are sealed by."""

    ask: Ask
    plan: ReadPlan
    bound: Bound


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
        self._queries = Queries(contract, known.schema, known.types, settings, cursor_key)

    def operation(self, asked: Asked, request: Request) -> Operation:
        """The operation that is asked for. Raises InvalidDocument and problems: by GET, nothing
        but queries."""
        operation = self._documents.operation(self._persisted.text(asked), asked.operation)
        if request.method == "GET" and not operation.is_query:
            message = "GET asks for queries only; send a mutation by POST."
            raise Problem(METHOD_NOT_ALLOWED, message, members={"allow": ("POST",)})
        return operation

    def query(
        self, operation: Operation, bound: Bound, actor: Actor, now: datetime, request_id: str
    ) -> Query:
        """Raises problems with all that is wrong with what is asked."""
        plan = self._queries.plan(operation, bound)
        values: tuple[Any, ...] = plan.values(bound)
        return Query(Ask(plan.form, values, actor, now, request_id), plan, bound)
