"""The law of rate limits, against a plain token bucket."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.rates.limit import LARGEST_QUOTA, SECOND, Limit, limit_of
from charter.access.rates.settings import RatesSettings, limits_of
from charter.access.rates.verdict import Verdict, decide

LIMITS = st.builds(Limit, st.just("plain"), st.integers(1, 200), st.integers(1, 600))
STEPS = st.lists(st.tuples(st.integers(0, 30 * SECOND), st.integers(1, 30)), max_size=60)
START = 1_700_000_000 * SECOND


class Bucket:
    """A token bucket as anybody would write it: it is refilled, and taken from."""

    def __init__(self, limit: Limit, now: int) -> None:
        self._limit, self._now = limit, now
        self.level = Fraction(limit.quota)

    def take(self, now: int, cost: int) -> bool:
        gained = Fraction(now - self._now, self._limit.interval)
        self.level, self._now = min(self.level + gained, Fraction(self._limit.quota)), now
        if self.level < (units := min(cost, self._limit.quota)):
            return False
        self.level -= units
        return True


def take(limit: Limit, arrival: int, now: int, cost: int) -> tuple[Verdict, int]:
    verdict = decide(limit, arrival, now, cost)
    return verdict, now + verdict.spent if verdict.allowed else arrival


@given(LIMITS, STEPS)
def test_it_decides_as_a_token_bucket_does(limit: Limit, steps: list[tuple[int, int]]) -> None:
    bucket, arrival, now = Bucket(limit, START), 0, START
    for passed, cost in steps:
        now += passed
        verdict, arrival = take(limit, arrival, now, cost)
        assert verdict.allowed == bucket.take(now, cost)
        assert verdict.remaining == bucket.level // 1


@given(LIMITS, STEPS)
def test_the_wait_that_is_told_is_enough_and_not_a_second_too_long(
    limit: Limit, steps: list[tuple[int, int]]
) -> None:
    arrival, now = 0, START
    for passed, cost in steps:
        now += passed
        verdict, arrival = take(limit, arrival, now, cost)
        then = now + verdict.wait * SECOND
        if verdict.allowed:
            more = decide(limit, arrival, then, 1)
            assert more.allowed
            assert more.remaining + 1 > verdict.remaining or verdict.remaining == limit.quota
        else:
            assert decide(limit, arrival, then, cost).allowed
            if verdict.wait > 1:
                assert not decide(limit, arrival, then - SECOND, cost).allowed


@given(LIMITS, st.integers(1, 10**15), st.integers(1, 30))
def test_a_clock_that_is_set_back_gives_nothing_away_and_locks_nobody_out(
    limit: Limit, back: int, cost: int
) -> None:
    _, arrival = take(limit, 0, START + back, limit.quota)
    refused = decide(limit, arrival, START, cost)
    if back > 0:
        assert not refused.allowed
    assert refused.wait * SECOND <= limit.horizon + SECOND
    now = START + back + limit.horizon
    assert decide(limit, arrival, now, limit.quota).allowed


@given(LIMITS, st.integers(0, 10**15))
def test_a_clock_that_is_set_forward_gives_no_more_than_the_quota(limit: Limit, jump: int) -> None:
    arrival, passed, now = 0, 0, START + jump
    for _ in range(limit.quota + 5):
        verdict, arrival = take(limit, arrival, now, 1)
        passed += verdict.allowed
    assert passed == limit.quota


def test_a_cost_beyond_the_quota_takes_all_of_it() -> None:
    limit = Limit("plain", 10, 60)
    first, arrival = take(limit, 0, START, 1000)
    assert (first.allowed, first.remaining) == (True, 0)
    second, _ = take(limit, arrival, START, 1000)
    assert (second.allowed, second.wait) == (False, 60)


def test_what_an_answer_says_of_it() -> None:
    limit = Limit("actor", 600, 60)
    verdict, arrival = take(limit, 0, START, 100)
    assert limit.policy == '"actor";q=600;w=60'
    assert verdict.state == '"actor";r=500;t=1'
    verdict, arrival = take(limit, arrival, START, 500)
    assert verdict.state == '"actor";r=0;t=1'
    assert decide(limit, arrival, START, 50).state == '"actor";r=0;t=5'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("600/1m", (600, 60)),
        ("20/s", (20, 1)),
        ("1/24h", (1, 86_400)),
        ("5/7d", (5, 604_800)),
        ("off", None),
    ],
)
def test_limits_as_texts(text: str, found: tuple[int, int] | None) -> None:
    limit = limit_of("x", text)
    assert (None if limit is None else (limit.quota, limit.window)) == found


@pytest.mark.parametrize(
    "text", ["", "600", "0/1m", "-1/1m", "1/0s", "1/m1", "1/1y", "1/8d", "1 / 1m", "999999999/1s"]
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"limit|quota|window"):
        limit_of("x", text)
    with pytest.raises(ValueError, match=r"^actor:"):
        RatesSettings(actor=text)


def test_the_largest_quota_can_be_kept() -> None:
    limit = Limit("x", LARGEST_QUOTA, 1)
    assert limit.horizon == LARGEST_QUOTA * limit.interval


def test_limits_of_routes() -> None:
    settings = RatesSettings(routes=("POST /v1/orders = 10/1m", "GET /v1/x/{id}=off=1/1h"))
    routes = limits_of(settings).routes
    assert [(route.method, route.template) for route in routes] == [
        ("POST", "/v1/orders"),
        ("GET", "/v1/x/{id}=off"),
    ]


@pytest.mark.parametrize(
    "routes",
    [
        ("POST /v1/x",),
        ("post /v1/x = 1/s",),
        ("POST v1 = 1/s",),
        ("POST /x = off",),
        ("GET /x = 1/s", "GET /x = 2/s"),
    ],
)
def test_what_is_no_limit_of_a_route_is_refused(routes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"^routes:"):
        RatesSettings(routes=routes)
