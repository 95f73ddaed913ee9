"""Parts: rows that live and die with their owner, two levels deep; and many-to-many links."""

from typing import Any

import pytest

from tests.behaviour.actors import ADA, BOB, EDITOR
from tests.behaviour.clients.base import Client, Has, Refused, Row, Within

DEEP = "tasks.steps"


async def nested(client: Client, **values: Any) -> Row:
    tasks = [
        {"title": "one", "hours": 1.5, "steps": [{"text": "a"}, {"text": "b"}]},
        {"title": "two", "hours": "2", "done": True},
    ]
    body = {"name": "p", "code": "p", "tasks": tasks, **values}
    return await client.create("Project", body, ADA)


async def deep(client: Client, key: Any) -> Row:
    return await client.read("Project", key, ADA, include=DEEP)


def outline(row: Row) -> dict[str, list[str]]:
    return {task["title"]: [step["text"] for step in task["steps"]] for task in row["tasks"]}


def within(row: Row) -> Within:
    return Within("Project", row["id"], "tasks")


async def test_parts_are_made_with_their_owner(client: Client) -> None:
    made = await nested(client)
    assert "tasks" not in made, "reads are flat unless they ask for more"
    assert outline(await deep(client, made["id"])) == {"one": ["a", "b"], "two": []}
    assert made["version"] == 1


async def test_computed_fields_count_the_parts(client: Client) -> None:
    made = await nested(client)
    computed = ("task_count", "open_count", "hours", "longest", "shortest", "has_tasks")
    assert [made[name] for name in computed] == [2, 1, "3.5", "2.0", "1.5", True]
    bare = await client.create("Project", {"name": "bare", "code": "bare"}, ADA)
    assert [bare[name] for name in computed] == [0, 0, "0.0", None, None, False]


async def test_an_update_replaces_the_whole_of_the_parts_it_names(client: Client) -> None:
    made = await nested(client)
    one, two = (await deep(client, made["id"]))["tasks"]
    _, b = one["steps"]
    tasks = [
        {"id": one["id"], "title": "1", "steps": [{"id": b["id"]}, {"text": "c"}]},
        {"title": "three", "steps": [{"text": "d"}]},
    ]
    changed = await client.update("Project", made["id"], {"tasks": tasks}, ADA)
    assert changed["version"] == 2
    read = await deep(client, made["id"])
    assert outline(read) == {"1": ["b", "c"], "three": ["d"]}
    kept = {task["id"] for task in read["tasks"]}
    assert one["id"] in kept
    assert two["id"] not in kept
    assert read["tasks"][0]["steps"][0]["id"] == b["id"]
    assert read["tasks"][0]["hours"] == "1.5", "what is not named stays as it is"


async def test_an_update_that_names_no_parts_leaves_them(client: Client) -> None:
    made = await nested(client)
    await client.update("Project", made["id"], {"name": "q"}, ADA)
    assert outline(await deep(client, made["id"])) == {"one": ["a", "b"], "two": []}
    await client.update("Project", made["id"], {"tasks": []}, ADA)
    assert outline(await deep(client, made["id"])) == {}


async def test_a_part_is_changed_at_its_own_place_too(client: Client) -> None:
    made = await nested(client)
    added = await client.create("Task", {"title": "three"}, ADA, within=within(made))
    assert added["project_id"] == made["id"]
    versions = [(await client.read("Project", made["id"], ADA))["version"]]
    changed = await client.update("Task", added["id"], {"done": True}, ADA, within=within(made))
    assert (changed["done"], changed["version"]) == (True, 2)
    versions.append((await client.read("Project", made["id"], ADA))["version"])
    await client.delete("Task", added["id"], ADA, within=within(made))
    versions.append((await client.read("Project", made["id"], ADA))["version"])
    assert versions == [2, 3, 4], "the owner's version counts the writes of its parts"
    page = await client.page("Task", ADA, within=within(made), where=Has("done", "eq", True))
    assert [task["title"] for task in page.items] == ["two"]


async def test_a_part_is_found_below_its_own_owner_only(client: Client) -> None:
    first = await nested(client)
    second = await nested(client, code="q")
    task = (await deep(client, first["id"]))["tasks"][0]
    for attempt in (
        client.read("Task", task["id"], ADA, within=within(second)),
        client.update("Task", task["id"], {"title": "x"}, ADA, within=within(second)),
        client.delete("Task", task["id"], ADA, within=within(second)),
        client.read("Task", task["id"], BOB, within=within(first)),
        client.page("Task", BOB, within=within(first)),
        client.create("Task", {"title": "x"}, BOB, within=within(first)),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == "not_found"
    assert outline(await deep(client, first["id"])) == {"one": ["a", "b"], "two": []}


async def test_the_parts_of_another_cannot_be_taken(client: Client) -> None:
    first = await nested(client)
    second = await nested(client, code="q")
    stolen = (await deep(client, first["id"]))["tasks"][0]["id"]
    with pytest.raises(Refused) as refused:
        await client.update("Project", second["id"], {"tasks": [{"id": stolen}]}, ADA)
    assert [(flaw.code, flaw.at) for flaw in refused.value.flaws] == [
        ("no_such_reference", "/tasks/0/id")
    ]
    assert outline(await deep(client, second["id"])) == {"one": ["a", "b"], "two": []}


async def test_parts_go_with_their_owner(client: Client) -> None:
    made = await nested(client)
    await client.delete("Project", made["id"], ADA)
    again = await nested(client)
    assert again["task_count"] == 2
    assert (await client.summarize("Project", "count,sum(task_count)", ADA)) == [
        {"count": 1, "sum_task_count": 2}
    ]


async def test_a_wrong_part_is_named_by_its_place_and_nothing_is_written(client: Client) -> None:
    tasks = [
        {"title": "fine"},
        {"title": 3, "steps": [{"text": "x" * 300}, {}]},
        {"hours": -1, "colour": "red"},
    ]
    with pytest.raises(Refused) as refused:
        await nested(client, tasks=tasks)
    assert {(flaw.code, flaw.at) for flaw in refused.value.flaws} == {
        ("wrong_type", "/tasks/1/title"),
        ("wrong_length", "/tasks/1/steps/0/text"),
        ("required", "/tasks/1/steps/1/text"),
        ("out_of_range", "/tasks/2/hours"),
        ("required", "/tasks/2/title"),
        ("unknown_field", "/tasks/2/colour"),
    }
    assert (await client.page("Project", ADA)).items == []


async def test_many_to_many_links_are_written_as_lists_of_keys(client: Client) -> None:
    red, blue, green = [
        (await client.create("Tag", {"label": label}, EDITOR))["id"]
        for label in ("red", "blue", "green")
    ]
    made = await nested(client, tag_ids=[red, blue, red])
    assert await labels(client, made["id"]) == {"red", "blue"}
    await client.update("Project", made["id"], {"tag_ids": [green]}, ADA)
    assert await labels(client, made["id"]) == {"green"}
    await client.update("Project", made["id"], {"name": "q"}, ADA)
    assert await labels(client, made["id"]) == {"green"}
    other = await client.read("Tag", green, ADA, include="projects")
    assert [row["name"] for row in other["projects"]] == ["q"]
    page = await client.page("Project", ADA, where=Has("tags.label", "eq", "green"))
    assert [row["id"] for row in page.items] == [made["id"]]
    page = await client.page("Tag", ADA, within=Within("Project", made["id"], "tags"))
    assert [row["label"] for row in page.items] == ["green"]
    await client.delete("Tag", green, EDITOR)
    assert await labels(client, made["id"]) == set()


async def labels(client: Client, key: Any) -> set[str]:
    row = await client.read("Project", key, ADA, include="tags")
    return {tag["label"] for tag in row["tags"]}


async def test_a_link_to_nothing_is_named(client: Client) -> None:
    nothing = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
    with pytest.raises(Refused) as refused:
        await nested(client, tag_ids=[nothing])
    assert refused.value.code == "invalid_values"
    assert [(flaw.code, flaw.at) for flaw in refused.value.flaws] == [
        ("no_such_reference", "/tag_ids/0")
    ]
    assert (await client.page("Project", ADA)).items == []


async def test_a_reference_to_itself_can_be_followed_both_ways(client: Client) -> None:
    top = await client.create("Project", {"name": "top", "code": "top"}, ADA)
    for code in ("a", "b"):
        await client.create("Project", {"name": code, "code": code, "parent_id": top["id"]}, ADA)
    read = await client.read("Project", top["id"], ADA, include="children.parent")
    assert [(row["name"], row["parent"]["name"]) for row in read["children"]] == [
        ("a", "top"), ("b", "top"),
    ]  # fmt: skip
    await client.delete("Project", top["id"], ADA)
    left = (await client.page("Project", ADA)).items
    assert [row["parent_id"] for row in left] == [None, None]


async def test_what_is_referred_to_stays(client: Client) -> None:
    made = await nested(client)
    await client.create("Note", {"project_id": made["id"], "body": "hm"}, ADA)
    with pytest.raises(Refused) as refused:
        await client.delete("Project", made["id"], ADA)
    assert refused.value.code == "still_referenced"
    assert refused.value.members["referring"] == "Note"
    assert outline(await deep(client, made["id"])) == {"one": ["a", "b"], "two": []}


async def test_what_cascades_goes_along(client: Client) -> None:
    await client.create("Page", {"title": "makes bob a user"}, BOB)
    made = await nested(client)
    await client.create("Member", {"project_id": made["id"], "user_id": "bob"}, ADA)
    await client.delete("Project", made["id"], ADA)
    assert (await client.page("Member", BOB)).items == []
