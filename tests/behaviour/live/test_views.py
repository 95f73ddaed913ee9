"""A subscriber sees what a read shows: what comes into it, changes in it, and falls out of it."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from charter.core.problems import Problem
from charter.serve.live.view import Start
from tests.behaviour.actors import ADA, AUDITOR, BOB, EDITOR, EVE
from tests.behaviour.clients.base import Someone, Within
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.live.watching import Watcher, Watching
from tests.behaviour.serving import Served


async def fresh(http: RestClient, path: str, actor: Someone | None = None) -> dict[str, Any]:
    """What a read shows now, by key."""
    target, _, query = path.partition("?")
    params = [(name, value) for name, value in parse_qsl(query)]
    headers = {"accept": "application/x-ndjson"}
    answer = await http.send("GET", target, actor, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return {str(row["id"]): row for row in map(json.loads, answer.text.splitlines())}


async def test_what_there_is_comes_first_then_each_change(http: RestClient, live: Watching) -> None:
    old = await http.create("Sample", {"name": "old"})
    watcher = await live.watch("/v1/samples")
    assert (watcher.rows, watcher.ready) == ({old["id"]: old}, 1)
    made = await http.create("Sample", {"name": "new"})
    await live.settled()
    changed = await http.update("Sample", old["id"], {"name": "other"})
    await live.settled()
    await http.delete("Sample", old["id"])
    await live.settled()
    assert watcher.told == [
        ("created", made["id"]), ("updated", old["id"]), ("removed", old["id"]),
    ]  # fmt: skip
    assert watcher.rows == {made["id"]: made}
    assert changed["version"] == 2


async def test_rows_come_into_a_filter_and_fall_out_of_it(http: RestClient, live: Watching) -> None:
    made = await http.create("Sample", {"name": "a", "number": 1})
    watcher = await live.watch("/v1/samples?number[gte]=5&fields=id,number")
    for number in (7, 8, 2, 3, 9):
        await http.update("Sample", made["id"], {"number": number})
        await live.settled()
    kinds = [kind for kind, _ in watcher.told]
    assert kinds == ["created", "updated", "removed", "created"]
    assert watcher.rows == {made["id"]: {"id": made["id"], "number": 9}}


async def test_what_is_not_shown_is_not_told(http: RestClient, live: Watching) -> None:
    """A change of fields that a subscriber did not ask for is no change of what it sees."""
    made = await http.create("Sample", {"name": "a"})
    watcher = await live.watch("/v1/samples?fields=id,name")
    await http.update("Sample", made["id"], {"number": 3, "secret": "hush"})
    await http.create("Sample", {"name": "b"})
    await live.settled()
    assert [kind for kind, _ in watcher.told] == ["created"]


async def test_a_policy_decides_for_each_subscriber(http: RestClient, live: Watching) -> None:
    ada, bob, everybody = [await live.watch("/v1/projects", who) for who in (ADA, BOB, None)]
    made = await http.create("Project", {"name": "p", "code": "p", "budget": "5"}, ADA)
    await live.settled()
    assert (list(ada.rows), list(bob.rows), list(everybody.rows)) == ([made["id"]], [], [])
    await http.update("Project", made["id"], {"visibility": "public"}, ADA)
    await live.settled()
    assert ada.rows[made["id"]]["budget"] == "5.00"
    assert "budget" not in bob.rows[made["id"]]
    assert bob.rows == everybody.rows
    await http.update("Project", made["id"], {"visibility": "private"}, ADA)
    await live.settled()
    assert [kind for kind, _ in bob.told] == ["created", "removed"]
    assert [kind for kind, _ in ada.told] == ["created", "updated", "updated"]


async def test_a_row_elsewhere_can_open_and_close_what_is_seen(
    http: RestClient, live: Watching
) -> None:
    await http.create("Sample", {"name": "to be known"}, BOB)
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    await http.create("Project", {"name": "q", "code": "q"}, BOB)
    bob = await live.watch("/v1/projects", BOB)
    member = await http.create("Member", {"project_id": made["id"], "user_id": "bob"}, ADA)
    await live.settled()
    assert ("created", made["id"]) in bob.told
    await http.delete("Member", member["id"], ADA)
    await live.settled()
    assert bob.told[-1] == ("removed", made["id"])
    assert bob.rows == await fresh(http, "/v1/projects", BOB)


async def test_nested_rows_and_worked_out_values_are_followed(
    http: RestClient, live: Watching
) -> None:
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    path = "/v1/projects?include=tasks,owner"
    ada = await live.watch(path, ADA)
    tasks = [{"title": "a", "hours": "2", "steps": [{"text": "s"}]}]
    await http.update("Project", made["id"], {"tasks": tasks}, ADA)
    await live.settled()
    assert ada.rows == await fresh(http, path, ADA)
    assert ada.rows[made["id"]]["hours"] == "2.0"
    before = len(ada.told)
    task = ada.rows[made["id"]]["tasks"][0]["id"]
    await http.update(
        "Task", task, {"done": True}, ADA,
        within=Within("Project", made["id"], "tasks"),
    )  # fmt: skip
    await live.settled()
    assert ada.rows == await fresh(http, path, ADA)
    assert ada.told[before:] == [("updated", made["id"])]


async def test_links_are_followed_from_both_ends(http: RestClient, live: Watching) -> None:
    tag = await http.create("Tag", {"label": "red"}, EDITOR)
    made = await http.create("Project", {"name": "p", "code": "p", "visibility": "public"}, ADA)
    tags = await live.watch("/v1/tags?include=projects")
    projects = await live.watch("/v1/projects?include=tags")
    await http.update("Project", made["id"], {"tag_ids": [tag["id"]]}, ADA)
    await live.settled()
    assert [item["id"] for item in tags.rows[tag["id"]]["projects"]] == [made["id"]]
    assert [item["id"] for item in projects.rows[made["id"]]["tags"]] == [tag["id"]]


async def test_what_the_database_takes_along_is_told(http: RestClient, live: Watching) -> None:
    parent = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    child = await http.create("Project", {"name": "c", "code": "c", "parent_id": parent["id"]}, ADA)
    await http.create("Sample", {"name": "x"}, BOB)
    await http.create("Project", {"name": "q", "code": "q"}, BOB)
    member = await http.create("Member", {"project_id": parent["id"], "user_id": "bob"}, ADA)
    members, projects = await live.watch("/v1/members", ADA), await live.watch("/v1/projects", ADA)
    await http.delete("Project", parent["id"], ADA)
    await live.settled()
    assert members.told == [("removed", member["id"])]
    assert projects.rows[child["id"]]["parent_id"] is None
    assert projects.rows == await fresh(http, "/v1/projects", ADA)


async def test_one_row_is_followed_through_all_that_becomes_of_it(
    http: RestClient, live: Watching
) -> None:
    made = await http.create("Project", {"name": "p", "code": "p", "visibility": "public"}, ADA)
    await http.create("Project", {"name": "x", "code": "x", "visibility": "public"}, ADA)
    bob = await live.watch(f"/v1/projects/{made['id']}?fields=id,name", BOB)
    assert bob.rows == {made["id"]: {"id": made["id"], "name": "p"}}
    await http.update("Project", made["id"], {"name": "q"}, ADA)
    await live.settled()
    for visibility in ("private", "public"):
        await http.update("Project", made["id"], {"visibility": visibility}, ADA)
        await live.settled()
    await http.delete("Project", made["id"], ADA)
    await live.settled()
    assert [kind for kind, _ in bob.told] == ["updated", "removed", "created", "removed"]


async def test_a_list_below_a_row_is_followed_as_long_as_that_is_seen(
    http: RestClient, live: Watching
) -> None:
    made = await http.create("Project", {"name": "p", "code": "p", "visibility": "public"}, ADA)
    other = await http.create("Project", {"name": "o", "code": "o", "visibility": "public"}, ADA)
    path = f"/v1/projects/{made['id']}/tasks"
    bob = await live.watch(path, BOB)
    await http.update("Project", made["id"], {"tasks": [{"title": "a"}]}, ADA)
    await http.update("Project", other["id"], {"tasks": [{"title": "b"}]}, ADA)
    await live.settled()
    assert [row["title"] for row in bob.rows.values()] == ["a"]
    await http.update("Project", made["id"], {"visibility": "private"}, ADA)
    await live.settled()
    assert bob.rows == {}
    with pytest.raises(Problem) as refused:
        await live.watch(path, BOB)
    assert refused.value.code.name == "not_found"


async def test_what_cannot_be_read_cannot_be_followed(http: RestClient, live: Watching) -> None:
    made = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    for path, code in (
        (f"/v1/projects/{made['id']}", "not_found"),
        ("/v1/projects/0199e0a0-0000-7000-8000-000000000000", "not_found"),
        ("/v1/pages", "unauthenticated"),
        ("/v1/projects?rating=3", "unknown_field"),
        ("/v1/projects?limit=3", "unknown_parameter"),
        ("/v1/projects?aggregate=count", "not_live"),
    ):
        with pytest.raises(Problem) as refused:
            await live.watch(path)
        names = {refused.value.code.name, *(flaw.code for flaw in refused.value.detail.flaws)}
        assert code in names, (path, names)
    assert live.hub.views == 0


async def test_bulk_batch_and_commands_are_told(http: RestClient, live: Watching) -> None:
    samples, projects = await live.watch("/v1/samples"), await live.watch("/v1/projects", ADA)
    rows = await http.create_all("Sample", [{"name": f"n{n}"} for n in range(60)])
    await http.update_all("Sample", [{"id": row["id"], "number": 1} for row in rows])
    await http.delete_all("Sample", [row["id"] for row in rows[:30]])
    made = await http.create("Project", {"name": "p", "code": "p", "tasks": [{"title": "a"}]}, ADA)
    await http.call("copy", ADA, resource="Project", key=made["id"], inputs={"code": "q"})
    await http.call("start", ADA, resource="Project", key=made["id"])
    because = {"because": "done"}
    await http.call("close", ADA, resource="Project", key=made["id"], inputs=because)
    await live.settled()
    assert samples.rows == await fresh(http, "/v1/samples")
    assert len(samples.rows) == 30
    assert projects.rows == await fresh(http, "/v1/projects", ADA)
    assert len(projects.rows) == 2
    assert projects.rows[made["id"]]["open_count"] == 0


async def test_what_failed_or_was_a_trial_is_not_told(http: RestClient, live: Watching) -> None:
    watcher = await live.watch("/v1/samples")
    await http.send("POST", "/v1/samples?dry_run=true", body={"name": "trial"})
    await http.send("POST", "/v1/samples", body=[{"name": "a"}, {"name": 3}])
    await http.create("Sample", {"name": "a"})
    await live.settled()
    assert len(watcher.told) == 1


async def test_users_who_come_for_the_first_time_are_told(http: RestClient, live: Watching) -> None:
    """The row of an actor is made with its first write."""
    made = await http.create("Project", {"name": "p", "code": "p", "visibility": "public"}, ADA)
    watcher = await live.watch("/v1/projects?include=owner")
    assert list(watcher.rows) == [made["id"]]
    watch = watcher.subscription
    assert watch is not None
    assert "User" in watch.view.watch.others


async def test_members_of_a_view_share_one_read(
    http: RestClient, live: Watching, served: Served
) -> None:
    watchers = [await live.watch("/v1/samples?number=1&sort=name") for _ in range(500)]
    watchers += [await live.watch("/v1/samples?number=1") for _ in range(500)]
    assert live.hub.views == 1
    served.witness.statements.clear()
    await http.create("Sample", {"name": "a", "number": 1})
    await live.settled()
    assert served.witness.statements.count("watch Sample") == 1
    assert all(len(watcher.rows) == 1 for watcher in watchers)
    for watcher in watchers:
        watcher.close()
    assert live.hub.views == 0


async def test_those_who_differ_in_what_they_may_see_share_nothing(
    http: RestClient, live: Watching
) -> None:
    for who in (ADA, BOB, EVE, AUDITOR, None):
        await live.watch("/v1/projects", who)
    assert live.hub.views == 5
    await live.watch("/v1/projects?visibility=public", ADA)
    await live.watch("/v1/projects?visibility=private", ADA)
    assert live.hub.views == 7


async def test_views_of_many_actors_are_read_together_where_that_is_a_journey(
    http: RestClient, live: Watching, served: Served
) -> None:
    many = [Someone(f"user{number}") for number in range(71)]
    watchers = [await live.watch("/v1/projects?fields=id,name", who) for who in many]
    assert live.hub.views == len(many)
    served.witness.statements.clear()
    made = await http.create("Project", {"name": "one", "code": "p"}, many[3])
    await live.settled()
    looked = served.witness.statements.count("watch Project")
    assert looked == (6 if served.service.dialect.remote else 71)
    for who in many:
        await http.create("Project", {"name": who.id, "code": "q"}, who)
    await live.settled()
    for who, watcher in zip(many, watchers, strict=True):
        names = [row["name"] for row in watcher.rows.values()]
        assert names == (["one", who.id] if who is many[3] else [who.id])
    await http.update("Project", made["id"], {"visibility": "public"}, many[3])
    await live.settled()
    assert all(made["id"] in watcher.rows for watcher in watchers)


async def test_who_comes_back_is_told_what_is_different(http: RestClient, live: Watching) -> None:
    same, gone, other = [await http.create("Sample", {"name": name}) for name in "abc"]
    watcher = await live.watch("/v1/samples")
    watcher.close()
    await http.delete("Sample", gone["id"])
    await http.update("Sample", other["id"], {"name": "x"})
    new = await http.create("Sample", {"name": "new"})
    watcher.told.clear()
    await live.watch("/v1/samples", start=Start(have=watcher.tags), watcher=watcher)
    assert sorted(watcher.told) == sorted(
        [("removed", gone["id"]), ("updated", other["id"]), ("created", new["id"])]
    )
    assert watcher.rows == await fresh(http, "/v1/samples")
    assert same["id"] in watcher.rows
    assert watcher.resets == []


async def test_who_knows_a_position_only_is_told_all_if_something_happened(
    http: RestClient, live: Watching
) -> None:
    await http.create("Sample", {"name": "a"})
    watcher = await live.watch("/v1/samples")
    watcher.close()
    await http.create("Project", {"name": "p", "code": "p"}, ADA)
    start = Start(after=watcher.position)
    again = await live.watch("/v1/samples", start=start, watcher=Watcher())
    assert (again.messages, again.ready) == (1, 1)
    again.close()
    made = await http.create("Sample", {"name": "b"})
    again = await live.watch("/v1/samples", start=start, watcher=Watcher())
    assert [code.name for code in again.resets] == ["position_expired"]
    assert made["id"] in again.rows
    for bad in ("", "x", watcher.position[:-2] + "AA", "a" * 20_000):
        worse = await live.watch("/v1/samples", start=Start(after=bad), watcher=Watcher())
        assert [code.name for code in worse.resets] == ["position_expired"]


async def test_a_resume_tells_nothing_of_rows_that_cannot_be_seen(
    http: RestClient, live: Watching
) -> None:
    hidden = await http.create("Project", {"name": "p", "code": "p"}, ADA)
    missing = "0199e0a0-0000-7000-8000-000000000000"
    have: dict[str, str | None] = {hidden["id"]: None, missing: "x" * 12}
    bob = Watcher(rows={key: {} for key in have}, tags=dict(have))
    await live.watch("/v1/projects", BOB, Start(have=have), bob)
    assert sorted(bob.told) == sorted([("removed", hidden["id"]), ("removed", missing)])
