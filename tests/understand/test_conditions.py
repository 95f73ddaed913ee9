"""Conditions of checks, as two databases spell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.understand.conditions import condition

UNDERSTOOD = {
    "(status = ANY (ARRAY['a'::text, 'b'::text]))": "status in a b",
    "((s)::text = ANY ((ARRAY['a'::character varying, 'it''s'::character varying])::text[]))":
        "s in a it's",
    "(price >= (0)::numeric)": "price >= 0",
    "((age >= 18) AND (age <= 99))": "age >= 18, age <= 99",
    "(char_length((name)::text) <= 50)": "length of name <= 50",
    "(x >= '-5'::integer)": "x >= -5",
    "status in ( 'a' , 'b' )": "status in a b",
    '"order" in (0, 1)': "order in 0 1",
    "(ends > starts)": "ends > starts",
    "((x IS NULL) OR (x > 0))": "x > 0",
    "a between 1 and 5 and b > 2": "a >= 1, a <= 5, b > 2",
    "(e = ANY (ARRAY[E'a\\\\b'::text]))": "e in a\\b",
    "(state = 'x'::text)": "state in x",
    "(state = 'a[b]'::text)": "state in a[b]",
    "(a IS NOT NULL)": "a present",
    "5 < a": "a > 5",
}  # fmt: skip
BEYOND = [
    "x in (select 1)", "a or b", "", "((email)::text ~~ '%@%'::text)", "lower(c) = c",
    "((s = 'a'::text) OR (s = 'b'::text))", "length(a) > b", "(a + 1) > 2", "a > 2 * 3",
    "NOT (a > 2)", "CASE WHEN a > 0 THEN true ELSE false END", "a <> 3", "a in ('x', 3)",
    "a in ()", "((a > 1) OR ((b > 1) AND (c > 1)))",
]  # fmt: skip


def said(text: str) -> str:
    parts = []
    for item in condition(text).said:
        match type(item).__name__, item:
            case "Choices", found:
                parts.append(f"{found.column} in {' '.join(found.texts)}")  # type: ignore[union-attr]
            case "Bounded", found:
                of = "length of " if found.length else ""  # type: ignore[union-attr]
                parts.append(f"{of}{found.column} {found.sign} {found.number}")  # type: ignore[union-attr]
            case "Compared", found:
                parts.append(f"{found.left} {found.sign} {found.right}")  # type: ignore[union-attr]
            case _:
                parts.append(f"{item.column} present")  # type: ignore[union-attr]
    return ", ".join(parts)


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_simple_conditions_are_understood(text: str) -> None:
    assert said(text) == UNDERSTOOD[text]
    assert condition(text).whole


@pytest.mark.parametrize("text", BEYOND)
def test_others_are_left_to_the_database(text: str) -> None:
    assert not condition(text).whole
    assert said(text) == ""


def test_of_several_conditions_those_are_taken_that_are_understood() -> None:
    found = condition("((a > 0) AND (lower(c) = c))")
    assert said("((a > 0) AND (lower(c) = c))") == "a > 0"
    assert not found.whole


@given(st.text(alphabet="ab01 ()'\"[]:,=<>-.", max_size=40))
def test_any_text_is_read_without_a_failure(text: str) -> None:
    condition(text)
