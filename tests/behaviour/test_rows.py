"""Rows: what is written is what is read, in one canonical form on every database."""

import re
from typing import Any
from uuid import UUID

import pytest

from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.base import Client, Refused

NOWHERE = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
EVERYTHING = {
    "name": 'Zoë 🦊 "quoted" \\ back\tslash',
    "notes": "line\nbreak",
    "number": 9_223_372_036_854_775_807,
    "small": -10,
    "flag": True,
    "ratio": 0.1,
    "price": "12.50",
    "day": "0001-01-01",
    "moment": "2026-11-22T21:37:00.5+00:00",
    "link": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    "email": "zoe@example.org",
    "site": "https://example.org/a?b=c#d",
    "kind": "blue",
    "level": "middle",
    "code": "AB12",
    "extra": {"a": [1, 2.5, None, True, "x"], "b": {"c": "é"}, "": {}},
    "words": ["one", "two", "", "Ünï"],
    "counts": [1, -9_223_372_036_854_775_808],
    "since": "9999-12-31T23:59:59.999999+00:00",
    "origin": "here",
}


async def test_what_is_written_is_what_is_read(client: Client) -> None:
    made = await client.create("Sample", EVERYTHING)
    read = await client.read("Sample", made["id"])
    assert {name: read[name] for name in EVERYTHING} == EVERYTHING
    assert read == made


async def test_a_new_row_has_its_defaults_a_key_times_and_a_version(client: Client) -> None:
    made = await client.create("Sample", {"name": "x"})
    shown = {name: value for name, value in made.items() if value is not None}
    key, created, updated = (shown.pop(name) for name in ("id", "created_at", "updated_at"))
    assert shown == {
        "name": "x", "small": 0, "kind": "red", "words": [], "version": 1,
        "since": "2020-01-02T03:04:05+00:00",
    }  # fmt: skip
    assert UUID(key).version == 7
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?\+00:00", created)
    assert created == updated


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("price", 12.5, "12.50"),
        ("price", "7", "7.00"),
        ("price", -0.0, "0.00"),
        ("price", "-9999999999.99", "-9999999999.99"),
        ("ratio", 1, 1.0),
        ("ratio", 1e308, 1e308),
        ("ratio", 5e-324, 5e-324),
        ("ratio", 0.30000000000000004, 0.30000000000000004),
        ("moment", "2026-11-22T23:37:00+02:00", "2026-11-22T21:37:00+00:00"),
        ("moment", "2026-11-22T21:37:00.120000Z", "2026-11-22T21:37:00.12+00:00"),
        ("moment", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
        ("link", "0199A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B", "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"),
        ("extra", [], []),
        ("extra", "text", "text"),
        ("extra", 1.0, 1.0),
        ("extra", False, False),
        ("flag", False, False),
        ("notes", "", ""),
    ],
)
async def test_values_have_one_form(client: Client, name: str, given: Any, kept: Any) -> None:
    made = await client.create("Sample", {"name": "x", name: given})
    assert made[name] == kept
    assert (await client.read("Sample", made["id"]))[name] == kept


async def test_an_update_changes_what_it_names_and_nothing_else(client: Client) -> None:
    made = await client.create("Sample", EVERYTHING)
    changed = await client.update("Sample", made["id"], {"notes": None, "small": 3})
    expected = made | {"notes": None, "small": 3, "version": 2}
    assert changed == expected | {"updated_at": changed["updated_at"]}
    assert changed["updated_at"] >= made["updated_at"]
    assert await client.read("Sample", made["id"]) == changed


async def test_a_replacement_takes_defaults_for_what_it_leaves_out(client: Client) -> None:
    made = await client.create("Sample", EVERYTHING)
    changed = await client.update("Sample", made["id"], {"name": "new"}, whole=True)
    assert (changed["name"], changed["small"], changed["kind"]) == ("new", 0, "red")
    assert changed["price"] is None
    assert changed["words"] == []
    assert changed["origin"] == "here", "what is set once stays"
    assert (changed["id"], changed["created_at"]) == (made["id"], made["created_at"])


async def test_a_deleted_row_is_gone(client: Client) -> None:
    made = await client.create("Sample", {"name": "x"})
    await client.delete("Sample", made["id"])
    for attempt in (
        client.read("Sample", made["id"]),
        client.update("Sample", made["id"], {"small": 1}),
        client.delete("Sample", made["id"]),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == "not_found"


@pytest.mark.parametrize("key", ["none", "0", NOWHERE, "%00", "..", "a'b", "-1"])
async def test_a_key_that_leads_nowhere_is_not_found(client: Client, key: str) -> None:
    with pytest.raises(Refused) as refused:
        await client.read("Sample", key)
    assert refused.value.code == "not_found"


async def test_integer_keys_are_counted_by_the_database(client: Client) -> None:
    first = await client.create("Ticket", {"title": "a"}, ADA)
    second = await client.create("Ticket", {"title": "b", "follows_id": first["id"]}, ADA)
    assert isinstance(first["id"], int)
    assert second["id"] > first["id"]
    assert second["follows_id"] == first["id"]
    await client.delete("Ticket", second["id"], ADA)
    third = await client.create("Ticket", {"title": "c"}, ADA)
    assert third["id"] > second["id"], "a key is never used again"


async def test_a_write_only_value_is_taken_and_never_shown(client: Client) -> None:
    made = await client.create("Sample", {"name": "x", "secret": "hush"})
    assert "secret" not in made
    changed = await client.update("Sample", made["id"], {"secret": "hush!"})
    assert "secret" not in changed
    assert changed["version"] == 2


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("seen", 1, "unknown_field"),
        ("id", NOWHERE, "read_only"),
        ("version", 7, "read_only"),
        ("created_at", "2020-01-01T00:00:00Z", "read_only"),
    ],
)
async def test_what_clients_do_not_set_is_refused(
    client: Client, name: str, value: Any, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        await client.create("Sample", {"name": "x", name: value})
    assert [(flaw.code, flaw.at) for flaw in refused.value.flaws] == [(code, f"/{name}")]
    assert (await client.page("Sample")).items == []


async def test_what_is_set_once_does_not_change(client: Client) -> None:
    made = await client.create("Sample", {"name": "x", "origin": "here"})
    for whole in (False, True):
        with pytest.raises(Refused) as refused:
            await client.update("Sample", made["id"], {"name": "x", "origin": "there"}, whole=whole)
        assert [(flaw.code, flaw.at) for flaw in refused.value.flaws] == [("set_once", "/origin")]


async def test_what_commands_set_is_not_for_clients(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        await client.create("Ticket", {"title": "x", "status": "done"}, ADA)
    assert refused.value.flaws[0].code == "read_only"


async def test_a_reference_to_the_actor_is_made_by_the_service(client: Client) -> None:
    made = await client.create("Project", {"name": "x", "code": "x"}, ADA)
    assert made["owner_id"] == "ada"
    assert (await client.read("User", "ada", ADA))["email"] == "ada@example.org"
    with pytest.raises(Refused) as refused:
        await client.read("User", "ada", BOB)
    assert refused.value.code == "not_found"
