"""What a client may send for a value of each type, and what becomes of it."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.contract.types import MAX_INTEGER, MIN_INTEGER, Scalar, Type
from charter.plan.unfit import Unfit
from charter.plan.values import json_reader, loose, text_reader

MONEY = Type(Scalar.DECIMAL, digits=6, places=2, ge=0)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
TYPES = [
    Type(Scalar.TEXT, min_length=1, max_length=5, pattern="[a-z]*"),
    Type(Scalar.INTEGER, gt=-3, le=10),
    Type(Scalar.BOOLEAN),
    Type(Scalar.FLOAT, ge=0.5),
    MONEY,
    Type(Scalar.DATE),
    Type(Scalar.DATETIME),
    Type(Scalar.UUID),
    Type(Scalar.EMAIL),
    Type(Scalar.URL),
    Type(Scalar.CHOICE, choices=("a", "b")),
    Type(Scalar.JSON),
]


@pytest.mark.parametrize(
    ("type_", "sent", "read"),
    [
        (Type(Scalar.TEXT), "grüße 🎄", "grüße 🎄"),
        (Type(Scalar.INTEGER), MAX_INTEGER, MAX_INTEGER),
        (Type(Scalar.INTEGER), Decimal("2.0"), 2),
        (Type(Scalar.INTEGER), Decimal("1e3"), 1000),
        (Type(Scalar.FLOAT), 1, 1.0),
        (Type(Scalar.FLOAT), Decimal("1.5"), 1.5),
        (MONEY, "12.5", Decimal("12.50")),
        (MONEY, 12, Decimal("12.00")),
        (MONEY, Decimal("0.10"), Decimal("0.10")),
        (MONEY, Decimal("12.5000"), Decimal("12.50")),
        (MONEY, "-0", Decimal("0.00")),
        (Type(Scalar.DATE), "2024-02-29", date(2024, 2, 29)),
        (Type(Scalar.DATETIME), "2026-11-22T21:37:00z", datetime(2026, 11, 22, 21, 37, tzinfo=UTC)),
        (
            Type(Scalar.DATETIME),
            "2026-11-22T23:37:00.5+02:00",
            datetime(2026, 11, 22, 21, 37, 0, 500_000, tzinfo=UTC),
        ),
        (
            Type(Scalar.UUID),
            "0199AAAA-bbbb-7ccc-8ddd-eeeeffff0001",
            UUID("0199aaaabbbb7ccc8dddeeeeffff0001"),
        ),
        (Type(Scalar.EMAIL), "a.b+c@example.org", "a.b+c@example.org"),
        (Type(Scalar.EMAIL), "stanisław@example.org", "stanisław@example.org"),
        (Type(Scalar.URL), "https://example.org:8080/ä?b#c", "https://example.org:8080/ä?b#c"),
        (Type(Scalar.URL), "http://[::1]/", "http://[::1]/"),
        (Type(Scalar.JSON), {"a": [Decimal("1.5"), None, True]}, {"a": [1.5, None, True]}),
        (Type(Scalar.DECIMAL, many=True, digits=4, places=1), ["1", 2], [Decimal(1), Decimal(2)]),
    ],
)
def test_what_fits_is_read(type_: Type, sent: Any, read: Any) -> None:
    found = json_reader(type_)(sent)
    assert found == read
    assert type(found) is type(read)
    assert str(found) == str(read) or isinstance(found, list)


@pytest.mark.parametrize(
    ("type_", "sent", "code"),
    [
        (Type(Scalar.TEXT), 1, "wrong_type"),
        (Type(Scalar.TEXT), "a\0b", "wrong_format"),
        (Type(Scalar.TEXT), "\ud800", "wrong_format"),
        (Type(Scalar.TEXT, max_length=2), "abc", "wrong_length"),
        (Type(Scalar.TEXT), "a" * 100_001, "wrong_length"),
        (Type(Scalar.TEXT, pattern="[a-z]+"), "abc1", "wrong_format"),
        (Type(Scalar.TEXT, pattern="[a-z]+"), "abc\n", "wrong_format"),
        (Type(Scalar.INTEGER), True, "wrong_type"),
        (Type(Scalar.INTEGER), "1", "wrong_type"),
        (Type(Scalar.INTEGER), Decimal("1.5"), "wrong_type"),
        (Type(Scalar.INTEGER), MAX_INTEGER + 1, "out_of_range"),
        (Type(Scalar.INTEGER), MIN_INTEGER - 1, "out_of_range"),
        (Type(Scalar.INTEGER, lt=5), 5, "out_of_range"),
        (Type(Scalar.INTEGER, gt=5), 5, "out_of_range"),
        (Type(Scalar.BOOLEAN), 1, "wrong_type"),
        (Type(Scalar.FLOAT), "1", "wrong_type"),
        (Type(Scalar.FLOAT), Decimal("1e400"), "out_of_range"),
        (Type(Scalar.FLOAT), 10**400, "out_of_range"),
        (Type(Scalar.FLOAT), math.nan, "out_of_range"),
        (MONEY, "12.505", "out_of_range"),
        (MONEY, "12345.00", "out_of_range"),
        (MONEY, "1e2", "wrong_format"),
        (MONEY, "NaN", "wrong_format"),
        (MONEY, Decimal("NaN"), "wrong_type"),
        (MONEY, Decimal("1e999999"), "out_of_range"),
        (MONEY, Decimal("1e-999999"), "out_of_range"),
        (MONEY, "٣", "wrong_format"),
        (MONEY, True, "wrong_type"),
        (MONEY, "-0.01", "out_of_range"),
        (Type(Scalar.DATE), "2023-02-29", "wrong_format"),
        (Type(Scalar.DATE), "20230228", "wrong_format"),
        (Type(Scalar.DATE), "2023-W01-1", "wrong_format"),
        (Type(Scalar.DATETIME), "2026-11-22T21:37:00", "wrong_format"),
        (Type(Scalar.DATETIME), "2026-11-22T21:37:60Z", "wrong_format"),
        (Type(Scalar.DATETIME), "2026-11-22T21:37:00Z\n", "wrong_format"),
        (Type(Scalar.DATETIME), "0001-01-01T00:00:00+01:00", "wrong_format"),
        (Type(Scalar.UUID), "0199aaaabbbb7ccc8dddeeeeffff0001", "wrong_format"),
        (Type(Scalar.UUID), "{0199aaaa-bbbb-7ccc-8ddd-eeeeffff00", "wrong_format"),
        (Type(Scalar.EMAIL), "nobody", "wrong_format"),
        (Type(Scalar.EMAIL), "a@b.c\n", "wrong_format"),
        (Type(Scalar.EMAIL), "a\u2003b@example.org", "wrong_format"),
        (Type(Scalar.EMAIL), "a" * 250 + "@b.cd", "wrong_length"),
        (Type(Scalar.URL), "javascript:alert(1)", "wrong_format"),
        (Type(Scalar.URL), "https://user@example.org/", "wrong_format"),
        (Type(Scalar.URL), "//example.org", "wrong_format"),
        (Type(Scalar.CHOICE, choices=("draft",)), "Draft", "not_a_choice"),
        (Type(Scalar.JSON), {"a\0": 1}, "wrong_format"),
        (Type(Scalar.JSON), [2**63], "out_of_range"),
        (Type(Scalar.TEXT, many=True), "a", "wrong_type"),
        (Type(Scalar.TEXT, many=True), ["a"] * 1001, "wrong_length"),
        (Type(Scalar.TEXT, many=True, min_items=1), [], "wrong_length"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(type_: Type, sent: Any, code: str) -> None:
    with pytest.raises(Unfit) as refused:
        json_reader(type_)(sent)
    assert refused.value.misfits[0].code.name == code


def test_every_flaw_of_a_list_and_of_json_has_its_place() -> None:
    with pytest.raises(Unfit) as refused:
        json_reader(Type(Scalar.INTEGER, many=True))([1, "x", 2, True])
    assert [flaw.pointer for flaw in refused.value.at("/a")] == ["/a/1", "/a/3"]
    with pytest.raises(Unfit) as refused:
        json_reader(Type(Scalar.JSON))({"x/y": [0, "\0"], "z": {"b": "\ud800"}})
    assert [flaw.pointer for flaw in refused.value.at("")] == ["/x~1y/1", "/z/b"]


def test_a_choice_that_is_nearly_right_is_named() -> None:
    with pytest.raises(Unfit, match="did you mean placed"):
        json_reader(Type(Scalar.CHOICE, choices=("draft", "placed")))("place")


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: type_.scalar.value)
@given(value=ANY_JSON)
def test_a_reader_gives_a_value_or_says_what_is_wrong(type_: Type, value: Any) -> None:
    try:
        found = json_reader(type_)(value)
    except Unfit as error:
        found = error.misfits[0].message
    if isinstance(found, float):
        assert math.isfinite(found)
    if isinstance(found, str):
        assert "\0" not in found
        assert found.encode() is not None


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (Type(Scalar.INTEGER), "-12", -12),
        (Type(Scalar.BOOLEAN), "false", False),
        (Type(Scalar.FLOAT), "-1.5e3", -1500.0),
        (MONEY, "3", Decimal(3)),
        (
            Type(Scalar.DATETIME),
            "2026-11-22T21:37:00 00:00",
            datetime(2026, 11, 22, 21, 37, tzinfo=UTC),
        ),
    ],
)
def test_text_of_a_query_is_read(type_: Type, text: str, value: Any) -> None:
    assert text_reader(type_)(text) == value


@pytest.mark.parametrize(
    ("scalar", "text"),
    [
        (Scalar.INTEGER, "1.0"),
        (Scalar.INTEGER, "+1"),
        (Scalar.INTEGER, "007"),
        (Scalar.INTEGER, "9" * 5000),
        (Scalar.INTEGER, "٣"),
        (Scalar.FLOAT, "nan"),
        (Scalar.FLOAT, "1_0"),
        (Scalar.BOOLEAN, "True"),
        (Scalar.UUID, "x"),
    ],
)
def test_text_that_is_nearly_a_value_is_refused(scalar: Scalar, text: str) -> None:
    with pytest.raises(Unfit):
        text_reader(Type(scalar))(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_read_from_its_own_text_is_the_same_time(moment: datetime) -> None:
    assert json_reader(Type(Scalar.DATETIME))(moment.isoformat()) == moment


@given(st.decimals(min_value=0, max_value=9999, places=2))
def test_a_decimal_reads_the_same_from_text_and_from_a_number(number: Decimal) -> None:
    read = json_reader(MONEY)
    assert read(number) == read(f"{number:f}") == number


def test_filters_are_not_held_to_the_bounds_of_what_is_stored() -> None:
    assert text_reader(loose(Type(Scalar.TEXT, max_length=2)))("abc") == "abc"
    assert text_reader(loose(Type(Scalar.INTEGER, le=2)))("3") == 3
    assert text_reader(loose(Type(Scalar.EMAIL)))("x") == "x"
    with pytest.raises(Unfit):
        text_reader(loose(MONEY))("1.005")
