"""`POST /can`: what it says is what the write itself would do, and it says nothing more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from charter.core.ids import uuid7
from charter.serve.settings.model import Settings
from charter.wire.rest.settings import RestSettings
from tests.behaviour.actors import ADA, AUDITOR, BOB, EDITOR, EVE
from tests.behaviour.clients.base import Actor, Client, Row, Someone
from tests.behaviour.clients.rest import RestClient, connect
from tests.behaviour.serving import Served, serving, settings_for

ACTORS: Sequence[Actor] = (None, ADA, BOB, EVE, EDITOR, AUDITOR)
HELPER = Someone("helen", roles=("helper",))
CAN = "/v1/can"


async def results(http: RestClient, actor: Actor, *checks: Row, **further: Any) -> list[Row]:
    answer = await http.send("POST", CAN, actor, body={"checks": list(checks), **further})
    assert answer.status_code == 200, answer.text
    found: list[Row] = answer.json()["results"]
    assert len(found) == len(checks)
    return found


async def allowed(http: RestClient, actor: Actor, *checks: Row) -> list[bool]:
    return [result["allowed"] for result in await results(http, actor, *checks)]


def check(
    action: str, resource: str | None = "projects", row: Row | None = None, **more: Any
) -> Row:
    found: dict[str, Any] = {"action": action, **more}
    found |= {} if resource is None else {"resource": resource}
    return found | ({} if row is None else {"id": row["id"]})


async def projects(client: Client) -> list[Row]:
    """Rows in different states, of different owners."""
    made = [
        await client.create("Project", {"name": "a", "code": "a"}, ADA),
        await client.create("Project", {"name": "b", "code": "b", "visibility": "public"}, ADA),
        await client.create("Project", {"name": "c", "code": "c"}, BOB),
        await client.create("Project", {"name": "d", "code": "d"}, ADA),
        await client.create("Project", {"name": "e", "code": "e"}, ADA),
    ]
    await client.call("start", ADA, resource="Project", key=made[3]["id"])
    await client.create("Member", {"project_id": made[4]["id"], "user_id": "bob"}, ADA)
    return made


ATTEMPTS: Mapping[str, tuple[str, str, Any]] = {
    "read": ("GET", "/v1/projects/{}", None),
    "update": ("PATCH", "/v1/projects/{}?dry_run=true", {"name": "new"}),
    "delete": ("DELETE", "/v1/projects/{}?dry_run=true", None),
    "start": ("POST", "/v1/projects/{}/start?dry_run=true", {}),
    "close": ("POST", "/v1/projects/{}/close?dry_run=true", {"because": "done"}),
}


async def test_it_says_what_the_action_itself_would_do(http: RestClient, client: Client) -> None:
    rows = await projects(client)
    checks = [check(action, row=row) for row in rows for action in ATTEMPTS]
    seen = set()
    for actor in ACTORS:
        expected = []
        for row in rows:
            for method, path, body in ATTEMPTS.values():
                answer = await http.send(method, path.format(row["id"]), actor, body=body)
                expected.append(answer.status_code < 300)
                seen.add(answer.status_code)
        assert await allowed(http, actor, *checks) == expected
    assert {200, 204, 403, 404} <= seen


async def test_a_row_that_cannot_be_seen_is_like_one_that_does_not_exist(
    http: RestClient, client: Client
) -> None:
    hidden = (await projects(client))[2]
    missing = {"id": str(uuid7())}
    for further in ({}, {"fields": True}, {"explain": True}, {"fields": True, "explain": True}):
        for action in ATTEMPTS:
            pair = [check(action, row=row) for row in (hidden, missing)]
            of_hidden, of_missing = await results(http, EVE, *pair, **further)
            assert of_hidden == of_missing
            assert of_hidden["allowed"] is False
            assert "fields" not in of_hidden
    values = [check("update", row=row, values={"name": "x"}) for row in (hidden, missing)]
    of_hidden, of_missing = await results(http, EVE, *values)
    assert of_hidden == of_missing == {"allowed": False}


async def test_many_checks_on_one_resource_are_one_statement(
    http: RestClient, client: Client, served: Served
) -> None:
    rows = await projects(client)
    checks = [check(action, row=row) for row in rows for action in ATTEMPTS]
    served.witness.statements.clear()
    await results(http, BOB, *checks, fields=True)
    assert len(served.witness.statements) <= 2, served.witness.statements
    served.witness.statements.clear()
    await results(http, BOB, check("create"), check("read", "tags"), check("create", "tags"))
    assert served.witness.statements == []


async def test_what_is_not_on_a_row(http: RestClient) -> None:
    checks = [
        check("create", "tags"),
        check("read", "tags"),
        check("update", "tags"),
        check("create", "pages"),
        check("read", "projects"),
    ]
    assert await allowed(http, None, *checks) == [False, True, False, False, True]
    assert await allowed(http, ADA, *checks) == [False, True, False, True, True]
    assert await allowed(http, EDITOR, *checks) == [True, True, True, True, True]


async def test_values_are_tried_and_leave_nothing_behind(
    http: RestClient, client: Client, served: Served
) -> None:
    first, *_ = await projects(client)
    before = await client.read("Project", first["id"], ADA)
    given = await results(
        http,
        ADA,
        check("update", row=first, values={"name": "new"}),
        check("update", row=first, values={"owner_id": "bob"}),
        check("update", row=first, values={"code": "b"}),
        check("update", row=first, values={"rating": 3}),
        check("create", values={"name": "n", "code": "n"}),
        check("create", values={"name": "n", "code": "n", "owner_id": "bob"}),
    )
    assert given == [
        {"allowed": True},
        {"allowed": False},
        {"allowed": False, "code": "not_unique"},
        {"allowed": False},
        {"allowed": True},
        {"allowed": False},
    ]
    assert await client.read("Project", first["id"], ADA) == before
    page = await client.page("Project", ADA)
    assert len(page.items) == 4


async def test_fields_are_those_that_can_be_read_and_written(
    http: RestClient, client: Client
) -> None:
    draft, public, _, active, _ = await projects(client)

    async def fields(actor: Actor, row: Row, action: str = "update") -> tuple[set[str], set[str]]:
        (result,) = await results(http, actor, check(action, row=row), fields=True)
        return set(result["fields"]["readable"]), set(result["fields"]["writable"])

    readable, writable = await fields(ADA, draft)
    assert {"name", "budget", "code"} <= readable
    assert "rating" not in readable | writable
    assert {"name", "code", "budget"} <= writable
    assert not {"id", "version", "created_at", "status"} & writable
    _, writable = await fields(ADA, active)
    assert "name" in writable
    assert "code" not in writable
    readable, writable = await fields(BOB, public)
    assert "budget" not in readable
    assert writable == set()
    shown = await client.read("Project", public["id"], BOB)
    assert readable == set(shown) & readable
    assert set(shown) >= readable


async def test_an_explanation_names_the_rule_and_its_line(http: RestClient, client: Client) -> None:
    row = (await projects(client))[1]
    mine, update = await results(
        http, ADA, check("delete", row=row), check("update", row=row), explain=True
    )
    (denied,) = await results(http, EVE, check("copy", row=row), explain=True)
    told = mine["explanation"]
    assert told["decision"].endswith("allows it.")
    (held,) = [rule for rule in told["rules"] if rule["holds"]]
    assert "project.owner == actor" in held["rule"]
    file, _, line = held["at"].rpartition(":")
    assert file == "contract.py"
    assert int(line) > 0
    assert [rule["holds"] for rule in update["explanation"]["rules"]] == [None, False]
    assert "new.owner == actor" in update["explanation"]["rules"][0]["rule"]
    assert denied["allowed"] is False
    assert denied["explanation"]["decision"] == "No rule allows it."
    assert all(rule["holds"] is False for rule in denied["explanation"]["rules"])


async def test_a_command_in_the_wrong_state_says_so(http: RestClient, client: Client) -> None:
    row = (await projects(client))[3]
    (result,) = await results(http, ADA, check("start", row=row), explain=True)
    assert result["allowed"] is False
    assert result["explanation"]["decision"].endswith('only while project.status in ("draft").')


def in_production(url: str) -> Settings:
    settings = settings_for(url)
    return replace(
        settings,
        serve=replace(settings.serve, production=True, allowed_hosts=("studio",)),
        rest=RestSettings(explain_roles=("helper",)),
    )


async def test_in_production_only_the_roles_that_are_named_get_explanations(
    served: Served,
) -> None:
    body = {"checks": [check("read")], "explain": True}
    async with (
        serving(served.contract, served.url, in_production(served.url)) as found,
        connect(found) as http,
    ):
        for actor in (None, ADA, EDITOR):
            answer = await http.send("POST", CAN, actor, body=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert (await http.send("POST", CAN, HELPER, body=body)).status_code == 200
        plain = {"checks": [check("read")]}
        assert (await http.send("POST", CAN, ADA, body=plain)).status_code == 200


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ([], "#"),
        ({}, "#/checks"),
        ({"checks": []}, "#/checks"),
        ({"checks": 1}, "#/checks"),
        ({"checks": [1]}, "#/checks/0"),
        ({"checks": [{"action": "read"}]}, "#/checks/0/resource"),
        ({"checks": [{"resource": "projects"}]}, "#/checks/0/action"),
        ({"checks": [check("reed")]}, "#/checks/0/action"),
        ({"checks": [check("read", "project")]}, "#/checks/0/resource"),
        ({"checks": [check("read", id=7)]}, "#/checks/0/id"),
        ({"checks": [check("create", id=str(uuid7()))]}, "#/checks/0/id"),
        ({"checks": [check("delete", values={})]}, "#/checks/0/values"),
        ({"checks": [check("read", id=None)]}, "#/checks/0/id"),
        ({"checks": [{"action": "read", "resource": None}]}, "#/checks/0/resource"),
        ({"checks": [check("create", values=None)]}, "#/checks/0/values"),
        ({"checks": [check("update", values={"name": "x"})]}, "#/checks/0/id"),
        ({"checks": [check("create", values={"nmae": "x"})]}, "#/checks/0/values/nmae"),
        ({"checks": [check("read", row=None, ids=[])]}, "#/checks/0/ids"),
        ({"checks": [check("read")], "fields": 1}, "#/fields"),
        ({"checks": [check("read")], "all": True}, "#/all"),
        ({"checks": [check("read")] * 501}, "#/checks"),
    ],
)
async def test_what_is_wrong_with_checks_is_told_with_its_place(
    http: RestClient, body: Any, where: str
) -> None:
    answer = await http.send("POST", CAN, ADA, body=body)
    assert answer.status_code == 422, answer.text
    assert where in {flaw["pointer"] for flaw in answer.json()["flaws"]}


async def test_it_takes_no_parameters(http: RestClient) -> None:
    answer = await http.send("POST", CAN + "?fields=true", ADA, body={"checks": [check("read")]})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")


async def test_what_depends_on_values_is_left_open_in_an_explanation(http: RestClient) -> None:
    of_create, of_read = await results(
        http, ADA, check("create"), check("create", "tags"), explain=True
    )
    assert of_create["allowed"] is True
    assert [rule["holds"] for rule in of_create["explanation"]["rules"]] == [None]
    assert of_read["allowed"] is False
    assert of_read["explanation"]["decision"] == "No rule allows it."


async def test_a_command_on_nothing_is_asked_about_without_a_resource(http: RestClient) -> None:
    checks = [check("greet", None), check("add_up", None)]
    assert await allowed(http, ADA, *checks) == [True, False]
    assert await allowed(http, EDITOR, *checks) == [False, True]
    (greeted,) = await results(http, ADA, checks[0], explain=True)
    assert greeted["explanation"]["decision"].endswith("allows it.")
