"""The grammar of groups: what is written is read back, whatever the values are."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.wire.rest.groups import (
    LISTED,
    Condition,
    Group,
    Part,
    Raw,
    Unreadable,
    grouped,
    listed,
)

NAMES = st.sampled_from(["status", "total", "customer.name", "any"])
COMPARATORS = st.sampled_from(["eq", "gte", "in", "nin", "like"])
CONDITIONS = st.builds(Condition, NAMES, COMPARATORS)
PARTS: st.SearchStrategy[Part] = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(
            Group,
            st.sampled_from(["any", "all"]),
            st.lists(inner, min_size=1, max_size=3).map(tuple),
        ),
        st.builds(Group, st.just("not"), inner.map(lambda part: (part,))),
    ),
    max_leaves=6,
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(part: Part, values: list[Raw]) -> str:
    """The text of a part; takes its values from the front of the list."""
    if isinstance(part, Group):
        return f"{part.kind}=({','.join(written(item, values) for item in part.parts)})"
    value = values.pop(0)
    text = quoted(value) if isinstance(value, str) else f"({','.join(map(quoted, value))})"
    return f"{part.name}[{part.comparator}]={text}"


def conditions(part: Part) -> list[Condition]:
    if isinstance(part, Condition):
        return [part]
    return [found for item in part.parts for found in conditions(item)]


@given(PARTS, st.data())
def test_groups_are_read_as_they_were_written(part: Part, data: st.DataObject) -> None:
    group = part if isinstance(part, Group) else Group("all", (part,))
    values: list[Raw] = [
        data.draw(st.lists(st.text(), min_size=1, max_size=3).map(tuple))
        if condition.comparator in LISTED
        else data.draw(st.text())
        for condition in conditions(group)
    ]
    text = written(group, list(values)).partition("=")[2]
    assert grouped(group.kind, text) == (group, tuple(values))


@given(st.lists(st.text(), min_size=1))
def test_lists_are_read_as_they_were_written(items: list[str]) -> None:
    assert listed(",".join(map(quoted, items))) == tuple(items)


@given(st.text(alphabet='anylot=(),"\\[]', max_size=40))
def test_any_other_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        group, values = grouped("any", text)
        assert len(conditions(group)) == len(values)


@pytest.mark.parametrize(
    "text",
    ["", "(", "()", "(a)", "(a=1", "(a=1))", "(a=1)b", '(a="1)', "(a=(1))", "(a[in]=1)", "(a[=1)"],
)
def test_what_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        grouped("any", text)


def test_not_has_one_part() -> None:
    with pytest.raises(Unreadable, match="one part"):
        grouped("not", "(a=1,b=2)")
