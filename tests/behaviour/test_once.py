"""Idempotency: a request with a key has its effect once, and its first answer again."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.behaviour.actors import ADA, BOB, EDITOR
from tests.behaviour.clients.base import Client, How, Made, Refused, Row, Step
from tests.behaviour.serving import Served

ONCE = How(once="key-1")


async def projects(client: Client) -> list[Row]:
    return (await client.page("Project", ADA)).items


async def test_a_repeated_request_gives_the_first_answer_and_does_nothing(client: Client) -> None:
    values = {"name": "p", "code": "p", "tasks": [{"title": "t"}]}
    first = await client.create("Project", values, ADA, how=ONCE)
    await client.update("Project", first["id"], {"name": "changed"}, ADA)
    again = await client.create("Project", values, ADA, how=ONCE)
    assert again == first
    assert len(await projects(client)) == 1


async def test_every_kind_of_write_can_be_repeated(client: Client) -> None:
    made = await client.create("Project", {"name": "p", "code": "p"}, ADA)
    steps = [
        Step("create", "Project", values={"name": "b", "code": "b"}, name="b"),
        Step("start", "Project", Made("b")),
    ]
    rows = [{"name": "c", "code": "c"}, {"name": "d", "code": "d"}]
    writes: list[Any] = [
        lambda how: client.update("Project", made["id"], {"name": "q"}, ADA, version=1, how=how),
        lambda how: client.call("start", ADA, resource="Project", key=made["id"], how=how),
        lambda how: client.call("greet", ADA, how=how),
        lambda how: client.call(
            "close", ADA, resource="Project", key=made["id"], inputs={"because": "done"}, how=how
        ),
        lambda how: client.batch(steps, ADA, how=how),
        lambda how: client.create_all("Project", rows, ADA, how=how),
    ]
    for index, write in enumerate(writes):
        how = How(once=f"key-{index}")
        assert await write(how) == await write(how)
    assert len(await projects(client)) == 4
    assert (await client.read("Project", made["id"], ADA))["version"] == 4


async def test_the_same_key_with_another_body_is_refused(client: Client) -> None:
    await client.create("Project", {"name": "p", "code": "p"}, ADA, how=ONCE)
    for attempt in (
        client.create("Project", {"name": "p", "code": "q"}, ADA, how=ONCE),
        client.create("Page", {"title": "p"}, ADA, how=ONCE),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == "key_reused"
    assert len(await projects(client)) == 1


async def test_a_key_belongs_to_its_actor(client: Client) -> None:
    values = {"name": "p", "code": "p"}
    first = await client.create("Project", values, ADA, how=ONCE)
    other = await client.create("Project", values, BOB, how=ONCE)
    assert (first["owner_id"], other["owner_id"]) == ("ada", "bob")
    assert first["id"] != other["id"]


async def test_a_refusal_is_repeated_too(client: Client) -> None:
    """Whatever has changed since: the first answer stands."""
    started = []
    for code in "abc":
        made = await client.create("Project", {"name": code, "code": code}, ADA)
        started.append(made)
    for made in started[:2]:
        await client.call("start", ADA, resource="Project", key=made["id"])

    async def third() -> Refused:
        with pytest.raises(Refused) as refused:
            await client.call("start", ADA, resource="Project", key=started[2]["id"], how=ONCE)
        return refused.value

    first = await third()
    inputs = {"because": "done"}
    await client.call("close", ADA, resource="Project", key=started[0]["id"], inputs=inputs)
    again = await third()
    assert (again.code, again.members) == (first.code, first.members)
    assert first.code == "too_many_active"
    fresh = replace(ONCE, once="key-2")
    await client.call("start", ADA, resource="Project", key=started[2]["id"], how=fresh)


@pytest.mark.parametrize(
    ("resource", "values", "code"),
    [
        ("Sample", {"name": "x", "code": "AB1"}, "not_unique"),
        ("Tag", {"label": "x"}, "forbidden"),
        ("Note", {"project_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "body": "x"},
         "invalid_values"),
    ],
)  # fmt: skip
async def test_a_refusal_of_the_database_is_repeated(
    client: Client, resource: str, values: dict[str, Any], code: str
) -> None:
    await client.create("Sample", {"name": "a", "code": "AB1"})
    answers = []
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await client.create(resource, values, ADA, how=ONCE)
        answers.append((refused.value.code, refused.value.flaws))
    assert answers[0] == answers[1]
    assert answers[0][0] == code


async def test_a_failure_of_the_service_is_not_kept(client: Client, served: Served) -> None:
    made = await client.create("Project", {"name": "p", "code": "p"}, ADA)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await client.call("break_it", ADA, resource="Project", key=made["id"], how=ONCE)
        assert refused.value.code == "internal"
    assert len(served.witness.failures) == 2


async def test_of_requests_at_once_one_is_carried_out(client: Client) -> None:
    async def create() -> str:
        try:
            row = await client.create("Sample", {"name": "x"}, how=ONCE)
        except Refused as refused:
            return refused.code
        return str(row["id"])

    answers = await asyncio.gather(*(create() for _ in range(6)))
    (row,) = (await client.page("Sample")).items
    assert set(answers) <= {row["id"], "in_progress"}
    assert row["id"] in answers


async def test_a_trial_keeps_no_key(client: Client) -> None:
    await client.create("Sample", {"name": "x"}, how=replace(ONCE, dry_run=True))
    made = await client.create("Sample", {"name": "y"}, how=ONCE)
    assert made["name"] == "y"


async def test_what_a_request_never_got_to_is_not_kept(client: Client) -> None:
    with pytest.raises(Refused):
        await client.create("Tag", {"label": 3}, EDITOR, how=ONCE)
    made = await client.create("Tag", {"label": "x"}, EDITOR, how=ONCE)
    assert made["label"] == "x"


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "ü", '"unended'])
async def test_a_key_has_a_form(client: Client, key: str) -> None:
    if not key.isascii():
        pytest.skip("header fields of clients are ASCII")
    with pytest.raises(Refused) as refused:
        await client.create("Sample", {"name": "x"}, how=How(once=key))
    assert refused.value.code == "invalid_parameter"


async def test_keys_expire(client: Client, served: Served, request: pytest.FixtureRequest) -> None:
    pipeline = served.service.pipeline
    request.addfinalizer(partial(object.__setattr__, pipeline, "limits", pipeline.limits))
    object.__setattr__(pipeline, "limits", replace(pipeline.limits, key_seconds=0.0))
    first = await client.create("Sample", {"name": "x"}, how=ONCE)
    await asyncio.sleep(0.01)
    again = await client.create("Sample", {"name": "y"}, how=ONCE)
    assert again["id"] != first["id"]


async def test_an_answer_too_large_to_be_kept_is_refused_with_its_write(client: Client) -> None:
    body = [{"name": str(turn), "notes": "x" * 2_900} for turn in range(340)]
    with pytest.raises(Refused) as refused:
        await client.create_all("Sample", body, how=ONCE)
    assert refused.value.code == "too_complex"
    assert (await client.page("Sample")).items == []
