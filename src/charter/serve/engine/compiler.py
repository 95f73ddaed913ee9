"""Statements and guards, compiled at first sight of a shape and kept."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any, Protocol

from charter.contract.command import Command
from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, Column, Expression
from charter.contract.resource import Link, Resource
from charter.core.recent import Recent
from charter.language.enums import enums_of, enums_of_inputs
from charter.plan.actor import Actor
from charter.plan.ask import Check, Read, ReadOne
from charter.plan.can import Inquiry, inquiry_of
from charter.plan.drafts import named_by_drafts
from charter.plan.guards import (
    Guard,
    guard_action,
    guard_command,
    guard_part,
    rules_of_call,
)
from charter.plan.newrows import NewRows, shape_of
from charter.plan.plan import ManyPlan, OnePlan, ReadPlan, SortBy, TogetherPlan
from charter.plan.reads import plan_read
from charter.plan.standing import Standing, standing_of
from charter.plan.view import View
from charter.serve.engine.jsontext import Form, payload_form
from charter.serve.engine.watching import Watch, WatchedForm, watch_of
from charter.sql import can, checks, writes
from charter.sql import system_statements as system
from charter.sql.aggregate import Inserts, insert_aggregate
from charter.sql.creation import create_and_answer
from charter.sql.dialect import Dialect
from charter.sql.existing.clearing import clearing
from charter.sql.existing.questions import Asked, asked_of
from charter.sql.identity.alive import session_roles
from charter.sql.reads import compile_read
from charter.sql.statement import Statement

SHAPES = 4096


@dataclass(frozen=True, slots=True)
class Prepared:
    """A read, ready to be bound."""

    plan: ReadPlan
    statement: Statement


class Question(Protocol):
    """What is to hold of a new row; `frozen` are the fields that it asks about."""

    @property
    def frozen(self) -> tuple[str, ...]: ...
    @property
    def required(self) -> Expression: ...


@dataclass(frozen=True)
class Compiler:
    """Everything that is decided once for a contract on a dialect."""

    contract: Contract
    dialect: Dialect
    _made: Recent[Hashable, Any] = field(default_factory=lambda: Recent(SHAPES), repr=False)

    @cached_property
    def enums(self) -> Mapping[str, Mapping[str, type[Enum]]]:
        """For each resource, its attributes whose values are members of an Enum."""
        classes = self.contract.classes or {}
        return {name: enums_of(cls, classes) for name, cls in classes.items()}

    @cached_property
    def input_enums(self) -> Mapping[tuple[str | None, str], Mapping[str, type[Enum]]]:
        """For each command, its inputs whose values are members of an Enum."""
        classes = self.contract.classes or {}
        return {
            (command.resource, command.name): enums_of_inputs(command.function, classes)
            for command in self.contract.commands
            if command.function is not None
        }

    def standing(self, actor: Actor, now: datetime) -> Standing:
        if actor.proof is not None:
            raise RuntimeError("the session of an actor has to be proven first")
        return standing_of(self.contract, actor, now)

    def read_proving(self, form: Read, actor: Actor, now: datetime) -> Prepared | None:
        """The same as `read` for an actor whose session is still to be proven: a last column has
        the roles of the session, null where it has ended. None where that cannot be asked along.
        """
        standing = standing_of(self.contract, actor, now)

        def make() -> tuple[Prepared | None]:
            plan = plan_read(View(self.contract, standing), form)
            one = isinstance(plan, OnePlan)
            page = isinstance(plan, ManyPlan) and plan.limit is not None
            all_at_once = isinstance(plan, TogetherPlan)
            if not (self.dialect.remote and (one or page or all_at_once)):
                return (None,)
            beside = session_roles(self.contract, self.dialect)
            return (Prepared(plan, compile_read(self.contract, self.dialect, plan, beside)),)

        made: tuple[Prepared | None] = self._made.get(("proving", form, standing), make)
        return made[0]

    def read(
        self, form: Read, standing: Standing, conditions: tuple[Expression, ...] = ()
    ) -> Prepared:
        """The plan and statement of a read for actors of a standing. Raises problems.

        Of one row it can be asked along with it which of some conditions hold.
        """

        def make() -> Prepared:
            plan = plan_read(View(self.contract, standing), form)
            if conditions and isinstance(plan, OnePlan):
                plan = replace(plan, conditions=conditions)
            return Prepared(plan, compile_read(self.contract, self.dialect, plan))

        prepared: Prepared = self._made.get((form, standing, conditions), make)
        return prepared

    def watch(self, form: WatchedForm, standing: Standing, values: int, most: int) -> Watch:
        """How a read of so many values, and `most` rows, goes on. Raises problems."""
        watch: Watch = self._made.get(
            ("watch", form, standing, values, most),
            lambda: watch_of(
                self.contract, self.dialect, View(self.contract, standing), form, values, most
            ),
        )
        return watch

    def guard(self, resource: Resource, action: str, standing: Standing) -> Guard:
        guard: Guard = self._made.get(
            ("guard", resource.name, action, standing),
            lambda: guard_action(View(self.contract, standing), resource, action),
        )
        return guard

    def part_guard(self, resource: Resource, action: str, standing: Standing) -> Guard | None:
        """The guard of a part inside a write of its owner; None where nothing is to be asked."""
        guard: tuple[Guard | None] = self._made.get(
            ("part guard", resource.name, action, standing),
            lambda: (guard_part(View(self.contract, standing), resource, action),),
        )
        return guard[0]

    def seen_part(self, resource: Resource, standing: Standing) -> Expression:
        """Which parts of a row that can be seen can be seen themselves."""
        view = View(self.contract, standing)
        return view.own_tenant(resource) if resource.follows_owner else view.seen(resource)

    def command_guard(self, command: Command, resource: Resource, standing: Standing) -> Guard:
        """The guard of a command on a row; raises a problem where it can never be called."""
        return guard_command(View(self.contract, standing), command, resource)

    def call_rules(self, command: Command, standing: Standing) -> tuple[Expression, ...]:
        """What a command on no row asks; raises a problem where it can never be called."""
        return rules_of_call(View(self.contract, standing), command)

    def ask(self, conditions: tuple[Expression, ...]) -> Statement:
        return self._statement(
            ("ask", conditions), lambda: checks.ask(self.contract, self.dialect, conditions)
        )

    def inbound(self, resource: Resource) -> Statement | None:
        statement: Statement | None = self._made.get(
            ("inbound", resource.name),
            lambda: checks.inbound(self.contract, self.dialect, resource),
        )
        return statement

    def payload_forms(self, resource: Resource) -> Mapping[str, Form | None]:
        """For each field that events about the rows may show, what makes its value JSON; None
        where JSON takes it as it is."""
        forms: Mapping[str, Form | None] = self._made.get(
            ("forms", resource.name),
            lambda: {
                item.name: payload_form(item.type) for item in resource.fields if item.readable
            },
        )
        return forms

    def seen(self, resource: Resource, standing: Standing) -> Expression:
        """Which rows of a resource there are for actors of a standing."""
        condition: Expression = self._made.get(
            ("seen", resource.name, standing),
            lambda: View(self.contract, standing).seen(resource),
        )
        return condition

    def own_tenant(self, resource: Resource, standing: Standing) -> Expression:
        """Which rows of a resource are of the tenant that actors of a standing act for."""
        return View(self.contract, standing).own_tenant(resource)

    def names_unseen(self, resource: Resource, standing: Standing) -> bool:
        """Whether a draft of a row can name rows that actors of a standing may not read."""
        found: bool = self._made.get(
            ("names unseen", resource.name, standing),
            lambda: any(
                self.seen(self.contract.resource_named[name], standing) != ALWAYS
                for name in named_by_drafts(self.contract, resource) - {self.contract.user}
            ),
        )
        return found

    def check(
        self,
        resource: Resource,
        conditions: tuple[Expression, ...],
        columns: tuple[Column, ...],
        *,
        lock: bool,
    ) -> Statement:
        return self._statement(
            ("check", resource.name, conditions, columns, lock),
            lambda: checks.check(
                self.contract, self.dialect, resource, conditions, columns, lock=lock
            ),
        )

    def inquiry(self, check: Check, standing: Standing, *, explain: bool) -> Inquiry:
        """What has to be asked so that a check is answered, for actors of a standing."""
        on_row = check.key is not None
        key = ("inquiry", check.resource, check.action, on_row, explain, standing)
        inquiry: Inquiry = self._made.get(
            key, lambda: inquiry_of(View(self.contract, standing), check, explain=explain)
        )
        return inquiry

    def rows(
        self, resource: Resource, seen: Expression, conditions: tuple[Expression, ...]
    ) -> Statement:
        """Of those rows whose keys are in the list in slot 0: which conditions hold."""
        return self._statement(
            ("rows", resource.name, seen, conditions),
            lambda: can.rows(self.contract, self.dialect, resource, seen, conditions),
        )

    def insert(self, resource: Resource, columns: tuple[str, ...], rows: int = 1) -> Statement:
        return self._statement(
            ("insert", resource.name, columns, rows),
            lambda: writes.insert(self.dialect, resource, columns, rows),
        )

    def provision(self, user: Resource, columns: tuple[str, ...]) -> Statement:
        return self._statement(
            ("provision", columns), lambda: writes.provision(self.dialect, user, columns)
        )

    def update(self, resource: Resource, columns: tuple[str, ...]) -> Statement:
        return self._statement(
            ("update", resource.name, columns),
            lambda: writes.update(self.dialect, resource, columns),
        )

    def touch(self, resource: Resource) -> Statement:
        return self._statement(
            ("touch", resource.name), lambda: writes.touch(self.dialect, resource)
        )

    def state(self, resource: Resource) -> Statement:
        return self._statement(
            ("state", resource.name), lambda: writes.state(self.contract, self.dialect, resource)
        )

    def asked(self, resource: Resource, written: frozenset[str], *, bounded: bool) -> Asked | None:
        """What is asked of rows of an existing table of which these fields were written."""
        asked: tuple[Asked | None] = self._made.get(
            ("asked", resource.name, written, bounded),
            lambda: (asked_of(self.contract, self.dialect, resource, written, bounded=bounded),),
        )
        return asked[0]

    def clearing(self, resource: Resource) -> tuple[Statement, ...]:
        """What takes away, before a row is deleted, what belongs to it in existing tables."""
        statements: tuple[Statement, ...] = self._made.get(
            ("clearing", resource.name), lambda: clearing(self.contract, self.dialect, resource)
        )
        return statements

    def delete(self, resource: Resource) -> Statement:
        return self._statement(
            ("delete", resource.name),
            lambda: writes.delete(self.contract, self.dialect, resource),
        )

    def link_add(self, link: Link, rows: int) -> Statement:
        return self._statement(
            ("link_add", link, rows), lambda: writes.link_add(self.dialect, link, rows)
        )

    def link_clear(self, link: Link, target: Resource, standing: Standing) -> Statement:
        """Takes away the links of a row, but to rows that this actor cannot see."""
        seen = View(self.contract, standing).seen(target)

        def make() -> Statement:
            among = checks.keys(self.contract, self.dialect, target, seen)
            return writes.link_clear(self.dialect, link, among)

        return self._statement(("link_clear", link, seen), make)

    def load(
        self,
        resource: Resource,
        columns: tuple[str, ...],
        where: Expression,
        sort: tuple[SortBy, ...] = (),
        limit: int | None = None,
        *,
        lock: bool = False,
    ) -> Statement:
        return self._statement(
            ("load", resource.name, columns, where, sort, limit, lock),
            lambda: checks.load(
                self.contract, self.dialect, resource, columns, where, sort, limit, lock=lock
            ),
        )

    def outbox(self, events: tuple[system.Kind, ...]) -> Statement:
        return self._statement(
            ("outbox", events), lambda: system.outbox_insert(self.dialect, events)
        )

    def insert_together(self, inserts: Inserts) -> Statement:
        return self._statement(
            ("together", inserts.shape), lambda: insert_aggregate(self.dialect, inserts)
        )

    def create_and_answer(
        self,
        rows: Sequence[NewRows],
        form: ReadOne,
        standing: Standing,
        question: Question | None,
    ) -> Statement | None:
        """A new row, its parts, and what their writer may read of it, as one statement.

        None where that takes more than one. Raises the problems of the read.
        """

        def make() -> tuple[Statement | None]:
            plan = plan_read(View(self.contract, standing), form)
            if not isinstance(plan, OnePlan):
                return (None,)
            required = ALWAYS if question is None else question.required
            return (create_and_answer(self.contract, self.dialect, rows, plan, required),)

        # The rules are those of the standing: only the frozen fields depend on the request.
        asked = None if question is None else question.frozen
        made: tuple[Statement | None] = self._made.get(
            ("create", shape_of(rows), form, standing, asked), make
        )
        return made[0]

    def _statement(self, key: Hashable, make: Any) -> Statement:
        statement: Statement = self._made.get(key, make)
        return statement
