"""Whatever the policies say, nobody gets at a row of another tenant."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from charter.contract.contract import Contract
from charter.contract.expression import (
    ROW,
    ActorId,
    AllOf,
    AnyOf,
    Authenticated,
    Column,
    Compare,
    Constant,
    Expression,
    HasRole,
    IsNull,
    Not,
    Operator,
    Truth,
)
from charter.contract.identity import Tenancy
from charter.contract.resource import Allow, Field, Policy, Relation, Resource
from charter.contract.types import TEXT
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.ask import Nest, Parent, ReadMany, ReadOne, Selection, Summarize
from charter.plan.guards import Guard, guard_action
from charter.plan.plan import ManyPlan, OnePlan, ShowMany, ShowOne, SummaryPlan
from charter.plan.reads import plan_read
from charter.plan.standing import standing_of
from charter.plan.view import View
from tests.support.evaluate import Place, Store, holds

MINE = Compare(Operator.EQ, Column(ROW, (), "owner", TEXT), ActorId(TEXT))
OF_A = Compare(Operator.EQ, Column(ROW, (), "firm_id", TEXT), Constant("a", TEXT))
LEAVES: st.SearchStrategy[Expression] = st.sampled_from(
    [
        Truth(True), Truth(False), MINE, OF_A, IsNull(Column(ROW, (), "owner", TEXT)),
        HasRole("clerk"), Authenticated(),
    ]
)  # fmt: skip
RULES: st.SearchStrategy[Expression] = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda items: AllOf(tuple(items))),
        st.lists(parts, min_size=1, max_size=3).map(lambda items: AnyOf(tuple(items))),
        parts.map(Not),
    ),
    max_leaves=8,
)
ACTORS = st.builds(
    Actor,
    st.sampled_from([None, "ada", "eve"]),
    st.frozensets(st.sampled_from(["clerk"])),
    tenant=st.sampled_from([None, "a", "b", "c"]),
)
NOTES = [
    {"id": f"{firm}{owner}", "firm_id": firm, "owner": owner, "country_id": "fr"}
    for firm in ("a", "b")
    for owner in ("ada", "eve", None)
]
LINES = [{"id": f"{n['id']}1", "firm_id": n["firm_id"], "note_id": n["id"]} for n in NOTES]
ROWS: dict[str, list[dict[str, Any]]] = {
    "Firm": [{"id": "a"}, {"id": "b"}],
    "Note": NOTES,
    "Line": LINES,
    "Country": [{"id": "fr"}],
}


def office(rule: Expression) -> Contract:
    """Firms are tenants; notes have a rule, and their lines follow them."""
    everything = Policy((Allow(("*",), rule),))
    open_to_all = Policy((Allow(("*",), Truth(True)),))
    firm = Resource("Firm", "firms", "firms", (Field("id", TEXT),), policy=open_to_all, tenant="id")
    note = Resource(
        "Note", "notes", "notes",
        (Field("id", TEXT), Field("firm_id", TEXT, references="Firm"),
         Field("owner", TEXT, optional=True), Field("country_id", TEXT, references="Country")),
        relations=(
            Relation("lines", "Line", "many", "id", "note_id", owned=True),
            Relation("country", "Country", "one", "country_id", "id"),
        ),
        policy=everything, tenant="firm_id",
    )  # fmt: skip
    line = Resource(
        "Line", "lines", "lines",
        (Field("id", TEXT), Field("firm_id", TEXT), Field("note_id", TEXT, references="Note")),
        relations=(Relation("note", "Note", "one", "note_id", "id"),),
        owner="note", tenant="firm_id",
    )  # fmt: skip
    country = Resource(
        "Country", "countries", "countries", (Field("id", TEXT),),
        relations=(Relation("notes", "Note", "many", "id", "country_id"),), policy=open_to_all,
    )  # fmt: skip
    tenancy = Tenancy("Firm", ("Country",))
    return Contract("office", "1", (firm, note, line, country), tenancy=tenancy)


def reached(
    contract: Contract, actor: Actor, resource: str, condition: Expression
) -> list[dict[str, Any]]:
    """The rows for which a condition holds."""
    target = contract.resource_named[resource]
    place = Place(Store(contract, ROWS), {}, actor=actor)
    return [row for row in ROWS[resource] if holds(condition, place.about(target, row))]


def tenant_of(row: dict[str, Any]) -> Any:
    return row.get("firm_id", row["id"])


@given(RULES, ACTORS)
def test_no_rule_reaches_a_row_of_another_tenant(rule: Expression, actor: Actor) -> None:
    contract = office(rule)
    view = View(contract, standing_of(contract, actor))
    for name in ("Firm", "Note", "Line"):
        resource = contract.resource_named[name]
        conditions = [view.seen(resource), view.readable(resource), *view.rules(resource, "read")]
        for action in ("update", "delete"):
            guard = guard_of(view, resource, action)
            conditions += [] if guard is None else [guard.visible]
            conditions += [] if guard is None else [part.before for part in guard.rules]
        for condition in conditions:
            for row in reached(contract, actor, name, condition):
                assert tenant_of(row) == actor.tenant


@given(RULES, ACTORS)
def test_no_read_shows_a_row_of_another_tenant(rule: Expression, actor: Actor) -> None:
    contract = office(rule)
    view = View(contract, standing_of(contract, actor))
    lines = Selection(nests=(Nest("lines", "lines", Selection()),))
    deep = Selection(
        nests=(Nest("notes", "notes", lines), Nest("again", "notes", Selection())),
    )
    forms = (
        ReadOne("Note", lines),
        ReadMany("Note", lines),
        ReadMany("Country", deep),
        ReadMany("Line", parent=Parent("Note", "lines", 0)),
        ReadMany("Note", parent=Parent("Country", "notes", 0)),
        ReadMany("Line", Selection(nests=(Nest("note", "note", lines),))),
        Summarize("Note", (), ()),
    )
    for form in forms:
        try:
            plan = plan_read(view, form)
        except Problem:
            continue
        places = [(plan.resource.name, plan.where)] if isinstance(plan, SummaryPlan) else []
        rows = [plan.row] if isinstance(plan, OnePlan | ManyPlan) else []
        while rows:
            row = rows.pop()
            places.append((row.resource.name, row.where))
            rows += [show.row for show in row.shows if isinstance(show, ShowOne | ShowMany)]
        for name, where in places:
            if contract.resource_named[name].tenant is not None:
                for found in reached(contract, actor, name, where):
                    assert tenant_of(found) == actor.tenant


@given(RULES, ACTORS)
def test_one_has_in_ones_own_tenant_what_the_rules_give(rule: Expression, actor: Actor) -> None:
    contract = office(rule)
    view = View(contract, standing_of(contract, actor))
    note = contract.resource_named["Note"]
    untold = replace(note, tenant=None)
    plain = replace(contract, resources=(untold,), tenancy=None)
    given_by_rules = View(plain, standing_of(plain, actor)).readable(untold)
    allowed = reached(contract, actor, "Note", given_by_rules)
    expected = [row["id"] for row in NOTES if row["firm_id"] == actor.tenant and row in allowed]
    found = [row["id"] for row in reached(contract, actor, "Note", view.readable(note))]
    assert found == expected


def guard_of(view: View, resource: Resource, action: str) -> Guard | None:
    try:
        return guard_action(view, resource, action)
    except Problem:
        return None
