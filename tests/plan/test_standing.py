"""What is known of an actor before any row is read."""

from hypothesis import given
from hypothesis import strategies as st

from charter.contract.expression import (
    ALWAYS,
    NEVER,
    ROW,
    ActorId,
    ActorTenant,
    AllOf,
    AnyOf,
    Authenticated,
    Column,
    Compare,
    Contains,
    Expression,
    Fact,
    FactName,
    HasRole,
    IsNull,
    Not,
    OneOf,
    Operator,
    walk,
)
from charter.contract.types import TEXT
from charter.plan.standing import NOBODY, Standing, folded

OWNER = Column(ROW, (), "owner_id", TEXT)
ME = ActorId(TEXT)
MINE = Compare(Operator.EQ, OWNER, ME)

STRONG = Fact(FactName.MFA)
OFFICE = Fact(FactName.ADDRESS_IN, ("10.0.0.0/8",))
OURS = Compare(Operator.EQ, Column(ROW, (), "tenant_id", TEXT), ActorTenant(TEXT))
CLERK = Standing(True, frozenset({"clerk"}))


def test_a_role_decides_a_rule_before_any_row_is_read() -> None:
    rule = AnyOf((HasRole("clerk"), MINE))
    assert folded(rule, CLERK) == ALWAYS
    assert folded(rule, Standing(True, frozenset())) == MINE


def test_nobody_is_never_the_owner_even_of_rows_without_one() -> None:
    assert folded(MINE, NOBODY) == NEVER
    assert folded(Compare(Operator.EQ, ME, OWNER), NOBODY) == NEVER
    assert folded(Contains(OWNER, ME), NOBODY) == NEVER
    assert folded(OneOf(ME, (OWNER,)), NOBODY) == NEVER
    assert folded(OneOf(OWNER, (ME,)), NOBODY) == NEVER


def test_not_equal_is_the_opposite_of_equal_for_nobody_too() -> None:
    assert folded(Compare(Operator.NE, OWNER, ME), NOBODY) == ALWAYS
    assert folded(Not(MINE), NOBODY) == ALWAYS


def test_whether_there_is_an_actor_is_decided() -> None:
    assert folded(IsNull(ME), NOBODY) == ALWAYS
    assert folded(IsNull(ME), CLERK) == NEVER
    assert folded(Authenticated(), NOBODY) == NEVER
    assert folded(Authenticated(), CLERK) == ALWAYS


LEAVES: st.SearchStrategy[Expression] = st.sampled_from(
    [HasRole("clerk"), HasRole("buyer"), Authenticated(), STRONG, OFFICE, MINE, OURS]
)
RULES: st.SearchStrategy[Expression] = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda items: AllOf(tuple(items))),
        st.lists(parts, min_size=1, max_size=3).map(lambda items: AnyOf(tuple(items))),
        parts.map(Not),
    ),
    max_leaves=12,
)
STANDINGS = st.builds(
    Standing,
    st.just(True),
    st.frozensets(st.sampled_from(["clerk", "buyer", "other"])),
    st.frozensets(st.sampled_from([STRONG, OFFICE])),
    tenanted=st.booleans(),
)


def holds(rule: Expression, standing: Standing, *, mine: bool) -> bool:
    """The plain meaning of a rule."""
    match rule:
        case HasRole(role):
            return role in standing.roles
        case Authenticated():
            return standing.authenticated
        case Fact():
            return rule in standing.facts
        case _ if rule == OURS:
            return mine and standing.tenanted
        case AllOf(parts):
            return all(holds(part, standing, mine=mine) for part in parts)
        case AnyOf(parts):
            return any(holds(part, standing, mine=mine) for part in parts)
        case Not(operand):
            return not holds(operand, standing, mine=mine)
        case _ if rule in (ALWAYS, NEVER):
            return rule == ALWAYS
        case _:
            return mine and standing.authenticated


@given(RULES, st.one_of(STANDINGS, st.just(NOBODY)), st.booleans())
def test_folding_never_changes_what_a_rule_means(
    rule: Expression, standing: Standing, mine: bool
) -> None:
    after = folded(rule, standing)
    assert holds(after, standing, mine=mine) == holds(rule, standing, mine=mine)
    assert not [part for part in walk(after) if isinstance(part, HasRole | Authenticated | Fact)]
