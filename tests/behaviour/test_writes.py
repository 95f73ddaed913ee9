"""Several writes at once: bulk, batches and trials, each one transaction."""

from typing import Any

import pytest

from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.base import Client, How, Made, Refused, Row, Step

TRIAL = How(dry_run=True)


async def labels(client: Client) -> list[str]:
    return [row["name"] for row in (await client.page("Sample", sort="name", limit=500)).items]


async def test_many_rows_are_made_at_once(client: Client) -> None:
    made = await client.create_all("Sample", [{"name": "b"}, {"name": "a", "number": 1}])
    assert [(row["name"], row["number"], row["version"]) for row in made] == [
        ("b", None, 1), ("a", 1, 1),
    ]  # fmt: skip
    assert await labels(client) == ["a", "b"]


async def test_one_wrong_row_of_many_and_none_is_made(client: Client) -> None:
    rows: list[dict[str, Any]] = [{"name": "a"}, {"name": 1, "small": 11}, {"kind": "pink"}]
    with pytest.raises(Refused) as refused:
        await client.create_all("Sample", rows)
    assert {(flaw.code, flaw.at) for flaw in refused.value.flaws} == {
        ("wrong_type", "/1/name"), ("out_of_range", "/1/small"),
        ("required", "/2/name"), ("not_a_choice", "/2/kind"),
    }  # fmt: skip
    assert await labels(client) == []


async def test_a_denied_row_of_many_and_none_is_made(client: Client) -> None:
    await client.create("Page", {"title": "makes bob a user"}, BOB)
    rows = [{"name": "a", "code": "a"}, {"name": "b", "code": "b", "owner_id": "bob"}]
    with pytest.raises(Refused) as refused:
        await client.create_all("Project", rows, ADA)
    assert refused.value.code == "forbidden"
    assert (await client.page("Project", ADA)).items == []


async def test_many_rows_are_changed_at_once(client: Client) -> None:
    a, b = await client.create_all("Sample", [{"name": "a"}, {"name": "b"}])
    changes = [{"id": a["id"], "name": "c"}, {"id": b["id"], "small": 5, "version": 1}]
    changed = await client.update_all("Sample", changes)
    assert [(row["name"], row["small"], row["version"]) for row in changed] == [
        ("c", 0, 2), ("b", 5, 2),
    ]  # fmt: skip
    stale = [{"id": a["id"], "name": "d"}, {"id": b["id"], "small": 6, "version": 1}]
    with pytest.raises(Refused) as refused:
        await client.update_all("Sample", stale)
    assert refused.value.code == "version_conflict"
    assert await labels(client) == ["b", "c"]


async def test_many_rows_are_deleted_at_once_or_none(client: Client) -> None:
    rows = await client.create_all("Sample", [{"name": name} for name in "abc"])
    keys = [row["id"] for row in rows]
    with pytest.raises(Refused) as refused:
        await client.delete_all("Sample", [*keys, "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"])
    assert refused.value.code == "not_found"
    assert await labels(client) == ["a", "b", "c"]
    await client.delete_all("Sample", keys[:2])
    assert await labels(client) == ["c"]


async def test_there_is_a_cap(client: Client) -> None:
    with pytest.raises(Refused):
        await client.create_all("Sample", [{"name": "x"}] * 501)
    with pytest.raises(Refused):
        await client.create_all("Sample", [])
    assert await labels(client) == []
    await client.create_all("Sample", [{"name": f"{index:03}"} for index in range(500)])
    assert len(await labels(client)) == 500


async def test_later_steps_of_a_batch_use_the_keys_of_earlier_ones(client: Client) -> None:
    steps = [
        Step("create", "Project", values={"name": "a", "code": "a"}, name="first"),
        Step("create", "Project", name="second",
             values={"name": "b", "code": "b", "parent_id": Made("first")}),
        Step("create", "Note", values={"project_id": Made("first"), "body": "hm"}),
        Step("start", "Project", Made("second")),
        Step("update", "Project", Made("first"), values={"name": "A"}),
    ]  # fmt: skip
    first, second, note, started, updated = await client.batch(steps, ADA)
    assert first is not None
    assert second is not None
    assert note is not None
    assert started is not None
    assert updated is not None
    assert second["parent_id"] == first["id"] == note["project_id"] == updated["id"]
    assert (started["id"], started["status"]) == (second["id"], "active")
    assert (await client.read("Project", first["id"], ADA))["name"] == "A"


async def test_a_batch_is_one_transaction(client: Client) -> None:
    row = await client.create("Sample", {"name": "old", "code": "AB1"})
    steps = [
        Step("update", "Sample", row["id"], values={"name": "new"}),
        Step("create", "Sample", values={"name": "other"}),
        Step("create", "Sample", values={"name": "clash", "code": "AB1"}),
    ]
    with pytest.raises(Refused) as refused:
        await client.batch(steps)
    assert refused.value.code == "not_unique"
    assert refused.value.places == {"/operations/2/body/code"}
    assert await labels(client) == ["old"]
    assert await client.read("Sample", row["id"]) == row


async def test_a_batch_names_all_that_is_wrong_with_it(client: Client) -> None:
    steps = [
        Step("create", "Sample", values={"name": 1}),
        Step("update", "Sample", Made("nothing"), values={"name": "x"}),
        Step("create", "Sample", values={"name": "x", "link": 3}),
    ]
    with pytest.raises(Refused) as refused:
        await client.batch(steps)
    places = {flaw.at.split("/")[2] for flaw in refused.value.flaws}
    assert places == {"0", "1", "2"}
    assert await labels(client) == []


async def test_a_batch_deletes_and_checks_versions(client: Client) -> None:
    a, b = await client.create_all("Sample", [{"name": "a"}, {"name": "b"}])
    steps = [
        Step("delete", "Sample", a["id"]),
        Step("update", "Sample", b["id"], values={"name": "c"}, version=7),
    ]
    with pytest.raises(Refused) as refused:
        await client.batch(steps)
    assert refused.value.code == "version_conflict"
    assert await labels(client) == ["a", "b"]
    steps[1] = Step("update", "Sample", b["id"], values={"name": "c"}, version=1)
    gone, changed = await client.batch(steps)
    assert gone is None
    assert changed is not None
    assert await labels(client) == ["c"]


async def test_a_denied_step_undoes_the_batch(client: Client) -> None:
    theirs = await client.create("Project", {"name": "x", "code": "x"}, BOB)
    steps = [
        Step("create", "Project", values={"name": "a", "code": "a"}),
        Step("update", "Project", theirs["id"], values={"name": "mine"}),
    ]
    with pytest.raises(Refused) as refused:
        await client.batch(steps, ADA)
    assert refused.value.code == "not_found"
    assert (await client.page("Project", ADA)).items == []


async def trials(client: Client, row: Row) -> list[Any]:
    return [
        await client.create("Sample", {"name": "x"}, how=TRIAL),
        await client.create_all("Sample", [{"name": "x"}], how=TRIAL),
        await client.update("Sample", row["id"], {"name": "x"}, how=TRIAL),
        await client.update("Sample", row["id"], {"name": "x"}, whole=True, how=TRIAL),
        await client.update_all("Sample", [{"id": row["id"], "name": "x"}], how=TRIAL),
        await client.batch([Step("create", "Sample", values={"name": "x"})], how=TRIAL),
    ]


async def test_a_trial_answers_as_the_write_would_and_leaves_nothing(client: Client) -> None:
    row = await client.create("Sample", {"name": "old"})
    for answer in await trials(client, row):
        tried = answer[0] if isinstance(answer, list) else answer
        assert tried["name"] == "x"
    await client.delete("Sample", row["id"], how=TRIAL)
    await client.delete_all("Sample", [row["id"]], how=TRIAL)
    assert (await client.page("Sample")).items == [row]


async def test_a_trial_is_refused_as_the_write_would_be(client: Client) -> None:
    await client.create("Sample", {"name": "a", "code": "AB1"})
    with pytest.raises(Refused) as refused:
        await client.create("Sample", {"name": "b", "code": "AB1"}, how=TRIAL)
    assert refused.value.code == "not_unique"
    with pytest.raises(Refused) as refused:
        await client.create("Page", {"title": "x"}, how=TRIAL)
    assert refused.value.code == "unauthenticated"


async def test_the_answer_of_a_write_shows_what_it_is_asked_to(client: Client) -> None:
    body = {"name": "p", "code": "p", "tasks": [{"title": "t"}]}
    how = How(fields="name,task_count,tasks.title")
    made = await client.create("Project", body, ADA, how=how)
    assert made == {"name": "p", "task_count": 1, "tasks": [{"title": "t"}]}
