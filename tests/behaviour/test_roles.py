"""Roles that include others, roles on rows, and what policies ask about a sign-in."""

import time
from typing import Literal

import pytest
import pytest_asyncio

from charter import (
    Actor,
    Contract,
    Policy,
    Resource,
    Unit,
    User,
    allow,
    any_of,
    field,
    inverse,
)
from charter.contract.contract import Contract as Hub
from tests.behaviour.clients.base import Client, Has, Row, Someone
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.test_policies import refusal, refused

team = Contract("team")
team.role("boss", includes="clerk")
team.role("owner", includes="editor")
team.role("editor", includes=["viewer"])


@team.accounts
class Member(User):
    """Somebody of the team."""

    motto: str = field(default="", max_length=80)


@team.resource
class Project(Resource):
    """What a team works on."""

    title: str
    members: list["Membership"] = inverse()


@team.resource
class Membership(Resource):
    """What somebody is in a project."""

    project: Project
    user: User
    role: Literal["viewer", "editor", "owner"]


@team.resource
class Task(Resource):
    """What is to be done in a project, or in none."""

    project: Project | None
    title: str
    price: int = 0


team.grants(Membership, on="project")
team.unique(Membership, "project", "user")


@team.policy(Project)
def project_policy(project: Project, actor: Actor) -> Policy:
    yield allow("read", when=actor.has_role("viewer", on=project))
    yield allow("read", "create", when=actor.has_role("clerk"))
    yield allow("update", when=actor.has_role("editor", on=project))
    yield allow("delete", when=actor.has_role("owner", on=project) & actor.mfa)


@team.policy(Membership)
def membership_policy(row: Membership, actor: Actor) -> Policy:
    yield allow("read", when=row.user == actor.user)
    yield allow("*", when=actor.has_role("owner", on=row.project))
    yield allow("*", when=actor.has_role("boss"))


@team.policy(Task)
def task_policy(task: Task, actor: Actor, new: Task) -> Policy:
    yield allow("read", when=actor.has_role("viewer", on=task.project))
    yield allow("create", when=actor.has_role("editor", on=task.project) & (task.price < 100))
    yield allow("create", when=actor.has_role("editor", on=task.project) & actor.mfa)
    yield allow(
        "update",
        when=actor.has_role("editor", on=task.project) & actor.has_role("editor", on=new.project),
    )
    yield allow(
        "delete",
        when=any_of(
            actor.has_role("owner", on=task.project),
            actor.has_role("editor", on=task.project) & actor.signed_in_within(minutes=10),
        ),
    )


@team.policy(Member)
def member_policy(member: Member, actor: Actor) -> Policy:
    yield allow("read", "update", "readdress", when=member == actor.user)


@team.command(Member)
async def readdress(member: Member, unit: Unit, *, email: str) -> Member:
    """Give a member another address."""
    member.email = email
    return member


BOSS = Someone("bo", roles=("boss",))
CLERK = Someone("cleo", roles=("clerk",))
VIEWER, EDITOR, OWNER = Someone("vic"), Someone("ed"), Someone("olga")


@pytest.fixture(scope="module")
def contract() -> Hub:
    return team.build()


@pytest_asyncio.fixture(loop_scope="module")
async def project(client: Client) -> Row:
    """A project with a viewer, an editor and an owner."""
    made = await client.create("Project", {"title": "bridge"}, BOSS)
    for member in (VIEWER, EDITOR, OWNER):
        await refusal(client.create("Membership", {"project_id": made["id"]}, member))
    # Whoever writes once is known; then rows can name them.
    for member, role in ((VIEWER, "viewer"), (EDITOR, "editor"), (OWNER, "owner")):
        await known(client, member)
        values = {"project_id": made["id"], "user_id": member.id, "role": role}
        await client.create("Membership", values, BOSS)
    return made


async def known(client: Client, somebody: Someone) -> None:
    """Somebody writes for the first time: it makes a project as a clerk."""
    await client.create("Project", {"title": "own"}, Someone(somebody.id, roles=("clerk",)))


def signed_in(somebody: Someone, *methods: str, ago: float = 3600) -> Someone:
    claims = {"amr": list(methods), "auth_time": int(time.time() - ago)}
    return Someone(somebody.id, somebody.roles, claims)


async def titles(client: Client, actor: Someone | None) -> list[str]:
    page = await client.page("Project", actor, where=Has("title", "eq", "bridge"))
    return [row["title"] for row in page.items]


# -- roles -----------------------------------------------------------------------------------
async def test_whoever_has_a_role_has_those_that_it_includes(client: Client) -> None:
    await client.create("Project", {"title": "bridge"}, CLERK)
    for actor in (CLERK, BOSS):
        assert await titles(client, actor) == ["bridge"]
    assert await titles(client, Someone("eve", roles=("owner",))) == []


async def test_a_role_on_a_row_holds_on_that_row(client: Client, project: Row) -> None:
    other = await client.create("Project", {"title": "tunnel"}, BOSS)
    for actor in (VIEWER, EDITOR, OWNER):
        assert await titles(client, actor) == ["bridge"]
        assert await refusal(client.read("Project", other["id"], actor)) == "not_found"
    assert await titles(client, Someone("eve")) == []
    assert await refusal(client.page("Project", None)) == "unauthenticated"
    key, change = project["id"], {"title": "bridge"}
    assert await refusal(client.update("Project", key, change, VIEWER)) == "forbidden"
    for actor in (EDITOR, OWNER):
        assert (await client.update("Project", key, change, actor))["title"] == "bridge"


async def test_a_role_on_a_row_is_reached_over_a_reference(client: Client, project: Row) -> None:
    other = await client.create("Project", {"title": "tunnel"}, BOSS)
    values = {"project_id": project["id"], "title": "dig"}
    assert await refusal(client.create("Task", values, VIEWER)) == "forbidden"
    task = await client.create("Task", values, EDITOR)
    assert (await client.read("Task", task["id"], VIEWER))["title"] == "dig"
    for elsewhere in ({"project_id": None}, {"project_id": other["id"]}):
        code = await refusal(client.update("Task", task["id"], elsewhere, EDITOR))
        assert code in {"forbidden", "invalid_values"}
    assert await refusal(client.create("Task", {"title": "loose"}, OWNER)) == "forbidden"


async def test_a_role_that_is_taken_away_is_gone_with_the_next_request(
    client: Client, project: Row
) -> None:
    mine = (await client.page("Membership", EDITOR)).items
    assert [row["role"] for row in mine] == ["editor"]
    await client.update("Membership", mine[0]["id"], {"role": "viewer"}, OWNER)
    change = {"title": "mine"}
    assert await refusal(client.update("Project", project["id"], change, EDITOR)) == "forbidden"
    await client.delete("Membership", mine[0]["id"], OWNER)
    assert await refusal(client.read("Project", project["id"], EDITOR)) == "not_found"


async def test_nobody_gives_itself_a_role(client: Client, project: Row) -> None:
    mine = (await client.page("Membership", EDITOR)).items[0]["id"]
    assert await refusal(client.update("Membership", mine, {"role": "owner"}, EDITOR)) == (
        "forbidden"
    )
    values = {"project_id": project["id"], "user_id": BOSS.id, "role": "owner"}
    assert await refusal(client.create("Membership", values, EDITOR)) == "forbidden"


# -- facts -----------------------------------------------------------------------------------
async def test_a_second_factor_opens_what_asks_for_it(client: Client, project: Row) -> None:
    problem = await refused(client.delete("Project", project["id"], signed_in(OWNER, "pwd")))
    assert problem.code == "insufficient_user_authentication"
    assert problem.members["acr_values"] == "aal2"
    strong = signed_in(VIEWER, "pwd", "otp")
    assert await refusal(client.delete("Project", project["id"], strong)) == "forbidden"


async def test_a_row_decides_whether_a_better_sign_in_would_help(
    client: Client, project: Row
) -> None:
    values = {"project_id": project["id"], "title": "dig"}
    task = await client.create("Task", values, EDITOR)
    weak, strong = signed_in(EDITOR, "pwd"), signed_in(EDITOR, "pwd", "otp", ago=5)
    problem = await refused(client.delete("Task", task["id"], weak))
    assert problem.code == "insufficient_user_authentication"
    assert problem.members["max_age"] == 600
    assert await refusal(client.delete("Task", task["id"], signed_in(VIEWER, "pwd"))) == (
        "forbidden"
    )
    dear = {**values, "price": 500}
    problem = await refused(client.create("Task", dear, weak))
    assert problem.code == "insufficient_user_authentication"
    assert problem.members["acr_values"] == "aal2"
    assert (await client.create("Task", dear, strong))["title"] == "dig"
    await client.delete("Task", task["id"], strong)


async def test_the_challenge_says_how_to_sign_in(http: RestClient, project: Row) -> None:
    path = f"/v1/projects/{project['id']}"
    answer = await http.send("DELETE", path, signed_in(OWNER, "pwd"))
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ")
    assert 'error="insufficient_user_authentication"' in challenge
    assert 'acr_values="aal2"' in challenge


# -- accounts --------------------------------------------------------------------------------
async def test_an_account_changes_itself_but_not_its_address(client: Client) -> None:
    ada = Someone("ada", roles=("clerk",), claims={"email": "Ada@Example.org", "name": "Ada"})
    await client.create("Project", {"title": "x"}, ada)
    row = await client.read("Member", "ada", ada)
    assert (row["name"], row["email"], row["email_verified"], row["motto"]) == (
        "Ada", None, False, "",
    )  # fmt: skip
    assert (await client.update("Member", "ada", {"motto": "on"}, ada))["motto"] == "on"
    for name, value in (("email", "eve@example.org"), ("email_verified", True)):
        problem = await refused(client.update("Member", "ada", {name: value}, ada))
        assert [(flaw.code, flaw.at) for flaw in problem.flaws] == [("read_only", f"/{name}")]


async def test_the_case_of_an_address_makes_no_difference(client: Client) -> None:
    ada, eve = Someone("ada", roles=("clerk",)), Someone("eve", roles=("clerk",))
    for actor in (ada, eve):
        await client.create("Project", {"title": "x"}, actor)
    inputs = {"email": "Ada.L@Example.ORG"}
    row = await client.call("readdress", ada, resource="Member", key="ada", inputs=inputs)
    assert row["email"] == "ada.l@example.org"
    for text in ("ADA.L@example.org", "ada.l@example.org"):
        found = await client.page("Member", ada, where=Has("email", "eq", text))
        assert [item["id"] for item in found.items] == ["ada"]
        taken = client.call("readdress", eve, resource="Member", key="eve", inputs={"email": text})
        assert await refusal(taken) == "not_unique"
