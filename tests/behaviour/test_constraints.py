"""Constraints: what breaks one is told in the words of the contract, all of it at once."""

from typing import Any

import pytest

from tests.behaviour.actors import ADA, BOB, EDITOR
from tests.behaviour.clients.base import Client, Refused

INSIDE = (
    "select ", "insert ", "sqlite", "postgres", "asyncpg", "apsw", "constraint", "relation \"",
    "samples", "projects", "uq_", "fk_", "traceback", "violates",
)  # fmt: skip
"""Words that only somebody inside the service would use."""


def told_well(refused: Refused) -> None:
    text = refused.text.lower()
    assert not [word for word in INSIDE if word in text], refused.text


@pytest.mark.parametrize(
    ("values", "code", "at"),
    [
        ({}, "required", "/name"),
        ({"name": None}, "wrong_type", "/name"),
        ({"name": 3}, "wrong_type", "/name"),
        ({"name": ["x"]}, "wrong_type", "/name"),
        ({"name": "x" * 81}, "wrong_length", "/name"),
        ({"name": "x", "small": 11}, "out_of_range", "/small"),
        ({"name": "x", "small": -11}, "out_of_range", "/small"),
        ({"name": "x", "small": 1.5}, "wrong_type", "/small"),
        ({"name": "x", "small": True}, "wrong_type", "/small"),
        ({"name": "x", "small": "1"}, "wrong_type", "/small"),
        ({"name": "x", "small": None}, "wrong_type", "/small"),
        ({"name": "x", "number": 2**63}, "out_of_range", "/number"),
        ({"name": "x", "flag": 1}, "wrong_type", "/flag"),
        ({"name": "x", "flag": "true"}, "wrong_type", "/flag"),
        ({"name": "x", "ratio": "1"}, "wrong_type", "/ratio"),
        ({"name": "x", "price": "1.234"}, "out_of_range", "/price"),
        ({"name": "x", "price": "12345678901"}, "out_of_range", "/price"),
        ({"name": "x", "price": "1e3"}, "wrong_format", "/price"),
        ({"name": "x", "price": "NaN"}, "wrong_format", "/price"),
        ({"name": "x", "price": True}, "wrong_type", "/price"),
        ({"name": "x", "day": "2026-02-29"}, "wrong_format", "/day"),
        ({"name": "x", "day": "20260201"}, "wrong_format", "/day"),
        ({"name": "x", "day": "2026-02-01T00:00:00Z"}, "wrong_format", "/day"),
        ({"name": "x", "moment": "2026-01-01T00:00:00"}, "wrong_format", "/moment"),
        ({"name": "x", "moment": "0001-01-01T00:00:00+01:00"}, "wrong_format", "/moment"),
        ({"name": "x", "moment": 0}, "wrong_type", "/moment"),
        ({"name": "x", "link": "0199a1b2c3d47e5f8a9b0c1d2e3f4a5b"}, "wrong_format", "/link"),
        ({"name": "x", "email": "nobody"}, "wrong_format", "/email"),
        ({"name": "x", "site": "javascript:alert(1)"}, "wrong_format", "/site"),
        ({"name": "x", "site": "https://user:pass@example.org/"}, "wrong_format", "/site"),
        ({"name": "x", "kind": "Red"}, "not_a_choice", "/kind"),
        ({"name": "x", "level": "LOW"}, "not_a_choice", "/level"),
        ({"name": "x", "code": "ab1"}, "wrong_format", "/code"),
        ({"name": "x", "code": "AB1\n"}, "wrong_format", "/code"),
        ({"name": "x", "code": "AB١"}, "wrong_format", "/code"),
        ({"name": "x", "words": "a"}, "wrong_type", "/words"),
        ({"name": "x", "words": ["a", 1]}, "wrong_type", "/words/1"),
        ({"name": "x", "words": ["a"] * 6}, "wrong_length", "/words"),
        ({"name": "x", "words": ["a" * 21]}, "wrong_length", "/words/0"),
        ({"name": "x", "counts": [None]}, "wrong_type", "/counts/0"),
        ({"name": "x", "extra": {"a": [2**64]}}, "out_of_range", "/extra/a/0"),
        ({"name": "x", "colour": 1}, "unknown_field", "/colour"),
        ({"name": "x", "a/b~c": 1}, "unknown_field", "/a~1b~0c"),
        ({"name": "x", "notes": "a\0b"}, "wrong_format", "/notes"),
        ({"name": "x", "extra": {"k\0": 1}}, "wrong_format", "/extra/k%00"),
    ],
)  # fmt: skip
async def test_a_value_that_does_not_fit_is_named(
    client: Client, values: dict[str, Any], code: str, at: str
) -> None:
    with pytest.raises(Refused) as refused:
        await client.create("Sample", values)
    assert refused.value.code == "invalid_values"
    assert [(flaw.code, flaw.at) for flaw in refused.value.flaws] == [(code, at)]
    told_well(refused.value)


async def test_all_flaws_come_at_once(client: Client) -> None:
    values = {"small": 11, "flag": 1, "kind": "pink", "words": [1, 2], "colour": 1}
    with pytest.raises(Refused) as refused:
        await client.create("Sample", values)
    assert refused.value.places == {
        "/name", "/small", "/flag", "/kind", "/words/0", "/words/1", "/colour",
    }  # fmt: skip
    assert all(flaw.message for flaw in refused.value.flaws)


async def test_a_misspelt_field_is_answered_with_the_right_one(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        await client.create("Sample", {"name": "x", "nubmer": 1})
    assert "`number`" in refused.value.flaws[0].message


async def test_a_unique_value_is_taken_once(client: Client) -> None:
    await client.create("Sample", {"name": "a", "code": "AB1"})
    other = await client.create("Sample", {"name": "b"})
    for attempt in (
        client.create("Sample", {"name": "c", "code": "AB1"}),
        client.update("Sample", other["id"], {"code": "AB1"}),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == "not_unique"
        assert refused.value.places == {"/code"}
        told_well(refused.value)
    await client.create("Sample", {"name": "null is never taken"})


async def test_a_unique_combination_names_its_fields(client: Client) -> None:
    await client.create("Project", {"name": "a", "code": "a"}, ADA)
    await client.create("Project", {"name": "a", "code": "a"}, BOB)
    with pytest.raises(Refused) as refused:
        await client.create("Project", {"name": "b", "code": "a"}, ADA)
    assert refused.value.code == "not_unique"
    assert refused.value.places == {"/owner_id", "/code"}
    told_well(refused.value)


async def test_a_rule_over_several_fields_holds(client: Client) -> None:
    values = {"name": "a", "code": "a", "starts": "2026-02-01", "ends": "2026-01-31"}
    with pytest.raises(Refused) as refused:
        await client.create("Project", values, ADA)
    assert refused.value.code == "invalid_values"
    assert {flaw.code for flaw in refused.value.flaws} == {"check_failed"}
    assert refused.value.places == {"/starts", "/ends"}
    assert "A project ends on the day it starts, or later." in refused.value.text
    told_well(refused.value)
    del values["ends"]
    made = await client.create("Project", values, ADA)
    with pytest.raises(Refused) as refused:
        await client.update("Project", made["id"], {"ends": "2020-01-01"}, ADA)
    assert {flaw.code for flaw in refused.value.flaws} == {"check_failed"}


async def test_a_reference_to_nothing_is_named(client: Client) -> None:
    nothing = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
    made = await client.create("Project", {"name": "a", "code": "a"}, ADA)
    for attempt in (
        client.create("Project", {"name": "b", "code": "b", "parent_id": nothing}, ADA),
        client.update("Project", made["id"], {"parent_id": nothing}, ADA),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == "invalid_values"
        assert [(flaw.code, flaw.at) for flaw in refused.value.flaws] == [
            ("no_such_reference", "/parent_id")
        ]
        told_well(refused.value)


async def test_the_broken_row_of_many_is_named(client: Client) -> None:
    await client.create("Tag", {"label": "taken"}, EDITOR)
    with pytest.raises(Refused) as refused:
        await client.create_all("Tag", [{"label": "free"}, {"label": "taken"}], EDITOR)
    assert refused.value.code == "not_unique"
    assert refused.value.places == {"/1/label"}
    assert (await client.page("Tag", count="exact")).count == 1
