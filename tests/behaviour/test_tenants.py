"""Tenants: nobody gets to see, to change or to name a row of another tenant."""

from typing import Any, Literal

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
    computed,
    count,
    exists,
    field,
    inverse,
    linked,
    owned,
)
from charter.contract.contract import Contract as Hub
from tests.behaviour.clients.base import Client, Has, How, Someone, Step, Within
from tests.behaviour.test_policies import refusal, refused

office = Contract("office")


@office.tenant
class Firm(Resource):
    """Who rents the service."""

    name: str
    files: list["File"] = inverse()


@office.accounts
class Member(User):
    """Somebody who works for one firm, or for several."""

    files: list["File"] = inverse()
    busy: int = computed(lambda member: count(member.files))


@office.resource
class Country(Resource):
    """The same for every firm."""

    code: str = field(unique=True, max_length=2)
    files: list["File"] = inverse()


office.shared(Country)


@office.resource
class File(Resource):
    """What a firm keeps."""

    keeper: User
    country: Country | None
    parent: "File | None"
    number: str = field(unique=True, max_length=40)
    title: str = field(default="", search=True)
    state: Literal["open", "shut"] = field(default="open", set_by="commands")
    sheets: list["Sheet"] = owned("file")
    labels: list["Label"] = linked()


@office.resource
class Sheet(Resource):
    """A part of a file."""

    file: File
    text: str
    about: File | None


@office.resource
class Label(Resource):
    """Files have any number of them."""

    name: str
    files: list["File"] = linked()


@office.resource
class Seat(Resource):
    """Names its firm itself, so that a command can make the first one."""

    firm: Firm
    user: User
    file: File | None


office.index(File, "-created_at")


@office.policy(File)
def file_policy(file: File, actor: Actor) -> Policy:
    yield allow("*")


@office.policy(Label)
def label_policy(label: Label, actor: Actor) -> Policy:
    yield allow("*")


@office.policy(Seat)
def seat_policy(seat: Seat, actor: Actor) -> Policy:
    yield allow("*")


@office.policy(Country)
def country_policy(country: Country, actor: Actor) -> Policy:
    yield allow("read", when=(country.code != "xx") | exists(country.files))
    yield allow("create", "read", when=actor.has_role("root"))


@office.policy(Member)
def member_policy(member: Member, actor: Actor) -> Policy:
    yield allow("read")


@office.policy(Firm)
def firm_policy(firm: Firm, actor: Actor) -> Policy:
    yield allow("read", "update", "delete")
    yield allow("create", "found", "smuggle", when=actor.authenticated)


@office.command(File, moves="open -> shut")
async def shut(file: File, unit: Unit, *, instead: File | None = None) -> File:
    """Shut a file, in favour of another one."""
    file.parent = instead
    return file


@office.command(File)
async def numbers(unit: Unit) -> list[str]:
    """All numbers that a command can find."""
    found = await unit.find(File, sort="number")
    return [item.number for item in found]


@office.command(File)
async def peek(unit: Unit, *, number: str) -> int:
    """How many files of a number a command can find."""
    return len(await unit.find(File, lambda item: item.number == number))


@office.command(Seat)
async def seize(unit: Unit, *, member: User, firm: str) -> None:
    """Try to make a row for whatever firm."""
    for row in await unit.find(Firm):
        unit.add(Seat(firm=row, user=member, file=None))
    file = File(keeper=member, country=None, parent=None, number=firm)
    unit.add(file)
    unit.add(Sheet(file=file, text="x", about=None))


@office.command(Firm)
async def found(unit: Unit, *, name: str) -> str:
    """A new firm, with a first seat for whoever founds it."""
    firm = unit.add(Firm(name=name))
    member = await unit.get(Member, unit.actor.id or "")
    unit.add(Seat(firm=firm, user=member, file=None))
    return str(firm.id)


@office.command(Firm)
async def smuggle(unit: Unit, *, file: File, name: str) -> None:
    """A row of a new firm that leads to a file of the old one."""
    firm = unit.add(Firm(name=name))
    unit.add(Seat(firm=firm, user=file.keeper, file=file))


ROOT = Someone("root", roles=("root",))
LOST = Someone("lost")


class Firms:
    """Two firms, each with somebody who acts for it; one person acts for both."""

    def __init__(self, first: str, second: str) -> None:
        self.first, self.second = first, second
        self.ada = self.of("ada", first)
        self.eve = self.of("eve", second)
        self.ada_there = self.of("ada", second)

    def of(self, name: str, firm: str) -> Someone:
        return Someone(name, claims={"tenant": firm})


@pytest.fixture(scope="module")
def contract() -> Hub:
    return office.build()


@pytest_asyncio.fixture(loop_scope="module")
async def firms(client: Client) -> Firms:
    first = await client.call("found", ROOT, resource="Firm", inputs={"name": "first"})
    second = await client.call("found", ROOT, resource="Firm", inputs={"name": "second"})
    return Firms(first, second)


async def file(client: Client, actor: Someone, number: str = "1", **values: Any) -> Any:
    return await client.create("File", {"number": number, **values}, actor)


async def country(client: Client, code: str) -> Any:
    made = await client.create("Country", {"code": code}, ROOT)
    return made["id"]


async def both(client: Client, firms: Firms) -> tuple[Any, Any]:
    """A file of each firm, with the same number."""
    mine = await file(client, firms.ada, title="plan", sheets=[{"text": "a"}])
    theirs = await file(client, firms.eve, title="plan", sheets=[{"text": "b"}])
    return mine, theirs


# -- reading ---------------------------------------------------------------------------------
async def test_a_new_row_belongs_to_the_tenant_of_its_maker(client: Client, firms: Firms) -> None:
    mine, theirs = await both(client, firms)
    assert mine["firm_id"] == firms.first
    assert theirs["firm_id"] == firms.second
    (sheet,) = (await client.read("File", mine["id"], firms.ada, include="sheets"))["sheets"]
    assert sheet["firm_id"] == firms.first
    refusing = file(client, firms.ada, "2", firm_id=firms.second)
    assert (await refused(refusing)).places == {"/firm_id"}


async def test_a_row_of_another_tenant_does_not_exist(client: Client, firms: Firms) -> None:
    mine, theirs = await both(client, firms)
    key = theirs["id"]
    for attempt in (
        client.read("File", key, firms.ada),
        client.read("Firm", firms.second, firms.ada),
        client.update("File", key, {"title": "x"}, firms.ada),
        client.update("File", key, {"number": "7"}, firms.ada, whole=True),
        client.update("Firm", firms.second, {"name": "x"}, firms.ada),
        client.delete("File", key, firms.ada),
        client.delete("Firm", firms.second, firms.ada),
        client.call("shut", firms.ada, resource="File", key=key),
        client.page("Sheet", firms.ada, within=Within("File", key, "sheets")),
        client.create("Sheet", {"text": "x"}, firms.ada, within=Within("File", key, "sheets")),
        client.delete_all("File", [mine["id"], key], firms.ada),
        client.batch([Step("update", "File", key, {"title": "x"})], firms.ada),
    ):
        assert await refusal(attempt) == "not_found"
    assert (await client.read("File", key, firms.eve))["title"] == "plan"


async def test_one_person_sees_what_is_of_the_tenant_that_it_acts_for(
    client: Client, firms: Firms
) -> None:
    mine, theirs = await both(client, firms)
    for actor, seen, hidden in (
        (firms.ada, mine, theirs), (firms.ada_there, theirs, mine),
    ):  # fmt: skip
        assert (await client.read("File", seen["id"], actor))["id"] == seen["id"]
        assert await refusal(client.read("File", hidden["id"], actor)) == "not_found"


async def test_no_way_of_reading_leads_to_another_tenant(client: Client, firms: Firms) -> None:
    france = await country(client, "fr")
    label = await client.create("Label", {"name": "urgent"}, firms.ada)
    mine = await file(client, firms.ada, country_id=france, label_ids=[label["id"]], title="plan")
    theirs = await file(client, firms.eve, country_id=france, title="plan")
    await client.update("File", theirs["id"], {"keeper_id": "ada"}, firms.eve)
    ids = [mine["id"]]
    plain = await client.page("File", firms.ada, count="exact")
    assert ([row["id"] for row in plain.items], plain.count) == (ids, 1)
    found = await client.page("File", firms.ada, search="plan")
    assert [row["id"] for row in found.items] == ids
    by_time = await client.page("File", firms.ada, sort="-created_at")
    assert [row["id"] for row in by_time.items] == ids
    assert [row["id"] for row in await client.export("File", firms.ada)] == ids
    assert await client.summarize("File", "count", firms.ada) == [{"count": 1}]
    there = await client.read("Country", france, firms.ada, include="files")
    assert [row["id"] for row in there["files"]] == ids
    within = await client.page("File", firms.ada, within=Within("Country", france, "files"))
    assert [row["id"] for row in within.items] == ids
    keeper = await client.read("Member", "ada", firms.ada, include="files")
    assert [row["id"] for row in keeper["files"]] == ids
    firm = await client.page("Firm", firms.ada, include="files")
    assert [[row["id"] for row in one["files"]] for one in firm.items] == [ids]
    deep = await client.read("File", mine["id"], firms.ada, include="country.files,keeper.files")
    assert [row["id"] for row in deep["country"]["files"]] == ids
    assert [row["id"] for row in deep["keeper"]["files"]] == ids


async def test_a_filter_over_shared_rows_does_not_tell_of_another_tenant(
    client: Client, firms: Firms
) -> None:
    france = await country(client, "fr")
    await file(client, firms.eve, "secret", country_id=france)
    for resource, path in (("Country", "files.number"), ("Member", "files.number")):
        test = Has(path, "eq", "secret")
        assert (await client.page(resource, firms.ada, where=test)).items == []
        assert len((await client.page(resource, firms.eve, where=test)).items) == 1


async def test_what_is_worked_out_over_rows_leaves_other_tenants_out(
    client: Client, firms: Firms
) -> None:
    await file(client, firms.ada, "1")
    await file(client, firms.ada_there, "1")
    await file(client, firms.ada_there, "2")
    for actor, number in ((firms.ada, 1), (firms.ada_there, 2), (LOST, 0), (None, 0)):
        assert (await client.read("Member", "ada", actor))["busy"] == number


async def test_a_policy_of_a_shared_resource_asks_of_ones_own_tenant_only(
    client: Client, firms: Firms
) -> None:
    nowhere = await country(client, "xx")
    await file(client, firms.eve)
    key = (await client.page("File", firms.eve)).items[0]["id"]
    in_it = {"country_id": nowhere}
    assert (await refused(client.update("File", key, in_it, firms.eve))).code == "invalid_values"
    assert await refusal(client.read("Country", nowhere, firms.eve)) == "not_found"


async def test_without_a_tenant_there_is_nothing_but_what_is_shared(
    client: Client, firms: Firms
) -> None:
    france = await country(client, "fr")
    mine, _ = await both(client, firms)
    for actor, code in ((LOST, "forbidden"), (None, "unauthenticated")):
        assert await refusal(client.page("File", actor)) == code
        assert await refusal(client.page("Firm", actor)) == code
        assert await refusal(client.create("File", {"number": "9"}, actor)) == code
        assert await refusal(client.call("numbers", actor, resource="File")) == code
        assert [row["id"] for row in (await client.page("Country", actor)).items] == [france]
    for odd in ("", "x", "0", f"{mine['firm_id']} "):
        stranger = firms.of("ada", odd)
        assert (await answered(client.page("File", stranger))) in ([], "forbidden")
        attempt = client.create("File", {"number": "9"}, stranger)
        assert await refusal(attempt) in {"invalid_values", "forbidden"}


async def answered(attempt: Any) -> Any:
    try:
        return (await attempt).items
    except Exception as error:
        return getattr(error, "code", error)


# -- naming ----------------------------------------------------------------------------------
async def test_a_reference_to_another_tenant_leads_nowhere(client: Client, firms: Firms) -> None:
    mine, theirs = await both(client, firms)
    label = await client.create("Label", {"name": "urgent"}, firms.eve)
    key, far = mine["id"], theirs["id"]
    attempts = {
        "/parent_id": client.update("File", key, {"parent_id": far}, firms.ada),
        "/label_ids/0": client.update("File", key, {"label_ids": [label["id"]]}, firms.ada),
        "/sheets/0/about_id": file(
            client, firms.ada, "3", sheets=[{"text": "x", "about_id": far}]
        ),
        "/instead_id": client.call(
            "shut", firms.ada, resource="File", key=key, inputs={"instead_id": far}
        ),
        "/file_id": client.create("Seat", {"user_id": "ada", "file_id": far}, firms.ada),
    }  # fmt: skip
    for place, attempt in attempts.items():
        problem = await refused(attempt)
        assert [(flaw.code, flaw.at) for flaw in problem.flaws] == [("no_such_reference", place)]


async def test_the_same_value_is_unique_in_each_tenant(client: Client, firms: Firms) -> None:
    await both(client, firms)
    problem = await refused(file(client, firms.ada))
    assert (problem.code, problem.places) == ("not_unique", {"/number"})
    assert "firm" not in problem.text.replace("/firms", "")


async def test_the_same_key_of_a_repeated_request_is_another_in_each_tenant(
    client: Client, firms: Firms
) -> None:
    once = How(once="k1")
    first = await client.create("File", {"number": "1"}, firms.ada, how=once)
    second = await client.create("File", {"number": "1"}, firms.ada_there, how=once)
    again = await client.create("File", {"number": "1"}, firms.ada, how=once)
    assert (first["firm_id"], second["firm_id"]) == (firms.first, firms.second)
    assert again["id"] == first["id"]


async def seats(client: Client, actor: Someone) -> list[tuple[str, str]]:
    rows = (await client.page("Seat", actor)).items
    return sorted((row["firm_id"], row["user_id"]) for row in rows)


# -- commands --------------------------------------------------------------------------------
async def test_a_command_finds_the_rows_of_its_own_tenant(client: Client, firms: Firms) -> None:
    await file(client, firms.ada, "1")
    await file(client, firms.eve, "2")
    assert await client.call("numbers", firms.ada, resource="File") == ["1"]
    assert await client.call("numbers", firms.eve, resource="File") == ["2"]
    for actor, seen in ((firms.ada, 0), (firms.eve, 1)):
        inputs = {"number": "2"}
        assert await client.call("peek", actor, resource="File", inputs=inputs) == seen


async def test_rows_that_a_command_makes_are_of_its_own_tenant(
    client: Client, firms: Firms
) -> None:
    await file(client, firms.ada, "1")
    inputs = {"member_id": "ada", "firm": "new"}
    await client.call("seize", firms.ada, resource="Seat", inputs=inputs)
    assert await seats(client, firms.ada) == [(firms.first, "ada"), (firms.first, "root")]
    new = await client.page("File", firms.ada, where=Has("number", "eq", "new"), include="sheets")
    assert [row["firm_id"] for row in new.items] == [firms.first]
    assert [row["firm_id"] for row in new.items[0]["sheets"]] == [firms.first]
    assert await seats(client, firms.eve) == [(firms.second, "root")]


async def test_a_command_can_found_a_tenant_with_its_first_rows(
    client: Client, firms: Firms
) -> None:
    key = await client.call("found", LOST, resource="Firm", inputs={"name": "third"})
    there = firms.of("lost", key)
    assert (await client.read("Firm", key, there))["name"] == "third"
    assert await seats(client, there) == [(key, "lost")]
    assert [row["name"] for row in (await client.page("Firm", firms.ada)).items] == ["first"]


async def test_a_row_of_a_new_tenant_leads_to_no_row_of_an_old_one(
    client: Client, firms: Firms
) -> None:
    mine = await file(client, firms.ada, "1")
    inputs = {"file_id": mine["id"], "name": "third"}
    attempt = client.call("smuggle", firms.ada, resource="Firm", inputs=inputs)
    problem = await refused(attempt)
    assert [(flaw.code, flaw.at) for flaw in problem.flaws] == [("no_such_reference", "/file_id")]
    assert await seats(client, firms.ada) == [(firms.first, "root")]
