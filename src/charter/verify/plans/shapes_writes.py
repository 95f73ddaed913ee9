"""What writes ask: guards before and after, what refers to a row, what goes along with it.

What the functions of commands load themselves cannot be known before they run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charter.contract.command import Command, On
from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, ROW, Column, Compare, Expression, Operator, Slot
from charter.contract.resource import Field, OnDelete, Resource
from charter.core.problems import Problem
from charter.plan.guards import Guard, guard_action, guard_command
from charter.plan.matrix import Kind
from charter.plan.view import CREATE, DELETE, UPDATE, View
from charter.sql import can, checks
from charter.sql.dialect import Dialect
from charter.sql.statement import Statement
from charter.verify.plans.needs import Need, needs_of_conditions
from charter.verify.plans.shape import Choice, Make, Origin, Shape, Wanted


def write_shapes(contract: Contract, roles: tuple[str, ...] | None, kind: Kind) -> Iterator[Shape]:
    """What is asked for the writes of one kind of actor that it is not refused in any case."""
    view = View(contract, kind.standing)
    for resource in contract.resources:
        drawer = _Drawer(contract, roles, kind, resource, view)
        yield from drawer.guards()
        yield from drawer.named_rows()
        if roles == ():
            yield from drawer.deletions()


@dataclass(frozen=True, slots=True)
class _Drawer:
    contract: Contract
    roles: tuple[str, ...] | None
    kind: Kind
    resource: Resource
    view: View

    def guards(self) -> Iterator[Shape]:
        for action in (CREATE, UPDATE, DELETE):
            try:
                guard = guard_action(self.view, self.resource, action)
            except Problem:
                continue
            yield from self._guard(guard, action)
        for command in self.contract.commands_of[self.resource.name]:
            if command.on is On.ROW:
                yield from self._command(command)

    def _command(self, command: Command) -> Iterator[Shape]:
        try:
            guard = guard_command(self.view, command, self.resource)
        except Problem:
            return
        yield from self._guard(guard, command.name)

    def _guard(self, guard: Guard, action: str) -> Iterator[Shape]:
        name = self.resource.name
        if action != CREATE:
            conditions = (
                guard.visible,
                *(rule.before for rule in guard.rules),
                *(condition for _, condition in (*guard.frozen, *guard.sheltered)),
            )
            yield self._check(f"before {action} of {name}", conditions, guard.old, lock=True)
        if not guard.open_after and not any(column.path for column in guard.old):
            after = tuple(rule.after for rule in guard.rules)
            old = tuple(Wanted(name, column.field) for column in guard.old)
            yield self._check(f"after {action} of {name}", after, (), lock=False, further=old)

    def named_rows(self) -> Iterator[Shape]:
        """Rows that a write names have to be there for its actor."""
        seen, resource = self.view.seen(self.resource), self.resource
        if seen == ALWAYS:
            return

        def make(contract: Contract, dialect: Dialect) -> Statement:
            return can.rows(contract, dialect, resource, seen, ())

        keys = Wanted(resource.name, "id", Choice.LIST)
        yield self._shape(f"{resource.name} rows that a write names", make, (seen,), keys)

    def deletions(self) -> Iterator[Shape]:
        """What the database looks for when a row goes: it asks by itself, for each reference."""
        key = Wanted(self.resource.name, "id")
        for other in self.contract.resources:
            for field in other.fields:
                if field.references == self.resource.name:
                    yield self._referring(other, field, key)

    def _referring(self, other: Resource, field: Field, key: Wanted) -> Shape:
        where = Compare(Operator.EQ, Column(ROW, (), field.name, field.type), Slot(0, field.type))
        limit = 1 if field.on_delete is OnDelete.RESTRICT else None

        def make(contract: Contract, dialect: Dialect) -> Statement:
            there = contract.resource_named[other.name]
            return checks.load(contract, dialect, there, ("id",), where, (), limit)

        said = f"{other.name} rows whose {field.name} is a {self.resource.name} that goes"
        need = Need(other.name, equal=(field.name,))
        return Shape(
            said, other.name, (), ("the database",), Origin.CONTRACT, make, (key,), (need,)
        )

    def _check(
        self,
        name: str,
        conditions: Sequence[Expression],
        columns: Sequence[Column],
        *,
        lock: bool,
        further: tuple[Wanted, ...] = (),
    ) -> Shape:
        resource = self.resource

        def make(contract: Contract, dialect: Dialect) -> Statement:
            return checks.check(contract, dialect, resource, conditions, columns, lock=lock)

        key = Wanted(resource.name, "id")
        return self._shape(name, make, conditions, key, *further)

    def _shape(
        self, name: str, make: Make, conditions: Sequence[Expression], *wanted: Wanted
    ) -> Shape:
        needs = (
            Need(self.resource.name, equal=("id",)),
            *needs_of_conditions(self.contract, self.resource, conditions),
        )
        return Shape(
            name,
            self.resource.name,
            self.roles,
            (self.kind.name,),
            Origin.CONTRACT,
            make,
            wanted,
            tuple(dict.fromkeys(needs)),
        )
