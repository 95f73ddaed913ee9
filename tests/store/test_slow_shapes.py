"""What has been too slow for the event loop stays away, but not for ever."""

from hypothesis import given
from hypothesis import strategies as st

from charter.store.slow_shapes import SlowShapes


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def held_seconds(shapes: SlowShapes, clock: Clock, text: str) -> int:
    """How many whole seconds a text is held from now on; the clock moves that far."""
    started = clock.now
    while shapes.holds(text):
        clock.now += 1
    return int(clock.now - started)


def test_one_slow_run_is_forgotten_after_a_second() -> None:
    clock = Clock()
    shapes = SlowShapes(clock=clock)
    assert not shapes.holds("a")
    shapes.overran("a")
    assert held_seconds(shapes, clock, "a") == 1
    assert not shapes.holds("b")


def test_what_is_always_slow_is_held_longer_and_longer_up_to_a_minute() -> None:
    clock = Clock()
    shapes = SlowShapes(clock=clock)
    seconds = []
    for _ in range(9):
        shapes.overran("a")
        seconds.append(held_seconds(shapes, clock, "a"))
    assert seconds == [1, 2, 4, 8, 16, 32, 64, 64, 64]


def test_after_a_good_while_a_slow_run_counts_as_the_first() -> None:
    clock = Clock()
    shapes = SlowShapes(clock=clock)
    for _ in range(4):
        shapes.overran("a")
    clock.now += 1000
    shapes.overran("a")
    assert held_seconds(shapes, clock, "a") == 1


@given(st.lists(st.integers(0, 30)))
def test_only_so_many_are_remembered_those_that_overran_last(texts: list[int]) -> None:
    shapes = SlowShapes(capacity=5, clock=Clock())
    for text in texts:
        shapes.overran(str(text))
    last = list(dict.fromkeys(reversed(texts)))
    assert [text for text in last if shapes.holds(str(text))] == last[:5]
    assert len(shapes) <= 5
