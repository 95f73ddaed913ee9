"""Texts made from a pattern match it."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.language.patterns import unsafe
from charter.verify.data.patterns import texts_of

LITERALS = st.sampled_from(["a", "Z", "7", "-", " ", r"\.", r"\\", r"\[", "é"])
CLASSES = st.sampled_from(["[a-z]", "[^a-z]", "[A-Z0-9_]", r"[\]\-x]", "[-a]", "."])
COUNTS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{0,}", "+?"])


def _counted(atoms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda atom, count: atom + count, atoms, COUNTS)


def _grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    options = st.lists(inner, min_size=1, max_size=3).map("|".join)
    groups = st.builds(lambda head, body: f"{head}{body})", st.sampled_from(["(", "(?:"]), options)
    return st.lists(_counted(st.one_of(LITERALS, CLASSES, groups)), max_size=3).map("".join)


PATTERNS = st.recursive(
    st.lists(_counted(st.one_of(LITERALS, CLASSES)), max_size=4).map("".join),
    _grouped,
    max_leaves=6,
)


@given(PATTERNS, st.integers())
def test_what_is_made_matches(pattern: str, seed: int) -> None:
    assert unsafe(pattern) is None
    text = texts_of(pattern)(random.Random(seed))
    assert re.fullmatch(pattern, text, re.ASCII), (pattern, text)


@pytest.mark.parametrize("pattern", ["(a", "[a", "a)"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="in "):
        texts_of(pattern)
