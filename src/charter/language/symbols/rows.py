"""Symbolic rows, lists of related rows, and the actor's own row."""

from typing import Any, NoReturn

from charter.contract.expression import (
    ALWAYS,
    ActorId,
    ActorTenant,
    Column,
    Compare,
    Expression,
    Operator,
)
from charter.contract.resource import Relation
from charter.contract.types import TEXT, Type
from charter.core.names import nearest
from charter.language.faultcodes import FIELD_UNKNOWN
from charter.language.rulecodes import OPERATION_REFUSED
from charter.language.symbols.session import current, refuse, report
from charter.language.symbols.traps import BROKEN, Symbol
from charter.language.symbols.values import Operand, Value, compare


def _key_type(resource: str) -> Type:
    return current().world.type_of(resource, "id") or TEXT


class RowLike(Symbol):
    """Something that equals a row of its resource, and is compared by its key."""

    __slots__ = ()

    def __eq__(self, other: object, /) -> Any:
        return compare(Operator.EQ, self, other)

    def __ne__(self, other: object, /) -> Any:
        return compare(Operator.NE, self, other)

    __hash__ = Symbol.__hash__


class Row(RowLike):
    """A row: the one in question, or one that its relations lead to."""

    __slots__ = ("_path", "_resource", "_scope", "_via")

    def __init__(
        self, resource: str, scope: int, path: tuple[str, ...] = (), via: Relation | None = None
    ) -> None:
        self._resource = resource
        self._scope = scope
        self._path = path
        self._via = via

    def _kind(self) -> str:
        return f"a row of {self._resource}"

    def _operand(self) -> Operand:
        kind = _key_type(self._resource)
        node: Expression = Column(self._scope, self._path, "id", kind)
        if self._via is not None:
            node = Column(self._scope, self._path[:-1], self._via.near, kind)
        return Operand(node, kind, self._resource)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        world = current().world
        if world.is_broken(self._resource, name):
            return BROKEN
        relation = world.relation(self._resource, name)
        if relation is not None:
            path = (*self._path, name)
            if relation.to_one:
                return Row(relation.target, self._scope, path, relation)
            return Rows(relation.target, self._scope, path, self._resource)
        if name == "id":
            side = self._operand()
            return Value(side.node, side.type)
        kind = world.type_of(self._resource, name)
        if kind is not None:
            return Value(Column(self._scope, self._path, name, kind), kind)
        if world.is_broken(self._resource, name):
            return BROKEN
        likely = nearest(name, world.names(self._resource))
        report(
            FIELD_UNKNOWN,
            f"{self._resource} has no field {name!r}",
            f"Did you mean {likely!r}?" if likely else None,
        )
        return BROKEN


class Rows(Symbol):
    """The rows that a to-many relation leads to."""

    __slots__ = ("_of", "_path", "_resource", "_scope")

    def __init__(self, resource: str, scope: int, path: tuple[str, ...], of: str) -> None:
        self._resource = resource
        self._scope = scope
        self._path = path
        self._of = of

    def _kind(self) -> str:
        return f"a list of {self._resource} rows"


def own_tenant(of: str, resource: str, scope: int) -> Expression:
    """Which of the rows that a row leads to are of the actor's tenant.

    A row of a tenant leads to no rows of others in any case; one that everybody shares does.
    """
    world = current().world
    name = world.tenant_of(resource)
    if name in {None, "id"} or world.tenant_of(of) not in {None, "id"}:
        return ALWAYS
    kind = world.type_of(resource, name or "") or TEXT
    return Compare(Operator.EQ, Column(scope, (), name or "", kind), ActorTenant(kind))


class ActorUser(RowLike):
    """The actor's own row: it can be compared, and has an id."""

    __slots__ = ()

    def _kind(self) -> str:
        return "the actor's user"

    def _operand(self) -> Operand:
        user = current().world.user
        kind = _key_type(user)
        return Operand(ActorId(kind), kind, user)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name != "id":
            _refuse_part(name)
        kind = _key_type(current().world.user)
        return Value(ActorId(kind), kind)


def _refuse_part(name: str) -> NoReturn:
    refuse(
        OPERATION_REFUSED,
        f"`actor.user.{name}` is not known: of the actor only the token is at hand",
        f'Compare `actor.user` with a row, or use `actor.claim("{name}", str)`.',
    )
