"""Field numbers before and after: whatever is designed keeps them, and whatever else is told."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from charter.plan.breaking.finding import Severity
from charter.plan.breaking.gate import compare
from charter.plan.breaking.numbering import Numbered, Numbering, moved_numbers
from charter.wire.grpc.numbers import NO_NUMBERS, Numbers, assigned
from tests.behaviour.contract import studio

CONTRACT = studio.build()
NAMES = st.sampled_from("abcdef")
MESSAGES = st.dictionaries(NAMES, st.sampled_from(["string", "int64"]), max_size=5)
WANTED = st.dictionaries(st.sampled_from(["Order", "Line"]), MESSAGES, max_size=2)


def numbering(numbers: Numbers) -> Numbering:
    return {
        name: Numbered(
            {one: (item.number, item.type) for one, item in table.names.items()},
            frozenset(table.gone),
        )
        for name, table in numbers.tables.items()
    }


@given(designs=st.lists(WANTED, min_size=2, max_size=5))
def test_numbers_that_are_designed_never_move(designs: list[dict[str, dict[str, str]]]) -> None:
    numbers = NO_NUMBERS
    for wanted in designs:
        after = assigned(wanted, numbers, {})
        assert list(moved_numbers(numbering(numbers), numbering(after))) == []
        numbers = after


def told(old: Numbered, new: Numbered | None) -> set[tuple[str, str]]:
    after = {} if new is None else {"Order": new}
    return {(one.subject, one.message) for one in moved_numbers({"Order": old}, after)}


BEFORE = Numbered({"total": (1, "string"), "note": (2, "string")}, frozenset({3}))


def test_a_number_that_moves_is_told() -> None:
    moved = replace(BEFORE, names={"total": (1, "string"), "note": (4, "string")})
    assert told(BEFORE, moved) == {("Order.note", "has the number 4, and had 2")}


def test_a_number_that_means_another_field_is_told() -> None:
    other = replace(BEFORE, names={"total": (1, "string"), "text": (2, "string")})
    assert told(BEFORE, other) == {("Order.text", "has the number 2, which was that of `note`")}
    third = replace(BEFORE, names={**BEFORE.names, "old": (3, "string")}, reserved=frozenset())
    said = "has the number 3, which was that of something that is gone"
    assert told(BEFORE, third) == {("Order.old", said)}


def test_a_number_that_may_be_given_again_is_told() -> None:
    free = replace(BEFORE, names={"total": (1, "string")})
    said = "the number 2, which was that of `note`, is not reserved any more"
    assert told(BEFORE, free) == {("Order", said)}
    assert len(told(BEFORE, None)) == 3
    kept = replace(free, reserved=frozenset({2, 3}))
    assert told(BEFORE, kept) == set()


def test_another_type_is_another_field() -> None:
    names = {"total": (1, "string"), "note": (4, "int64")}
    assert told(BEFORE, Numbered(names, frozenset({2, 3}))) == set()
    assert told(BEFORE, Numbered(names, frozenset({3}))) != set()


def test_it_takes_a_major_version() -> None:
    moved = replace(BEFORE, names={"total": (5, "string"), "note": (2, "string")})
    report = compare(CONTRACT, CONTRACT, ({"Order": BEFORE}, {"Order": moved}))
    (part,) = report.parts
    assert part.area.name == "grpc"
    assert {one.code.name for one in part.findings} == {"grpc_number_moved"}
    assert report.count(Severity.BREAKING) == 1
    assert report.version.step.name == "MAJOR"
