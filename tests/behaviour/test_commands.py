"""Commands: moves, inputs, results, declared errors, and failures that leave nothing."""

from typing import Any

import pytest

from tests.behaviour.actors import ADA, AUDITOR, BOB, EDITOR
from tests.behaviour.clients.base import Client, Has, How, Refused, Row
from tests.behaviour.serving import Served


async def project(client: Client, code: str = "p", **values: Any) -> Row:
    return await client.create("Project", {"name": "p", "code": code, **values}, ADA)


async def start(client: Client, row: Row, **options: Any) -> Any:
    return await client.call("start", ADA, resource="Project", key=row["id"], **options)


async def test_a_command_moves_its_row(client: Client) -> None:
    made = await project(client)
    moved = await start(client, made, inputs={"note": "now"})
    assert (moved["status"], moved["version"]) == ("active", 2)
    assert await client.read("Project", made["id"], ADA) == moved


async def test_a_command_in_the_wrong_state_is_a_conflict(client: Client) -> None:
    made = await project(client)
    await start(client, made)
    with pytest.raises(Refused) as refused:
        await start(client, made)
    assert refused.value.code == "wrong_state"
    assert refused.value.members["state"] == "active"
    assert (await client.read("Project", made["id"], ADA))["version"] == 2


async def test_a_declared_error_tells_its_values_and_writes_nothing(client: Client) -> None:
    for code in ("a", "b"):
        await start(client, await project(client, code))
    third = await project(client, "c")
    with pytest.raises(Refused) as refused:
        await start(client, third)
    assert refused.value.code == "too_many_active"
    assert refused.value.members == {"project_id": third["id"], "most": 2}
    assert await client.read("Project", third["id"], ADA) == third


async def test_an_undeclared_failure_writes_nothing_and_tells_nothing(
    client: Client, served: Served
) -> None:
    made = await project(client, tasks=[{"title": "t"}])
    with pytest.raises(Refused) as refused:
        await client.call("break_it", ADA, resource="Project", key=made["id"])
    assert refused.value.code == "internal"
    assert "secret of the inside" not in refused.value.text
    assert [str(error) for error in served.witness.failures] == ["the secret of the inside"]
    assert await client.read("Project", made["id"], ADA) == made


async def test_a_command_changes_the_parts_of_its_row(client: Client) -> None:
    made = await project(client, tasks=[{"title": "a"}, {"title": "b", "done": True}])
    await start(client, made)
    inputs = {"because": "done"}
    nothing = await client.call("close", ADA, resource="Project", key=made["id"], inputs=inputs)
    assert nothing is None
    read = await client.read("Project", made["id"], ADA, include="tasks")
    assert read["status"] == "closed"
    assert [task["done"] for task in read["tasks"]] == [True, True]
    assert [task["version"] for task in read["tasks"]] == [2, 1]


async def test_a_command_makes_other_rows_and_takes_rows_as_inputs(client: Client) -> None:
    tag = await client.create("Tag", {"label": "red"}, EDITOR)
    made = await project(client)
    inputs = {"code": "q", "tag_id": tag["id"]}
    found = await client.call(
        "copy", ADA, resource="Project", key=made["id"], inputs=inputs, how=How(include="tasks")
    )
    assert (found["code"], found["name"], found["owner_id"]) == ("q", "p", "ada")
    assert [task["title"] for task in found["tasks"]] == ["copied from p for red"]
    assert found["version"] == 1
    assert (await client.page("Project", ADA, count="exact")).count == 2


async def test_a_constraint_broken_by_a_command_is_told_and_writes_nothing(client: Client) -> None:
    made = await project(client)
    with pytest.raises(Refused) as refused:
        await client.call("copy", ADA, resource="Project", key=made["id"], inputs={"code": "p"})
    assert refused.value.code == "not_unique"
    assert (await client.page("Project", ADA, count="exact")).count == 1


async def test_a_command_on_the_collection_gives_rows_back(client: Client) -> None:
    tasks = [{"title": "a"}, {"title": "b", "done": True}]
    made = await project(client, tasks=tasks)
    found = await client.call("tidy", AUDITOR, resource="Project", inputs={"names": ["p"]})
    assert [row["id"] for row in found] == [made["id"]]
    read = await client.read("Project", made["id"], ADA, include="tasks")
    assert [task["title"] for task in read["tasks"]] == ["a"]
    with pytest.raises(Refused) as refused:
        await client.call("tidy", AUDITOR, resource="Project", inputs={"names": ["none"]})
    assert refused.value.code == "nothing_to_do"
    with pytest.raises(Refused) as refused:
        await client.call("tidy", BOB, resource="Project", inputs={"names": ["p"]})
    assert refused.value.code == "forbidden"


async def test_a_move_from_several_states_on_integer_keys(client: Client) -> None:
    made = await client.create("Ticket", {"title": "x"}, ADA)
    done = await client.call("finish", ADA, resource="Ticket", key=made["id"])
    assert done["status"] == "done"
    with pytest.raises(Refused) as refused:
        await client.call("finish", ADA, resource="Ticket", key=made["id"])
    assert refused.value.members["wanted"] == ["open", "held"]


@pytest.mark.parametrize(
    ("command", "inputs", "flaws"),
    [
        ("close", {}, {("required", "/because")}),
        ("close", {"because": "tired"}, {("not_a_choice", "/because")}),
        ("close", {"because": None}, {("wrong_type", "/because")}),
        ("copy", {"code": 3, "tag_id": "x", "x": 1}, {
            ("wrong_type", "/code"), ("wrong_format", "/tag_id"), ("unknown_field", "/x"),
        }),
        ("copy", {"code": "q", "tag_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}, {
            ("no_such_reference", "/tag_id"),
        }),
    ],
)  # fmt: skip
async def test_wrong_inputs_are_all_named(
    client: Client, command: str, inputs: dict[str, Any], flaws: set[tuple[str, str]]
) -> None:
    made = await project(client)
    if command == "close":
        await start(client, made)
    with pytest.raises(Refused) as refused:
        await client.call(command, ADA, resource="Project", key=made["id"], inputs=inputs)
    assert {(flaw.code, flaw.at) for flaw in refused.value.flaws} == flaws


async def test_a_command_may_be_based_on_a_version(client: Client) -> None:
    made = await project(client)
    await client.update("Project", made["id"], {"name": "q"}, ADA)
    with pytest.raises(Refused) as refused:
        await start(client, made, version=1)
    assert refused.value.code == "version_conflict"
    assert (await start(client, made, version=2))["version"] == 3


async def test_a_trial_of_a_command_leaves_nothing(client: Client) -> None:
    made = await project(client)
    tried = await start(client, made, how=How(dry_run=True))
    assert tried["status"] == "active"
    assert await client.read("Project", made["id"], ADA) == made
    where = Has("status", "eq", "active")
    assert (await client.page("Project", ADA, where=where)).items == []
