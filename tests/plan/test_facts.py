"""What is known of an actor and its request before any row is read."""

from datetime import UTC, datetime, timedelta

import pytest

from charter.contract.contract import Contract
from charter.contract.expression import Fact, FactName, HasRole
from charter.contract.resource import Allow, Field, Policy, Resource
from charter.contract.types import INTEGER
from charter.plan.actor import ANONYMOUS, API_KEY, CLIENT_CREDENTIALS, Actor
from charter.plan.facts import holds
from charter.plan.standing import standing_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MFA = Fact(FactName.MFA)
MACHINE = Fact(FactName.MACHINE)
WITHIN_TEN = Fact(FactName.SIGNED_IN_WITHIN, 600)


def signed_in(*methods: str) -> Actor:
    return Actor("ada", methods=frozenset(methods))


@pytest.mark.parametrize(
    ("methods", "so"),
    [
        (("pwd",), False),
        (("pwd", "pin"), False),
        (("otp", "sms"), False),
        (("pwd", "otp"), True),
        (("hwk", "fpt"), True),
        (("hwk", "user"), False),
        (("mfa",), True),
        ((), False),
    ],
)
def test_two_kinds_of_factor_are_mfa(methods: tuple[str, ...], so: bool) -> None:
    assert holds(MFA, signed_in(*methods), NOON) is so


def test_a_method_is_found_by_its_value_and_by_its_word() -> None:
    actor = signed_in("pwd", "otp")
    assert holds(Fact(FactName.SIGNED_IN_WITH, "pwd"), actor, NOON)
    assert holds(Fact(FactName.SIGNED_IN_WITH, "password"), actor, NOON)
    assert not holds(Fact(FactName.SIGNED_IN_WITH, "passkey"), actor, NOON)
    assert holds(Fact(FactName.SIGNED_IN_WITH, "passkey"), signed_in("hwk"), NOON)


@pytest.mark.parametrize(
    ("ago", "so"),
    [(0, True), (600, True), (601, False), (-60, True), (-61, False), (None, False)],
)
def test_a_sign_in_is_fresh_for_as_long_as_is_said(ago: int | None, so: bool) -> None:
    at = None if ago is None else (NOON - timedelta(seconds=ago)).timestamp()
    assert holds(WITHIN_TEN, Actor("ada", signed_in_at=at), NOON) is so


def test_without_a_time_nobody_signed_in_lately() -> None:
    assert not holds(WITHIN_TEN, Actor("ada", signed_in_at=NOON.timestamp()), None)


@pytest.mark.parametrize(
    ("address", "so"),
    [
        ("10.1.2.3", True),
        ("11.1.2.3", False),
        ("::ffff:10.1.2.3", True),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("fe80::1%eth0", False),
        ("10.1.2.3, 8.8.8.8", False),
        ("", False),
        (None, False),
    ],
)
def test_an_address_is_in_one_of_the_networks(address: str | None, so: bool) -> None:
    fact = Fact(FactName.ADDRESS_IN, ("10.0.0.0/8", "2001:db8::/32"))
    assert holds(fact, Actor("ada", address=address), NOON) is so
    assert holds(fact, Actor(address=address), NOON) is so


@pytest.mark.parametrize("method", [API_KEY, CLIENT_CREDENTIALS])
def test_programs_are_told_by_how_they_came(method: str) -> None:
    assert holds(MACHINE, signed_in(method), NOON)
    assert not holds(MACHINE, signed_in("pwd"), NOON)


@pytest.mark.parametrize(
    "fact", [MFA, MACHINE, WITHIN_TEN, Fact(FactName.SIGNED_IN_WITH, "password")]
)
def test_nobody_did_not_sign_in(fact: Fact) -> None:
    odd = Actor(methods=frozenset({"mfa", "pwd", API_KEY}), signed_in_at=NOON.timestamp())
    assert not holds(fact, odd, NOON)
    assert not holds(fact, ANONYMOUS, NOON)


def contract(*rules: Fact | HasRole, **more: object) -> Contract:
    policy = Policy(tuple(Allow(("read",), rule) for rule in rules))
    note = Resource("Note", "notes", "notes", (Field("id", INTEGER),), policy=policy)
    return Contract("notes", "1", (note,), **more)  # type: ignore[arg-type]


def test_a_standing_has_only_facts_that_the_contract_asks_about() -> None:
    actor = Actor("ada", methods=frozenset({"pwd", "otp"}), signed_in_at=NOON.timestamp())
    assert standing_of(contract(MFA), actor, NOON).facts == {MFA}
    assert standing_of(contract(WITHIN_TEN, MACHINE), actor, NOON).facts == {WITHIN_TEN}
    assert standing_of(contract(HasRole("clerk")), actor, NOON).facts == frozenset()


def test_whoever_has_a_role_has_those_that_it_includes() -> None:
    includes = {"boss": frozenset({"boss", "buyer", "clerk"})}
    shop = contract(HasRole("clerk"), HasRole("buyer"), role_includes=includes)
    assert standing_of(shop, Actor("ada", frozenset({"boss"}))).roles == {"clerk", "buyer"}
    assert standing_of(shop, Actor("ada", frozenset({"clerk"}))).roles == {"clerk"}


def test_scopes_that_mean_nothing_here_are_left_out_of_a_standing() -> None:
    actor = Actor("ada", scopes=frozenset({"openid", "notes:read", "notes:fly", "read"}))
    assert standing_of(contract(MFA), actor).scopes == frozenset({"notes:read", "read"})
    assert standing_of(contract(MFA), Actor("ada")).scopes is None
    assert standing_of(contract(MFA), Actor("ada", scopes=frozenset())).scopes == frozenset()
