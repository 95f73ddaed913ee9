"""Policies: who sees what, who may do what, and what nobody learns."""

from collections.abc import Awaitable
from typing import Any

import pytest

from charter.core.ids import uuid7
from tests.behaviour.actors import ADA, AUDITOR, BOB, EDITOR, EVE
from tests.behaviour.clients.base import Actor, Client, Either, Has, Refused, Row, Someone, Where


async def project(client: Client, owner: Someone = ADA, code: str = "p", **values: Any) -> Row:
    return await client.create("Project", {"name": code, "code": code, **values}, owner)


async def refused(attempt: Awaitable[Any]) -> Refused:
    with pytest.raises(Refused) as problem:
        await attempt
    return problem.value


async def refusal(attempt: Awaitable[Any]) -> str:
    return (await refused(attempt)).code


async def names(client: Client, actor: Actor, **options: Any) -> list[str]:
    page = await client.page("Project", actor, sort="name", **options)
    return [row["name"] for row in page.items]


async def test_a_row_that_one_may_not_see_does_not_exist(client: Client) -> None:
    made = await project(client)
    for actor in (BOB, None):
        assert await refusal(client.read("Project", made["id"], actor)) == "not_found"
        assert await names(client, actor) == []
    assert await refusal(client.update("Project", made["id"], {"name": "x"}, BOB)) == "not_found"
    assert await refusal(client.delete("Project", made["id"], BOB)) == "not_found"
    assert await refusal(client.call("start", BOB, resource="Project", key=made["id"])) == (
        "not_found"
    )
    assert await names(client, ADA) == ["p"]


async def test_a_denied_write_of_a_visible_row_is_forbidden(client: Client) -> None:
    made = await project(client, visibility="public")
    assert (await client.read("Project", made["id"]))["name"] == "p"
    assert await refusal(client.update("Project", made["id"], {"name": "x"}, BOB)) == "forbidden"
    assert await refusal(client.delete("Project", made["id"], BOB)) == "forbidden"
    assert await refusal(client.call("start", BOB, resource="Project", key=made["id"])) == (
        "forbidden"
    )
    assert await client.read("Project", made["id"]) == {
        name: value for name, value in made.items() if name != "budget"
    }


async def test_nobody_is_asked_for_credentials_where_some_would_help(client: Client) -> None:
    page = await client.create("Page", {"title": "x"}, ADA)
    for attempt in (
        client.page("Page"),
        client.read("Page", page["id"]),
        client.create("Page", {"title": "y"}),
        client.update("Page", page["id"], {"title": "y"}, version=1),
        client.delete("Page", page["id"], version=1),
        client.call("greet"),
        client.create("Project", {"name": "x", "code": "x"}),
        client.create("Tag", {"label": "x"}),
    ):
        assert await refusal(attempt) == "unauthenticated"


async def test_a_command_is_only_for_those_that_a_policy_names(client: Client) -> None:
    assert await client.call("greet", ADA, inputs={"name": "Ada"}) == "hello, Ada"
    assert await refusal(client.call("greet", EVE)) == "forbidden"
    assert await client.call("add_up", EDITOR, inputs={"numbers": [1, 2, 3]}) == 6
    assert await refusal(client.call("add_up", ADA, inputs={"numbers": []})) == "forbidden"


async def test_a_role_opens_what_it_is_for(client: Client) -> None:
    assert await refusal(client.create("Tag", {"label": "x"}, ADA)) == "forbidden"
    made = await client.create("Tag", {"label": "x"}, EDITOR)
    assert await client.read("Tag", made["id"]) == made
    await project(client)
    assert await names(client, AUDITOR) == ["p"]


async def test_new_values_are_judged_too(client: Client) -> None:
    await client.create("Page", {"title": "makes bob a user"}, BOB)
    made = await project(client)
    given_away = client.update("Project", made["id"], {"owner_id": "bob"}, ADA)
    assert await refusal(given_away) == "forbidden"
    for_another = client.create("Project", {"owner_id": "bob", "name": "x", "code": "x"}, ADA)
    assert await refusal(for_another) == "forbidden"
    assert (await client.read("Project", made["id"], ADA))["owner_id"] == "ada"
    assert await names(client, BOB) == []


async def test_new_values_are_judged_against_the_old_ones(client: Client) -> None:
    first = await project(client, code="a", visibility="public")
    second = await project(client, code="b", visibility="public")
    note = await client.create("Note", {"project_id": first["id"], "body": "hm"}, BOB)
    changed = await client.update("Note", note["id"], {"body": "ah"}, BOB)
    assert changed["body"] == "ah"
    moved = client.update("Note", note["id"], {"project_id": second["id"]}, BOB)
    assert await refusal(moved) == "forbidden"
    assert await refusal(client.update("Note", note["id"], {"body": "x"}, ADA)) == "forbidden"
    assert await refusal(client.update("Note", note["id"], {"body": "x"}, EVE)) == "forbidden"
    assert (await client.read("Note", note["id"], BOB))["project_id"] == first["id"]


async def test_a_policy_looks_through_relations(client: Client) -> None:
    hidden = await project(client, code="hidden")
    shown = await project(client, code="shown", visibility="public")
    body = {"body": "hm"}
    unseen = await refused(client.create("Note", {"project_id": hidden["id"], **body}, BOB))
    absent = await refused(client.create("Note", {"project_id": str(uuid7()), **body}, BOB))
    assert unseen.code == absent.code == "invalid_values"
    assert unseen.flaws == absent.flaws
    on_shown = await client.create("Note", {"project_id": shown["id"], **body}, BOB)
    on_hidden = await client.create("Note", {"project_id": hidden["id"], **body}, ADA)
    assert [row["id"] for row in (await client.page("Note", BOB)).items] == [on_shown["id"]]
    assert {row["id"] for row in (await client.page("Note", ADA)).items} == {
        on_shown["id"], on_hidden["id"],
    }  # fmt: skip
    await client.update("Project", shown["id"], {"visibility": "private"}, ADA)
    assert (await client.page("Note", BOB)).items == []
    assert await refusal(client.read("Note", on_shown["id"], BOB)) == "not_found"


async def test_members_are_let_in_by_their_rows(client: Client) -> None:
    await client.create("Page", {"title": "makes bob a user"}, BOB)
    made = await project(client)
    member = await client.create("Member", {"project_id": made["id"], "user_id": "bob"}, ADA)
    assert (await client.read("Project", made["id"], BOB))["name"] == "p"
    assert await refusal(client.update("Project", made["id"], {"name": "x"}, BOB)) == "forbidden"
    assert await refusal(client.update("Member", member["id"], {"role": "worker"}, BOB)) == (
        "forbidden"
    )
    await client.update("Member", member["id"], {"role": "worker"}, ADA)
    assert (await client.update("Project", made["id"], {"name": "x"}, BOB))["name"] == "x"
    assert await refusal(client.delete("Project", made["id"], BOB)) == "forbidden"
    await client.delete("Member", member["id"], ADA)
    assert await refusal(client.read("Project", made["id"], BOB)) == "not_found"


async def test_one_may_not_write_oneself_in(client: Client) -> None:
    made = await project(client, visibility="public")
    own = client.create("Member", {"project_id": made["id"], "role": "worker"}, EVE)
    assert await refusal(own) == "forbidden"
    assert (await client.page("Member", EVE)).items == []


async def test_a_hidden_field_is_left_out_row_by_row(client: Client) -> None:
    await project(client, code="ada's", visibility="public", budget="10.00")
    await project(client, BOB, code="bob's", visibility="public", budget="20.00")
    shown = {row["name"]: row.get("budget") for row in (await client.page("Project", ADA)).items}
    assert shown == {"ada's": "10.00", "bob's": None}
    nobody = (await client.page("Project")).items
    assert all("budget" not in row and "rating" not in row for row in nobody)
    auditor = (await client.page("Project", AUDITOR)).items
    assert all("budget" in row and "rating" in row for row in auditor)
    bare = await client.page("Project", ADA, fields="name,budget", sort="name")
    assert bare.items == [{"name": "ada's", "budget": "10.00"}, {"name": "bob's"}]


async def test_the_answer_of_a_write_hides_what_a_read_hides(client: Client) -> None:
    await client.create("Page", {"title": "makes bob a user"}, BOB)
    made = await project(client, budget="10.00")
    assert made["budget"] == "10.00"
    assert "rating" not in made
    await client.create(
        "Member", {"project_id": made["id"], "user_id": "bob", "role": "worker"}, ADA
    )
    changed = await client.update("Project", made["id"], {"name": "x", "budget": "99"}, BOB)
    assert "budget" not in changed


@pytest.mark.parametrize(
    "where",
    [
        Has("budget", "gt", "5"),
        Has("budget", "eq", "20.00"),
        Has("budget", "in", ["20", "10"]),
        Has("budget", "null", False),
        Either((Has("budget", "eq", "20"), Has("name", "eq", "none"))),
    ],
)
async def test_filters_do_not_tell_what_is_hidden(client: Client, where: Where) -> None:
    await project(client, code="ada's", visibility="public", budget="10.00")
    await project(client, BOB, code="bob's", visibility="public", budget="20.00")
    assert "bob's" not in await names(client, ADA, where=where)
    assert await names(client, None, where=Has("name", "eq", "bob's")) == ["bob's"]


async def test_the_order_does_not_tell_what_is_hidden(client: Client) -> None:
    for index, owner in enumerate((ADA, BOB, BOB, BOB)):
        await project(client, owner, code=f"{index}", visibility="public", budget=f"{9 - index}")
    page = await client.page("Project", ADA, sort="budget,name")
    assert [row["name"] for row in page.items] == ["0", "1", "2", "3"]
    first = await client.page("Project", ADA, sort="budget,name", limit=2)
    rest = await client.follow(first, ADA)
    assert [row["name"] for row in first.items + rest.items] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("option", [{"where": Has("rating", "gte", "3")}, {"sort": "rating"}])
async def test_a_field_that_one_never_sees_is_unknown(
    client: Client, option: dict[str, Any]
) -> None:
    for actor in (ADA, None):
        with pytest.raises(Refused) as refused:
            await client.page("Project", actor, **option)
        assert {refused.value.code, *(flaw.code for flaw in refused.value.flaws)} & {
            "unknown_field", "unknown_parameter",
        }  # fmt: skip
    await client.page("Project", AUDITOR, **option)


async def test_aggregates_do_not_tell_what_is_hidden(client: Client) -> None:
    await project(client, code="ada's", visibility="public", budget="10.00")
    await project(client, BOB, code="bob's", visibility="public", budget="20.00")
    (row,) = await client.summarize("Project", "count,sum(budget),max(budget)", ADA)
    assert row == {"count": 2, "sum_budget": "10.00", "max_budget": "10.00"}
    groups = await client.summarize("Project", "count", ADA, group="budget", sort="budget")
    assert groups == [{"budget": "10.00", "count": 1}, {"budget": None, "count": 1}]


async def test_a_frozen_field_stays_as_it_is(client: Client) -> None:
    made = await project(client)
    assert (await client.update("Project", made["id"], {"code": "q"}, ADA))["code"] == "q"
    await client.call("start", ADA, resource="Project", key=made["id"])
    with pytest.raises(Refused) as refused:
        await client.update("Project", made["id"], {"code": "r", "name": "new"}, ADA)
    assert refused.value.code == "frozen"
    assert refused.value.places == {"/code"}
    read = await client.read("Project", made["id"], ADA)
    assert (read["code"], read["name"]) == ("q", "p")


async def test_a_field_frozen_for_an_actor_cannot_be_set_at_creation(client: Client) -> None:
    values = {"name": "x", "code": "x", "rating": 5}
    with pytest.raises(Refused) as refused:
        await client.create("Project", values, ADA)
    assert refused.value.code == "frozen"
    assert refused.value.places == {"/rating"}
    assert (await client.page("Project", ADA)).items == []


async def test_included_rows_are_only_those_that_one_may_read(client: Client) -> None:
    parent = await project(client, code="parent")
    child = await project(client, code="child", visibility="public", parent_id=parent["id"])
    mine = await client.read("Project", child["id"], ADA, include="parent,owner")
    assert mine["parent"]["name"] == "parent"
    assert mine["owner"]["id"] == "ada"
    others = await client.read("Project", child["id"], BOB, include="parent,owner")
    assert others["parent"] is None
    assert others["owner"] is None
    await client.update("Project", parent["id"], {"visibility": "public"}, ADA)
    await client.update("Project", child["id"], {"visibility": "private"}, ADA)
    seen = await client.read("Project", parent["id"], BOB, include="children")
    assert seen["children"] == []


async def test_filters_over_relations_see_only_rows_that_one_may_read(client: Client) -> None:
    parent = await project(client, code="parent")
    await project(client, code="child", visibility="public", parent_id=parent["id"])
    where = Has("parent.name", "eq", "parent")
    assert await names(client, ADA, where=where) == ["child"]
    assert await names(client, BOB, where=where) == []
    budget = Has("children.name", "eq", "child")
    assert await names(client, ADA, where=budget) == ["parent"]


async def test_parts_follow_their_owner(client: Client) -> None:
    made = await project(client, visibility="public", tasks=[{"title": "t"}])
    read = await client.read("Project", made["id"], None, include="tasks")
    assert [task["title"] for task in read["tasks"]] == ["t"]
    await client.update("Project", made["id"], {"visibility": "private"}, ADA)
    assert await names(client, BOB, where=Has("tasks.title", "eq", "t")) == []


async def test_an_actor_without_a_row_may_read(client: Client) -> None:
    await project(client, visibility="public")
    assert await names(client, EVE) == ["p"]
    assert await refusal(client.read("User", "eve", EVE)) == "not_found"
