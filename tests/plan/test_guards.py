"""What a write has to pass: who may do it, before and after."""

import pytest

from charter.contract.contract import Contract
from charter.contract.expression import (
    ALWAYS,
    NEW,
    ROW,
    ActorId,
    Aggregate,
    AllOf,
    Column,
    Compare,
    Constant,
    Function,
    HasRole,
    Operator,
    Slot,
    walk,
)
from charter.contract.resource import Allow, Field, Freeze, Policy, Resource
from charter.contract.types import BOOLEAN, TEXT, UUID
from charter.core import codes
from charter.core.problems import Problem
from charter.plan.guards import OLD_VALUES, guard_action
from charter.plan.standing import NOBODY, Standing
from charter.plan.view import View

OWNER = Column(ROW, (), "owner_id", TEXT)
MINE = Compare(Operator.EQ, OWNER, ActorId(TEXT))
SOMEBODY = Standing(True, frozenset())


def view_of(policy: Policy, standing: Standing = SOMEBODY) -> View:
    fields = (Field("id", UUID), Field("owner_id", TEXT), Field("state", TEXT))
    note = Resource("Note", "notes", "notes", fields, policy=policy)
    return View(Contract("notes", "1", (note,)), standing)


def note_of(view: View) -> Resource:
    return view.contract.resource_named["Note"]


def test_what_no_rule_allows_is_denied() -> None:
    view = view_of(Policy((Allow(("read",), ALWAYS),)))
    with pytest.raises(Problem) as denied:
        guard_action(view, note_of(view), "update")
    assert denied.value.code is codes.FORBIDDEN


def test_nobody_is_asked_for_credentials_before_anything_is_denied() -> None:
    view = view_of(Policy((Allow(("*",), MINE),)), NOBODY)
    with pytest.raises(Problem) as denied:
        guard_action(view, note_of(view), "delete")
    assert denied.value.code is codes.UNAUTHENTICATED


def test_an_update_has_to_be_allowed_before_and_after() -> None:
    view = view_of(Policy((Allow(("*",), MINE),)))
    (rule,) = guard_action(view, note_of(view), "update").rules
    assert (rule.before, rule.after) == (MINE, MINE)


def test_a_delete_is_judged_by_the_row_as_it_was() -> None:
    view = view_of(Policy((Allow(("*",), MINE),)))
    (rule,) = guard_action(view, note_of(view), "delete").rules
    assert (rule.before, rule.after) == (MINE, ALWAYS)


def test_a_rule_about_the_change_sees_the_old_values_after_the_write() -> None:
    state, new_state = Column(ROW, (), "state", TEXT), Column(NEW, (), "state", TEXT)
    rule = AllOf((MINE, Compare(Operator.NE, state, new_state)))
    view = view_of(Policy((Allow(("read",), ALWAYS), Allow(("update",), rule))))
    guard = guard_action(view, note_of(view), "update")
    assert guard.old == (state,)
    assert guard.rules[0].before == MINE
    assert guard.rules[0].after == Compare(Operator.NE, Slot(OLD_VALUES, TEXT), state)


def test_rows_that_the_old_one_led_to_are_asked_for_before_the_write() -> None:
    relation = Aggregate(Function.EXISTS, ROW, ("team", "members"), 2, None, None, BOOLEAN)
    new_state = Column(NEW, (), "state", TEXT)
    changed = Compare(Operator.NE, Column(ROW, (), "state", TEXT), new_state)
    view = view_of(
        Policy((Allow(("read",), ALWAYS), Allow(("update",), AllOf((relation, changed)))))
    )
    (rule,) = guard_action(view, note_of(view), "update").rules
    assert rule.before == relation
    assert not any(isinstance(part, Aggregate) for part in walk(rule.after))


def test_a_new_row_is_judged_by_its_new_values() -> None:
    new_state = Column(NEW, (), "state", TEXT)
    draft = Compare(Operator.EQ, new_state, Constant("draft", TEXT))
    view = view_of(Policy((Allow(("create",), draft),)))
    (rule,) = guard_action(view, note_of(view), "create").rules
    assert rule.after == Compare(
        Operator.EQ, Column(ROW, (), "state", TEXT), Constant("draft", TEXT)
    )


def test_a_field_is_frozen_for_those_who_may_not_change_it() -> None:
    policy = Policy((Allow(("*",), ALWAYS),), freezes=(Freeze("state", HasRole("boss")),))
    view = view_of(policy)
    assert [name for name, _ in guard_action(view, note_of(view), "update").frozen] == ["state"]
    boss = view_of(policy, Standing(True, frozenset({"boss"})))
    assert guard_action(boss, note_of(boss), "update").frozen == ()
