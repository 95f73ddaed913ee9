"""Opaque secrets: recognised by their prefix and checksum, kept as a digest only."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.opaque import PATTERN, Kind, digest_of, kind_of, mint

PREFIXES = {
    Kind.REFRESH: "chr_",
    Kind.API_KEY: "chk_",
    Kind.SESSION: "chs_",
    Kind.ONE_TIME: "cho_",
}


@pytest.mark.parametrize("kind", Kind)
def test_a_secret_is_recognised_by_its_prefix(kind: Kind) -> None:
    made = mint(kind)
    assert made.text.startswith(PREFIXES[kind])
    assert kind_of(made.text) is kind
    assert digest_of(made.text, kind) == made.digest


@pytest.mark.parametrize("kind", Kind)
def test_what_is_stored_is_the_sha_256_alone(kind: Kind) -> None:
    made = mint(kind)
    assert made.digest == hashlib.sha256(made.text.encode()).hexdigest()
    assert made.text not in repr(made)
    assert made.text.startswith(made.hint)
    assert len(made.hint) == 10


def test_no_two_are_the_same() -> None:
    made = [mint(Kind.API_KEY) for _ in range(200)]
    assert len({one.text for one in made}) == 200
    # Every place of the random part takes all sorts of characters but the first, whose weight
    # is the largest: 256 bits fill 43 places of base 62 only just.
    assert all(len({one.text[place] for one in made}) > 30 for place in range(5, 47))


def test_a_secret_of_one_kind_is_none_of_another() -> None:
    for kind in Kind:
        made = mint(kind)
        for other in set(Kind) - {kind}:
            assert digest_of(made.text, other) is None
            assert kind_of(other.value + made.text[4:]) is None


@pytest.mark.parametrize("kind", Kind)
def test_a_character_that_was_changed_shows(kind: Kind) -> None:
    text = mint(kind).text
    for place, old in enumerate(text):
        new = "a" if old != "a" else "b"
        assert kind_of(text[:place] + new + text[place + 1 :]) is None
    for swapped in (text[1:], text[:-1], text + "a", f" {text}", f"{text}\n", text.upper()):
        assert kind_of(swapped) is None


@given(st.text(max_size=60) | st.from_regex(PATTERN, fullmatch=True))
def test_any_text_is_answered(text: str) -> None:
    assert digest_of(text, Kind.REFRESH) is None


def test_a_scanner_finds_them_in_a_file() -> None:
    made = mint(Kind.API_KEY)
    found = PATTERN.search(f'KEY = "{made.text}"  # chk_too_short')
    assert found is not None
    assert found[0] == made.text
    assert re.fullmatch(r"\w+", made.text), "a double click selects all of it"
