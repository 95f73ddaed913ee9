"""Identifiers sort by the time they were made, whatever the clock of the machine does."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from charter.core.ids import Uuid7

MOMENTS = st.integers(0, 2**47).map(lambda milliseconds: milliseconds * 1_000_000)


@given(st.lists(st.tuples(MOMENTS, st.integers(1, 40)), min_size=1, max_size=20))
def test_each_is_larger_than_those_before(asked: list[tuple[int, int]]) -> None:
    clock: Iterator[int] = iter([moment for moment, _ in asked])
    make = Uuid7(lambda: next(clock))
    made = [one for _, count in asked for one in make.several(count)]
    assert made == sorted(set(made))
    assert len(made) == sum(count for _, count in asked)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


@given(MOMENTS)
def test_the_first_tells_when_it_was_made(moment: int) -> None:
    one = Uuid7(lambda: moment)()
    assert one.int >> 80 == max(moment // 1_000_000, 0)


def test_a_full_counter_borrows_a_millisecond() -> None:
    make = Uuid7(lambda: 1_000_000_000)
    made = make.several(0x2000)
    assert made == sorted(set(made))
    assert made[-1].int >> 80 > made[0].int >> 80


def test_nothing_of_the_random_part_is_shared() -> None:
    first, second = (one.int & 0x3FFF_FFFF_FFFF_FFFF for one in Uuid7().several(2))
    assert first != second
