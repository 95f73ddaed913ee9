"""Statements and guards, compiled at first sight of a shape and kept."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any

from charter.contract.command import Command
from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, Column, Expression
from charter.contract.resource import Link, Resource
from charter.core.recent import Recent
from charter.language.enums import enums_of
from charter.plan.actor import Actor
from charter.plan.ask import Read
from charter.plan.guards import (
    Guard,
    guard_action,
    guard_command,
    guard_part,
    rules_of_call,
)
from charter.plan.plan import OnePlan, ReadPlan, SortBy
from charter.plan.reads import plan_read
from charter.plan.standing import Standing, standing_of
from charter.plan.view import View
from charter.serve.engine.jsontext import Form, form_of
from charter.sql import checks, writes
from charter.sql import system_statements as system
from charter.sql.aggregate import Rows, insert_aggregate
from charter.sql.dialect import Dialect
from charter.sql.reads import compile_read
from charter.sql.statement import Statement

SHAPES = 4096


@dataclass(frozen=True, slots=True)
class Prepared:
    """A read, ready to be bound."""

    plan: ReadPlan
    statement: Statement


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

    def standing(self, actor: Actor) -> Standing:
        return standing_of(self.contract, actor)

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
        return ALWAYS if view.follows_owner(resource) else view.readable(resource)

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

    def payload_forms(self, resource: Resource) -> Mapping[str, Form]:
        """For each field that events about the rows may show, what makes its value JSON."""
        forms: Mapping[str, Form] = self._made.get(
            ("forms", resource.name),
            lambda: {item.name: form_of(item.type) for item in resource.fields if item.readable},
        )
        return forms

    def readable(self, resource: Resource, standing: Standing) -> Expression:
        """Which rows of a resource actors of a standing may read."""
        condition: Expression = self._made.get(
            ("readable", resource.name, standing),
            lambda: View(self.contract, standing).readable(resource),
        )
        return condition

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

    def insert(self, resource: Resource, columns: tuple[str, ...], rows: int = 1) -> Statement:
        return self._statement(
            ("insert", resource.name, columns, rows),
            lambda: writes.insert(self.dialect, resource, columns, rows),
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
        seen = View(self.contract, standing).readable(target)

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

    def outbox(self, rows: int) -> Statement:
        return self._statement(("outbox", rows), lambda: system.outbox_insert(self.dialect, rows))

    def insert_together(self, rows: tuple[Rows, ...], happenings: int) -> Statement:
        return self._statement(
            ("together", tuple((r.resource.name, r.columns, r.count) for r in rows), happenings),
            lambda: insert_aggregate(self.dialect, rows, happenings),
        )

    def _statement(self, key: Hashable, make: Any) -> Statement:
        statement: Statement = self._made.get(key, make)
        return statement
