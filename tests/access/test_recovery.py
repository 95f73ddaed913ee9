"""Recovery codes: shown once, found by their digest, however they are typed."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.recovery import new_recovery_codes, recovery_digest


def test_there_are_ten_and_all_are_new() -> None:
    first, second = new_recovery_codes(), new_recovery_codes()
    assert len(first) == 10
    assert len({code.text for code in (*first, *second)}) == 20


def test_a_code_has_enough_bits_for_a_plain_hash() -> None:
    """ASVS 5.0, 6.5.2 asks for 112; each of these characters has five."""
    for code in new_recovery_codes():
        bare = code.text.replace("-", "")
        assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{24}", bare)
        assert code.digest == hashlib.sha256(bare.encode()).hexdigest()


def test_a_code_is_found_however_it_is_typed() -> None:
    for code in new_recovery_codes():
        misread = code.text.replace("1", "l").replace("0", "O")
        for typed in (
            code.text,
            code.text.lower(),
            code.text.replace("-", ""),
            code.text.replace("-", " – "),
            f"  {code.text}\n",
            misread,
            misread.replace("l", "I"),
        ):
            assert recovery_digest(typed) == code.digest


@pytest.mark.parametrize(
    "text", ["", "123456", "A" * 23, "A" * 25, "U" * 24, "é" * 24, "A" * 10**6]
)
def test_what_is_no_code_has_no_digest(text: str) -> None:
    assert recovery_digest(text) is None


@given(st.text(max_size=80))
def test_any_text_is_answered(text: str) -> None:
    found = recovery_digest(text)
    assert found is None or re.fullmatch("[0-9a-f]{64}", found)


def test_a_code_does_not_show_itself() -> None:
    (code, *_) = new_recovery_codes()
    assert code.text not in repr(code)
