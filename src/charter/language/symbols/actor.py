"""The symbolic actor: whoever will ever ask."""

from charter.contract.expression import ActorId, Authenticated, Claim, HasRole
from charter.contract.types import BOOLEAN, FLOAT, INTEGER, TEXT, Type
from charter.language.faultcodes import OPERATION_REFUSED
from charter.language.symbols.rows import USER, ActorUser
from charter.language.symbols.session import current, refuse
from charter.language.symbols.traps import Symbol
from charter.language.symbols.values import Condition, Value

_CLAIMS: dict[object, Type] = {str: TEXT, int: INTEGER, bool: BOOLEAN, float: FLOAT}


class SymbolicActor(Symbol):
    """Has what `charter.Actor` has, as symbolic values."""

    __slots__ = ()

    def _kind(self) -> str:
        return "the actor"

    @property
    def user(self) -> ActorUser:
        return ActorUser()

    @property
    def id(self) -> Value:
        kind = current().world.type_of(USER, "id") or TEXT
        return Value(ActorId(kind), kind)

    @property
    def authenticated(self) -> Condition:
        return Condition(Authenticated())

    def has_role(self, role: object) -> Condition:
        if not isinstance(role, str) or not role:
            refuse(OPERATION_REFUSED, "`has_role` takes the name of a role, known beforehand",
                   "Compare a claim with the row instead: `actor.claim(…)`.")  # fmt: skip
        return Condition(HasRole(role))

    def claim(self, name: object, kind: object) -> Value:
        found = _CLAIMS.get(kind) if isinstance(kind, type) else None
        if found is None or not isinstance(name, str):
            refuse(OPERATION_REFUSED, "a claim is a str, int, bool or float",
                   'Write `actor.claim("org", str)`.')  # fmt: skip
        return Value(Claim(name, found), found)
