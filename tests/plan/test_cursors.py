"""Cursors open only where they were sealed, and only as they were sealed."""

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.contract.types import Scalar, Type
from charter.core.problems import Problem
from charter.plan.cursors import MOST_BYTES, open_cursor, seal

KEY = b"k" * 32
TYPES = tuple(
    Type(scalar)
    for scalar in (
        Scalar.DATETIME,
        Scalar.DECIMAL,
        Scalar.TEXT,
        Scalar.UUID,
        Scalar.INTEGER,
        Scalar.FLOAT,
        Scalar.BOOLEAN,
        Scalar.DATE,
    )
)
VALUES: tuple[Any, ...] = (
    datetime(2026, 11, 22, 21, 37, 0, 123456, tzinfo=UTC),
    Decimal("123456789012345678.123456789"),
    "grüße",
    UUID("0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001"),
    -(2**63),
    0.1,
    False,
    date(2026, 11, 22),
)
CURSOR = seal(VALUES, TYPES, b"list", KEY)


def refused(text: str, types: tuple[Type, ...] = TYPES, mark: bytes = b"list") -> str:
    with pytest.raises(Problem) as problem:
        open_cursor(text, types, mark, KEY)
    return problem.value.code.name


def test_what_was_sealed_opens_as_it_was() -> None:
    assert open_cursor(CURSOR, TYPES, b"list", KEY) == VALUES


def test_null_is_kept() -> None:
    nothing = (None,) * len(TYPES)
    assert open_cursor(seal(nothing, TYPES, b"", KEY), TYPES, b"", KEY) == nothing


def test_a_cursor_can_stand_in_a_url() -> None:
    assert CURSOR.isascii()
    assert CURSOR.replace("-", "").replace("_", "").isalnum()


@given(st.integers(min_value=0, max_value=len(base64.urlsafe_b64decode(CURSOR + "==")) * 8 - 1))
def test_any_flipped_bit_is_found(bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(CURSOR + "=="))
    raw[bit // 8] ^= 1 << bit % 8
    text = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    assert refused(text) == "invalid_cursor"


@given(st.text(max_size=80))
def test_any_other_text_is_refused(text: str) -> None:
    assert refused(text) == "invalid_cursor"


def test_there_is_one_spelling_only() -> None:
    for changed in (CURSOR + "=", CURSOR + "\n", CURSOR[:10] + "!" + CURSOR[10:], f" {CURSOR}"):
        assert refused(changed) == "invalid_cursor"
    last = CURSOR[-1]
    others = [
        c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" if c != last
    ]
    for other in others:
        assert refused(CURSOR[:-1] + other) == "invalid_cursor"


def test_it_opens_for_its_own_list_key_and_sort_only() -> None:
    assert refused(CURSOR, mark=b"other") == "invalid_cursor"
    assert refused(CURSOR, types=TYPES[:-1]) == "invalid_cursor"
    assert refused(CURSOR, types=tuple(reversed(TYPES))) == "invalid_cursor"
    with pytest.raises(Problem):
        open_cursor(CURSOR, TYPES, b"list", b"another key")


def test_values_too_long_for_a_url_are_refused_when_they_are_sealed() -> None:
    with pytest.raises(Problem) as problem:
        seal(("a" * MOST_BYTES,), (Type(Scalar.TEXT),), b"", KEY)
    assert problem.value.code.name == "too_complex"
    assert refused("A" * (MOST_BYTES + 1)) == "invalid_cursor"
