"""A verified token is remembered for as long as it is valid, and no longer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.cache import TokenCache
from charter.access.claims import Admission
from charter.access.keys import Algorithm, KeySet
from charter.access.tokens import TokenVerifier
from charter.core.problems import Problem
from charter.plan.actor import Actor
from tests.access.forge import NOW, RULES, Clock, bearer, claims, granted, key, over, verifier

FOREVER = float("inf")


def admission(name: str, since: float = 0, until: float = FOREVER) -> Admission:
    return Admission(Actor(name), since, until)


class Exchange:
    """Keys that are exchanged by hand."""

    def __init__(self, keys: KeySet) -> None:
        self.keys = keys

    def current(self, now: float) -> KeySet:
        return self.keys


# -- through the verifier --------------------------------------------------------------------
def test_the_same_token_gives_the_same_actor_object() -> None:
    signer = key(Algorithm.ES256)
    checker = verifier(signer)
    good = granted(signer)
    assert checker.verify(good) is checker.verify("".join(list(good)))


def test_another_token_with_the_same_claims_is_verified_for_itself() -> None:
    signer = key(Algorithm.ES256)
    checker = verifier(signer)
    first, second = bearer(signer), bearer(signer)
    assert first != second
    one, two = checker.verify(first), checker.verify(second)
    assert one == two
    assert one is not two


def test_a_remembered_token_does_not_help_a_forged_one() -> None:
    signer = key(Algorithm.HS256)
    checker = verifier(signer)
    good = granted(signer)
    checker.verify(good)
    forged = good[:-4] + ("AAAA" if not good.endswith("AAAA") else "QQQQ")
    with pytest.raises(Problem):
        checker.verify(forged)
    assert checker.verify(good).id == "ann"


def test_a_remembered_token_ends_when_it_expires() -> None:
    signer, clock = key(Algorithm.HS256), Clock()
    checker = verifier(signer, clock=clock)
    good = granted(signer, lifetime=60)
    checker.verify(good)
    clock.now = NOW + 60 + RULES.leeway - 0.001
    checker.verify(good)
    clock.now = NOW + 60 + RULES.leeway
    for _ in range(2):
        with pytest.raises(Problem, match="expired"):
            checker.verify(good)


def test_a_remembered_token_is_refused_when_the_clock_goes_back_before_it() -> None:
    signer, clock = key(Algorithm.HS256), Clock()
    checker = verifier(signer, clock=clock)
    good = granted(signer)
    checker.verify(good)
    clock.now = NOW - 3600
    with pytest.raises(Problem, match="not valid yet"):
        checker.verify(good)
    clock.now = NOW
    assert checker.verify(good).id == "ann"


def test_a_refusal_is_not_remembered() -> None:
    signer, clock = key(Algorithm.HS256), Clock()
    checker = verifier(signer, clock=clock)
    later = bearer(signer, claims(nbf=NOW + 20))
    with pytest.raises(Problem):
        checker.verify(later)
    clock.now = NOW + 20
    assert checker.verify(later).id == "ann"


def test_a_key_that_is_no_longer_trusted_takes_its_tokens_with_it() -> None:
    old, new = key(Algorithm.HS256, "old"), key(Algorithm.HS256, "new", which=1)
    keys = Exchange(KeySet([old, new]))
    checker = over(keys, Clock())
    good = granted(old)
    assert checker.verify(good).id == "ann"
    keys.keys = KeySet([new])
    with pytest.raises(Problem):
        checker.verify(good)


def test_with_no_cache_every_token_is_verified_again() -> None:
    signer = key(Algorithm.HS256)
    checker = TokenVerifier(KeySet([signer]), RULES, clock=Clock(), cache_entries=0)
    good = granted(signer)
    assert checker.verify(good) is not checker.verify(good)


def test_nobody_is_taken_for_somebody_else() -> None:
    signer = key(Algorithm.HS256)
    checker = TokenVerifier(KeySet([signer]), RULES, clock=Clock(), cache_entries=5)
    people = {f"person-{number}": granted(signer, f"person-{number}") for number in range(20)}
    for _ in range(3):
        assert all(checker.verify(field).id == name for name, field in people.items())


# -- the cache itself ------------------------------------------------------------------------
def test_those_used_longest_ago_make_room() -> None:
    cache = TokenCache(2)
    cache.put("a", admission("a"))
    cache.put("b", admission("b"))
    assert cache.get("a", 0)
    cache.put("c", admission("c"))
    assert [cache.get(text, 0) is not None for text in "abc"] == [True, False, True]


def test_an_entry_that_has_ended_is_dropped() -> None:
    cache = TokenCache(2)
    cache.put("a", admission("a", until=5))
    assert cache.get("a", 5) is None
    assert (len(cache), cache.size) == (0, 0)


def test_a_text_beyond_the_bound_is_not_kept() -> None:
    cache = TokenCache(10, most_bytes=3)
    cache.put("abcd", admission("a"))
    assert len(cache) == 0


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "get", "clear"]),
        st.text("ab", min_size=1, max_size=4),
        st.integers(0, 20),
        st.integers(0, 10),
    ),
    max_size=60,
)


@given(_STEPS, st.integers(0, 4), st.integers(0, 12))
def test_a_cache_keeps_its_bounds_and_never_errs(
    steps: list[tuple[str, str, int, int]], entries: int, most_bytes: int
) -> None:
    cache = TokenCache(entries, most_bytes)
    known: dict[str, Admission] = {}
    for what, text, now, length in steps:
        match what:
            case "put":
                known[text] = admission(text, now, now + length)
                cache.put(text, known[text])
            case "get":
                actor = cache.get(text, now)
                if actor is not None:
                    assert actor is known[text].actor
                    assert known[text].since <= now < known[text].until
            case _:
                cache.clear()
        assert len(cache) <= entries
        assert cache.size <= most_bytes
        assert (cache.size == 0) == (len(cache) == 0)
