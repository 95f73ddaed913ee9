"""The symbolic actor: whoever will ever ask."""

from ipaddress import ip_network
from typing import Any

from charter.contract.expression import ActorId, Authenticated, Claim, Fact, FactName
from charter.contract.methods import METHODS
from charter.contract.types import BOOLEAN, FLOAT, INTEGER, TEXT, Type
from charter.core.names import nearest
from charter.language.fields import MISSING
from charter.language.rulecodes import OPERATION_REFUSED
from charter.language.symbols.granted import Roles
from charter.language.symbols.rows import ActorUser
from charter.language.symbols.session import current, refuse
from charter.language.symbols.traps import Symbol
from charter.language.symbols.values import Condition, Value

LONGEST_SIGN_IN = 366 * 24 * 3600
_CLAIMS: dict[object, Type] = {str: TEXT, int: INTEGER, bool: BOOLEAN, float: FLOAT}


class SymbolicActor(Symbol):
    """Has what `charter.Actor` has, as symbolic values."""

    __slots__ = ("_roles",)

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    def _kind(self) -> str:
        return "the actor"

    @property
    def user(self) -> ActorUser:
        return ActorUser()

    @property
    def id(self) -> Value:
        world = current().world
        kind = world.type_of(world.user, "id") or TEXT
        return Value(ActorId(kind), kind)

    @property
    def authenticated(self) -> Condition:
        return Condition(Authenticated())

    def has_role(self, role: object, *, on: object = MISSING) -> Any:
        if not isinstance(role, str) or not role:
            refuse(OPERATION_REFUSED, "`has_role` takes the name of a role, known beforehand",
                   "Compare a claim with the row instead: `actor.claim(…)`.")  # fmt: skip
        return self._roles.everywhere(role) if on is MISSING else self._roles.on(role, on)

    def claim(self, name: object, kind: object) -> Value:
        found = _CLAIMS.get(kind) if isinstance(kind, type) else None
        if found is None or not isinstance(name, str):
            refuse(OPERATION_REFUSED, "a claim is a str, int, bool or float",
                   'Write `actor.claim("org", str)`.')  # fmt: skip
        return Value(Claim(name, found), found)

    @property
    def mfa(self) -> Condition:
        return Condition(Fact(FactName.MFA))

    @property
    def is_machine(self) -> Condition:
        return Condition(Fact(FactName.MACHINE))

    def signed_in_with(self, method: object) -> Condition:
        if not isinstance(method, str) or method not in METHODS:
            likely = nearest(method, METHODS) if isinstance(method, str) else None
            refuse(OPERATION_REFUSED,
                   f"{method!r} is no method of authentication (RFC 8176)",
                   f"Did you mean {likely!r}?" if likely else
                   'Write "password", "passkey", "otp" or another value of `amr`.')  # fmt: skip
        return Condition(Fact(FactName.SIGNED_IN_WITH, method))

    def signed_in_within(self, *, minutes: object = 0, seconds: object = 0) -> Condition:
        if type(minutes) is not int or type(seconds) is not int:
            refuse(OPERATION_REFUSED, "`signed_in_within` takes whole minutes or seconds")
        most = minutes * 60 + seconds
        if not 0 < most <= LONGEST_SIGN_IN:
            refuse(OPERATION_REFUSED, "`signed_in_within` takes more than nothing, and a year at "
                   "most", "Write `actor.signed_in_within(minutes=10)`.")  # fmt: skip
        return Condition(Fact(FactName.SIGNED_IN_WITHIN, most))

    def address_in(self, *networks: object) -> Condition:
        if not networks:
            refuse(OPERATION_REFUSED, "`address_in` needs at least one network",
                   'Write `actor.address_in("10.0.0.0/8")`.')  # fmt: skip
        return Condition(Fact(FactName.ADDRESS_IN, tuple(map(_network, networks))))


def _network(text: object) -> str:
    """A network as RFC 4632 or RFC 4291 writes it; one address is a network of its own."""
    if not isinstance(text, str):
        refuse(OPERATION_REFUSED, "a network is a text that is known beforehand",
               'Write `actor.address_in("10.0.0.0/8")`.')  # fmt: skip
    try:
        return str(ip_network(text))
    except ValueError as error:
        refuse(OPERATION_REFUSED, f"{text!r} is no network: {error}")
