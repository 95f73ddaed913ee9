"""Roles as policies ask for them: those of the actor, and those that rows grant on one row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from charter.contract.expression import (
    ActorId,
    Aggregate,
    Authenticated,
    Column,
    Compare,
    Constant,
    Expression,
    Function,
    HasRole,
    OneOf,
    Operator,
    every,
    some,
)
from charter.contract.types import BOOLEAN, TEXT
from charter.core.names import nearest
from charter.language.rulecodes import OPERATION_REFUSED, ROLE_UNKNOWN
from charter.language.symbols.rows import Row, own_tenant
from charter.language.symbols.session import current, refuse, report
from charter.language.symbols.traps import BROKEN, Broken
from charter.language.symbols.values import Condition


@dataclass(frozen=True, slots=True)
class Way:
    """From a row of `target` over its list `rows` to those of `resource` that grant roles on it.

    `account` and `role` are fields of theirs, `choices` the roles that they can grant.
    """

    target: str
    rows: str
    resource: str
    account: str
    role: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roles:
    """What a contract says of roles. `known` are all that hold everywhere, where it says so."""

    includes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ways: tuple[Way, ...] = ()
    known: frozenset[str] | None = None

    def everywhere(self, role: str) -> Any:
        """Whether the actor has a role."""
        if self.known is not None and role not in self.known:
            ways = [way for way in self.ways if role in way.choices]
            likely = nearest(role, self.known)
            guess = f"Did you mean {likely!r}?" if likely else None
            remedy = f"Write `on=` and a row of {ways[0].target}." if ways else guess
            report(ROLE_UNKNOWN, f"nobody ever has the role {role!r}", remedy)
            return BROKEN
        return Condition(HasRole(role))

    def on(self, role: str, row: object) -> Any:
        """Whether a row grants the actor a role on another row."""
        if isinstance(row, Broken):
            return BROKEN
        if not isinstance(row, Row):
            refuse(OPERATION_REFUSED, "`on=` takes a row, such as `on=task.project`")
        ways = [way for way in self.ways if way.target == row._resource]
        if not ways:
            targets = " or ".join(sorted({way.target for way in self.ways}))
            report(ROLE_UNKNOWN, f"no rows grant roles on {row._resource}",
                   f"Roles are granted on {targets}." if targets else
                   'Write `@….grants(…, on="…")` for the resource that grants them.')  # fmt: skip
            return BROKEN
        found = [(way, self._granting(way, role)) for way in ways]
        if not any(granting for _, granting in found):
            known = {choice for way in ways for choice in way.choices}
            likely = nearest(role, self._all(known))
            report(ROLE_UNKNOWN, f"no row grants the role {role!r} on {row._resource}",
                   f"Did you mean {likely!r}?" if likely else None)  # fmt: skip
            return BROKEN
        parts = [_granted(row, way, granting) for way, granting in found if granting]
        # Of nobody it is known beforehand that no row grants it anything.
        return Condition(every(Authenticated(), some(*parts)))

    def _granting(self, way: Way, role: str) -> tuple[str, ...]:
        """Those of the roles that a row can grant with which one has the role."""
        return tuple(one for one in way.choices if role in self.includes.get(one, {one}))

    def _all(self, roles: set[str]) -> set[str]:
        return roles.union(*(self.includes.get(role, ()) for role in roles))


def _granted(row: Row, way: Way, roles: tuple[str, ...]) -> Expression:
    """Some row grants the actor one of the roles on this one."""
    session = current()
    scope = session.new_scope()
    key = session.world.type_of(session.world.user, "id") or TEXT
    account = _column(scope, way, way.account)
    role = _column(scope, way, way.role)
    names = tuple(Constant(name, TEXT) for name in roles)
    one = OneOf(role, names) if len(names) > 1 else Compare(Operator.EQ, role, names[0])
    mine = Compare(Operator.EQ, account, ActorId(key))
    where = every(own_tenant(way.target, way.resource, scope), mine, one)
    path = (*row._path, way.rows)
    return Aggregate(Function.EXISTS, row._scope, path, scope, where, None, BOOLEAN)


def _column(scope: int, way: Way, name: str) -> Column:
    return Column(scope, (), name, current().world.type_of(way.resource, name) or TEXT)
