"""What a stronger or fresher sign-in would allow, and what scopes leave of it."""

import pytest

from charter.contract.contract import Contract
from charter.contract.expression import (
    ALWAYS,
    ROW,
    ActorId,
    AllOf,
    AnyOf,
    Column,
    Compare,
    Expression,
    Fact,
    FactName,
    Not,
    Operator,
)
from charter.contract.resource import Allow, Field, Policy, Relation, Resource
from charter.contract.types import TEXT
from charter.core import codes
from charter.core.problems import Problem
from charter.plan.ask import ReadMany, ReadOne
from charter.plan.guards import guard_action
from charter.plan.reads import plan_read
from charter.plan.standing import NOBODY, Standing
from charter.plan.stepup import StepUp, step_up
from charter.plan.view import View

MFA = Fact(FactName.MFA)
TEN = Fact(FactName.SIGNED_IN_WITHIN, 600)
ONE = Fact(FactName.SIGNED_IN_WITHIN, 60)
OFFICE = Fact(FactName.ADDRESS_IN, ("10.0.0.0/8",))
MINE = Compare(Operator.EQ, Column(ROW, (), "owner_id", TEXT), ActorId(TEXT))
ADA = Standing(True, frozenset())


def notes(**rules: Expression) -> Contract:
    """Notes whose actions have one rule each."""
    policy = Policy(tuple(Allow((action,), rule) for action, rule in rules.items()))
    fields = (Field("id", TEXT), Field("owner_id", TEXT))
    line = Resource(
        "Line", "lines", "note-lines", (Field("id", TEXT), Field("note_id", TEXT)), owner="note",
        relations=(Relation("note", "Note", "one", "note_id", "id"),),
    )  # fmt: skip
    note = Resource("Note", "notes", "notes", fields, policy=policy)
    return Contract("notes", "1", (note, line))


def refused(contract: Contract, action: str, standing: Standing = ADA) -> Problem:
    resource = contract.resource_named["Note"]
    with pytest.raises(Problem) as denied:
        guard_action(View(contract, standing), resource, action)
    return denied.value


# -- step-up ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "members"),
    [
        (MFA, {"acr_values": "aal2"}),
        (TEN, {"max_age": 600}),
        (AllOf((ONE, MINE)), {"max_age": 60}),
        (AnyOf((ONE, TEN)), {"max_age": 600}),
        (AllOf((MFA, ONE)), {"acr_values": "aal2", "max_age": 60}),
        (AnyOf((AllOf((MFA, TEN)), ONE)), {"max_age": 60}),
    ],
)
def test_a_denial_says_which_sign_in_would_do(rule: Expression, members: dict[str, object]) -> None:
    problem = refused(notes(read=ALWAYS, delete=rule), "delete")
    assert problem.code is codes.INSUFFICIENT_USER_AUTHENTICATION
    assert problem.detail.members == members


@pytest.mark.parametrize("rule", [OFFICE, AllOf((MFA, OFFICE)), Not(MFA)])
def test_where_no_sign_in_helps_it_is_forbidden(rule: Expression) -> None:
    strong = Standing(True, frozenset(), frozenset({MFA}))
    assert refused(notes(read=ALWAYS, delete=rule), "delete", strong).code is codes.FORBIDDEN


def test_nobody_is_asked_to_sign_in_at_all_first() -> None:
    contract = notes(read=ALWAYS, delete=MFA)
    assert refused(contract, "delete", NOBODY).code is codes.UNAUTHENTICATED


def test_reads_say_so_as_well() -> None:
    contract = notes(read=MFA)
    for form in (ReadOne("Note"), ReadMany("Note")):
        with pytest.raises(Problem) as denied:
            plan_read(View(contract, ADA), form)
        assert denied.value.code is codes.INSUFFICIENT_USER_AUTHENTICATION


def test_a_guard_has_the_rules_that_a_better_sign_in_would_add() -> None:
    contract = notes(read=ALWAYS, update=AnyOf((MINE, MFA)), delete=AnyOf((MINE, AllOf((TEN,)))))
    note = contract.resource_named["Note"]
    guard = guard_action(View(contract, ADA), note, "update")
    assert [needed for needed, _ in guard.steps] == [StepUp(mfa=True), StepUp(True, 600)]
    strong = Standing(True, frozenset(), frozenset({MFA, TEN}))
    assert guard_action(View(contract, strong), note, "update").steps == ()
    plain = notes(read=ALWAYS, update=MINE)
    assert guard_action(View(plain, ADA), plain.resource_named["Note"], "update").steps == ()


def test_the_least_is_asked_for() -> None:
    contract = notes(read=AnyOf((MFA, TEN, ONE)))
    seen: list[Standing] = []

    def note(standing: Standing) -> bool:
        seen.append(standing)
        return False

    assert step_up(contract, ADA, note) is None
    assert [standing.facts for standing in seen] == [
        {TEN}, {TEN, ONE}, {MFA}, {MFA, TEN}, {MFA, TEN, ONE},
    ]  # fmt: skip
    assert step_up(contract, NOBODY, lambda _: True) is None


# -- scopes ----------------------------------------------------------------------------------
OPEN = notes(**dict.fromkeys(("read", "create", "update", "delete"), ALWAYS))


def allowed(contract: Contract, *scopes: str) -> dict[str, set[str]]:
    """What actors with scopes may do, of each resource."""
    view = View(contract, Standing(True, frozenset(), scopes=frozenset(scopes)))
    return {
        item.name: {
            action
            for action in ("read", "create", "update", "delete")
            if view.rules(item, action)
        }
        for item in contract.resources
    }  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "actions"),
    [
        ("read", {"read"}),
        ("write", {"create", "update", "delete"}),
        ("notes:read", {"read"}),
        ("notes:write", {"create", "update", "delete"}),
        ("notes:*", {"read", "create", "update", "delete"}),
        ("notes:create", {"create"}),
        ("lines:read", set()),
        ("note-lines:read", set()),
        ("*", set()),
    ],
)
def test_an_actor_with_scopes_may_do_what_one_of_them_covers(scope: str, actions: set[str]) -> None:
    assert allowed(OPEN, scope)["Note"] == actions


def test_parts_that_follow_their_owner_are_under_its_scopes() -> None:
    assert allowed(OPEN, "notes:read")["Line"] == {"read"}
    assert allowed(OPEN, "notes:update")["Line"] == {"create", "update", "delete"}
    assert allowed(OPEN, "notes:create")["Line"] == set()


def test_no_scope_gives_what_no_policy_gives() -> None:
    contract = notes(read=MINE)
    view = View(contract, Standing(True, frozenset(), scopes=frozenset({"read", "write"})))
    note = contract.resource_named["Note"]
    assert view.readable(note) == MINE
    assert view.rules(note, "delete") == ()


def test_a_denial_by_scope_says_so() -> None:
    reader = Standing(True, frozenset(), scopes=frozenset({"notes:read"}))
    assert refused(OPEN, "delete", reader).code is codes.INSUFFICIENT_SCOPE
    assert refused(notes(read=ALWAYS), "delete", reader).code is codes.FORBIDDEN


def test_rows_are_there_for_those_who_may_write_and_not_read_them() -> None:
    writer = View(OPEN, Standing(True, frozenset(), scopes=frozenset({"notes:update"})))
    guard = guard_action(writer, OPEN.resource_named["Note"], "update")
    assert guard.visible == ALWAYS
    with pytest.raises(Problem) as denied:
        plan_read(writer, ReadOne("Note"))
    assert denied.value.code is codes.INSUFFICIENT_SCOPE
