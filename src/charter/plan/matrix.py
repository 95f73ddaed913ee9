"""The matrix of access: what each kind of actor may do, and which fields it sees and sets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from charter.contract.command import On
from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, NEVER, Expression, some
from charter.contract.resource import Computed, Field, Resource, SetBy
from charter.plan.guards import condition_of_call
from charter.plan.rewrite import as_created
from charter.plan.standing import NOBODY, Standing, roles_of
from charter.plan.veil import is_fact, veiled
from charter.plan.view import CREATE, DELETE, READ, UPDATE, View

FieldAction = Literal["show", "set", "change"]
FIELD_ACTIONS: tuple[FieldAction, ...] = ("show", "set", "change")
"""A field is shown in answers, set when a row is created, changed when it is updated."""

_SYSTEM = frozenset({"id", "created_at", "updated_at", "version"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of actor: nobody, somebody, or somebody with roles."""

    name: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Entry:
    """What access there can be to: an action on a resource (None for a command on nothing), or
    one of `FIELD_ACTIONS` on a field of it."""

    resource: str | None
    action: str
    field: str | None = None


@dataclass(frozen=True)
class Matrix:
    """For each entry the condition under which each of the kinds has access, in their order.

    A condition is over the row; facts about a sign-in are left open in it.
    """

    contract: Contract
    kinds: tuple[Kind, ...]
    cells: Mapping[Entry, tuple[Expression, ...]]

    @cached_property
    def resources(self) -> tuple[str | None, ...]:
        """The names of the resources that have entries; None for commands on nothing."""
        return tuple(dict.fromkeys(entry.resource for entry in self.cells))

    def actions(self, resource: str | None) -> tuple[Entry, ...]:
        return tuple(
            entry for entry in self.cells if entry.resource == resource and entry.field is None
        )

    def fields(self, resource: str | None) -> tuple[str, ...]:
        names = (entry.field for entry in self.cells if entry.resource == resource)
        return tuple(dict.fromkeys(name for name in names if name is not None))


def roles_in(contract: Contract) -> frozenset[str]:
    """Every role that the contract speaks of."""
    return contract.roles | frozenset(contract.role_includes)


def plain_kinds(roles: Iterable[str]) -> tuple[tuple[str, ...] | None, ...]:
    """The kinds of actor by their roles: nobody (None), somebody (no role), one for each role."""
    return (None, (), *((role,) for role in sorted(roles)))


def kind_of(contract: Contract, roles: tuple[str, ...] | None) -> Kind:
    """The kind of actor that has these roles in a contract; None for nobody."""
    if roles is None:
        return Kind("nobody", NOBODY)
    known = roles_of(contract, frozenset(roles)) & contract.roles
    name = " + ".join(roles) or "signed in"
    return Kind(name, Standing(True, known, tenanted=True))


def matrix_of(contract: Contract, kinds: Iterable[tuple[str, ...] | None] | None = None) -> Matrix:
    """The matrix of a contract for kinds of actor by their roles (None: the plain ones)."""
    chosen = plain_kinds(roles_in(contract)) if kinds is None else kinds
    columns = tuple(kind_of(contract, roles) for roles in chosen)
    cover = veiled(contract, is_fact)
    views = [View(cover.contract, kind.standing) for kind in columns]
    found: dict[Entry, list[Expression]] = {}
    for view in views:
        for entry, condition in _conditions(view):
            found.setdefault(entry, []).append(cover.lift(condition))
    return Matrix(contract, columns, {entry: tuple(row) for entry, row in found.items()})


def _conditions(view: View) -> Iterator[tuple[Entry, Expression]]:
    """Every entry with its condition; the same entries in the same order for every view."""
    contract = view.contract
    for resource in contract.resources:
        yield from _actions(view, resource)
        items: tuple[Field | Computed, ...] = (*resource.fields, *resource.computed)
        for item in items:
            for action, condition in _field(view, resource, item):
                yield Entry(resource.name, action, item.name), condition
    for command in contract.commands_of[None]:
        yield Entry(None, command.name), condition_of_call(view, command)


def _actions(view: View, resource: Resource) -> Iterator[tuple[Entry, Expression]]:
    for action in (READ, CREATE, UPDATE, DELETE):
        condition = some(*view.rules(resource, action))
        made = as_created(condition) if action == CREATE else condition
        yield Entry(resource.name, action), made
    for command in view.contract.commands_of[resource.name]:
        on_row = command.on is On.ROW
        condition = (
            some(*view.command_rules(command)) if on_row else condition_of_call(view, command)
        )
        yield Entry(resource.name, command.name), condition


def _field(
    view: View, resource: Resource, item: Field | Computed
) -> Iterator[tuple[FieldAction, Expression]]:
    if isinstance(item, Computed):
        yield "show", view.visible(resource, item.name)
        return
    yield "show", view.visible(resource, item.name) if item.readable else NEVER
    free = dict(view.frozen(resource)).get(item.name, ALWAYS)
    settable = settable_by_clients(resource, item)
    yield "set", as_created(free) if settable else NEVER
    yield "change", free if settable and item.set_by is SetBy.CLIENT else NEVER


def settable_by_clients(resource: Resource, item: Field) -> bool:
    """Whether a client can give the field a value at all, whatever the policies say."""
    owner = resource.relation_named[resource.owner].near if resource.owner else None
    known = item.name not in _SYSTEM or (item.name == "id" and resource.keys_given)
    given = item.set_by in (SetBy.CLIENT, SetBy.ONCE) and known
    return given and not item.hidden and item.name != owner
