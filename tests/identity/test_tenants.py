"""The tenant that somebody acts for who has signed in: chosen, kept, and gone at once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
import pytest_asyncio
from openapi_spec_validator import validate

from charter import Actor, Contract, Policy, Resource, User, allow, field, inverse
from charter.core.ids import uuid7
from charter.wire.rest.describe.document import document
from charter.wire.rest.settings import RestSettings
from tests.identity.guests import Guest
from tests.identity.people import PASSWORD, Person, Place, code_of, opened, settings_for
from tests.identity.shop import shop

desk = Contract("desk")


@desk.accounts
class Member(User):
    pass


@desk.tenant
class Organisation(Resource):
    name: str
    seats: list["Seat"] = inverse()


@desk.resource
class Seat(Resource):
    organisation: Organisation
    user: User
    role: Literal["owner", "guest"]


desk.grants(Seat, on="organisation")


@desk.resource
class Order(Resource):
    number: str = field(unique=True, max_length=20)


@desk.policy(Member)
def member_policy(member: Member, actor: Actor) -> Policy:
    yield allow("read", when=member == actor.user)


@desk.policy(Organisation)
def organisation_policy(organisation: Organisation, actor: Actor) -> Policy:
    yield allow("read")


@desk.policy(Seat)
def seat_policy(seat: Seat, actor: Actor) -> Policy:
    yield allow("*", when=actor.has_role("owner", on=seat.organisation))


@desk.policy(Order)
def order_policy(order: Order, actor: Actor) -> Policy:
    yield allow("*")


A = UUID("0190b7a1-0000-7000-8000-00000000000a")
B = UUID("0190b7a1-0000-7000-8000-00000000000b")
NOWHERE = UUID("0190b7a1-0000-7000-8000-00000000000c")
ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"
STAMPS = "'2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z', 1"


@pytest_asyncio.fixture
async def place(url: str, tmp_path: Path) -> AsyncIterator[Place]:
    """Two tenants, A and B."""
    mail = tmp_path / "mail"
    async with opened(desk.build(), settings_for(url, mail), mail) as found:
        for key in (A, B):
            await found.sql(
                "INSERT INTO organisations (id, name, created_at, updated_at, version)"
                f" VALUES ('{key}', 'Firm', {STAMPS})"
            )
        yield found
        assert not found.witness.failures, found.witness.failures


async def seated(place: Place, account: str, tenant: UUID, role: str = "guest") -> None:
    await place.sql(
        "INSERT INTO seats (id, organisation_id, user_id, role, created_at, updated_at, version)"
        f" VALUES ('{uuid7()}', '{tenant}', '{account}', '{role}', {STAMPS})"
    )


async def unseated(place: Place, account: str, tenant: UUID) -> None:
    where = f"user_id = '{account}' AND organisation_id = '{tenant}'"
    await place.sql(f"DELETE FROM seats WHERE {where}")


async def member(place: Place, address: str, *tenants: UUID) -> Person:
    """Somebody with an account who belongs to tenants, and has signed in since."""
    stranger = await place.person(address)
    for tenant in tenants:
        await seated(place, stranger.id, tenant)
    return Person(place, address, stranger.id, await place.sign_in(address))


async def tenant_of(person: Person) -> str | None:
    me = await person.get("auth/me")
    assert me.status_code == 200, me.text
    found: str | None = me.json()["tenant"]
    return found


async def switched(person: Person, tenant: UUID | None) -> Person:
    body = {"tenant": None if tenant is None else str(tenant)}
    answer = await person.post("auth/tenant", body)
    assert answer.status_code == 200, answer.text
    return Person(person.place, person.address, person.id, {**person.tokens, **answer.json()})


async def refreshed(person: Person) -> Person:
    body = {"refresh_token": person.tokens["refresh_token"]}
    answer = await person.place.post("auth/refresh", body)
    assert answer.status_code == 200, answer.text
    return Person(person.place, person.address, person.id, answer.json())


async def orders(person: Person) -> list[str]:
    answer = await person.get("orders")
    assert answer.status_code == 200, answer.text
    return [order["number"] for order in answer.json()["items"]]


async def sees_nothing(person: Person) -> bool:
    """Whether there is no order that somebody could ever read."""
    answer = await person.get("orders")
    return (answer.status_code, code_of(answer)) == (403, "forbidden")


async def order(person: Person, number: str) -> dict[str, Any]:
    made = await person.post("orders", {"number": number})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def test_who_belongs_to_one_tenant_acts_for_it(place: Place) -> None:
    bob = await member(place, BOB, B)
    assert await tenant_of(bob) == str(B)
    assert (await order(bob, "no-b1"))["organisation_id"] == str(B)
    assert await orders(bob) == ["no-b1"]
    assert await tenant_of(await refreshed(bob)) == str(B)


async def test_who_belongs_to_none_sees_nothing(place: Place) -> None:
    bob, eve = await member(place, BOB, B), await member(place, EVE)
    await order(bob, "no-b1")
    assert await tenant_of(eve) is None
    assert await sees_nothing(eve)
    assert (await eve.get("auth/tenants")).json() == {"items": []}
    assert (await eve.post("orders", {"number": "no-e1"})).status_code == 403


async def test_who_belongs_to_several_chooses(place: Place) -> None:
    ann, bob = await member(place, ANN, A, B), await member(place, BOB, B)
    await seated(place, ann.id, A, "owner")
    await order(bob, "no-b1")
    assert await tenant_of(ann) is None
    assert await sees_nothing(ann)
    assert (await ann.get("auth/tenants")).json()["items"] == [
        {"tenant": str(A), "roles": ["guest", "owner"]},
        {"tenant": str(B), "roles": ["guest"]},
    ]
    ann = await switched(ann, A)
    assert await tenant_of(ann) == str(A)
    await order(ann, "no-a1")
    assert await orders(ann) == ["no-a1"]
    ann = await switched(ann, B)
    assert await orders(ann) == ["no-b1"]
    assert await tenant_of(await refreshed(ann)) == str(B)
    assert await sees_nothing(await switched(ann, None))


async def test_a_choice_is_that_of_one_session(place: Place) -> None:
    ann = await member(place, ANN, A, B)
    other = Person(place, ANN, ann.id, await place.sign_in(ANN))
    ann = await switched(ann, A)
    assert (await tenant_of(ann), await tenant_of(other)) == (str(A), None)


async def test_the_key_can_be_written_in_any_way(place: Place) -> None:
    ann = await member(place, ANN, A, B)
    answer = await ann.post("auth/tenant", {"tenant": str(A).upper()})
    ann = Person(place, ANN, ann.id, answer.json())
    assert await tenant_of(ann) == str(A)


async def test_a_tenant_of_others_is_one_that_there_is_not(place: Place) -> None:
    bob = await member(place, BOB, B)
    refusals = [
        await bob.post("auth/tenant", {"tenant": tenant})
        for tenant in (str(A), str(NOWHERE), "none", "x' OR 1=1")
    ]
    assert {(answer.status_code, code_of(answer)) for answer in refusals} == {(404, "not_found")}
    bodies = [{**answer.json(), "instance": None} for answer in refusals]
    assert all(body == bodies[0] for body in bodies), bodies
    assert await tenant_of(bob) == str(B)


@pytest.mark.parametrize(
    "path", ["orders", "orders/{id}", f"orders/{NOWHERE}", "orders?count=exact&limit=1",
             "orders?aggregate=count", "auth/me"]
)  # fmt: skip
async def test_a_token_of_the_old_tenant_reads_nothing_after_the_switch(
    place: Place, path: str
) -> None:
    ann = await switched(await member(place, ANN, A, B), A)
    path = path.format(id=(await order(ann, "no-a1"))["id"])
    before = await ann.get(path)
    assert before.status_code == (404 if str(NOWHERE) in path else 200)
    await switched(ann, B)
    after = await ann.get(path)
    assert (after.status_code, code_of(after)) == (401, "token_stale")
    assert "no-a1" not in after.text
    assert code_of(await ann.post("orders", {"number": "no-a2"})) == "token_stale"


@pytest.mark.parametrize("path", ["orders", "orders/{id}", "orders?aggregate=count"])
async def test_a_membership_that_is_taken_away_is_gone_at_once(place: Place, path: str) -> None:
    bob = await member(place, BOB, B)
    path = path.format(id=(await order(bob, "no-b1"))["id"])
    assert (await bob.get(path)).status_code == 200
    await unseated(place, bob.id, B)
    after = await bob.get(path)
    assert (after.status_code, code_of(after)) == (401, "token_stale")
    assert "no-b1" not in after.text
    assert code_of(await bob.post("orders", {"number": "no-b2"})) == "token_stale"
    bob = await refreshed(bob)
    assert await tenant_of(bob) is None
    assert await sees_nothing(bob)
    await seated(place, bob.id, B)
    assert await sees_nothing(bob)
    assert await orders(await switched(bob, B)) == ["no-b1"]


async def test_an_owner_takes_a_membership_away(place: Place) -> None:
    ann, bob = await member(place, ANN, A), await member(place, BOB, A)
    await seated(place, ann.id, A, "owner")
    seats = (await ann.get("seats")).json()["items"]
    (seat,) = (item for item in seats if item["user_id"] == bob.id)
    assert (await ann.delete(f"seats/{seat['id']}")).status_code == 204
    assert code_of(await bob.get("orders")) == "token_stale"
    assert await orders(ann) == []


async def test_a_read_asks_for_the_tenant_along_with_the_session(place: Place) -> None:
    bob = await member(place, BOB, B)
    await orders(bob)
    place.witness.statements.clear()
    await orders(bob)
    asked = [one for one in place.witness.statements if "charter_mail" not in one]
    assert len(asked) == (1 if place.process.service.dialect.remote else 2), asked


async def test_a_browser_keeps_its_cookie(place: Place) -> None:
    ann = await member(place, ANN, A, B)
    await order(await switched(ann, A), "no-a1")
    page = Guest(place, "ann")
    await page.comes_in(ANN)
    assert code_of(await page.get("orders")) == "forbidden"
    chosen = await page.send("POST", "auth/tenant", {"tenant": str(A)})
    assert (chosen.status_code, chosen.content) == (204, b"")
    assert (await page.get("auth/me")).json()["tenant"] == str(A)
    assert len((await page.get("orders")).json()["items"]) == 1
    await unseated(place, ann.id, A)
    assert (await page.get("auth/me")).json()["tenant"] is None
    assert code_of(await page.get("orders")) == "forbidden"
    foreign = {"sec-fetch-site": "cross-site"}
    refused = await page.send("POST", "auth/tenant", {"tenant": str(B)}, headers=foreign)
    assert code_of(refused) == "cross_site_request"


async def test_a_key_acts_for_the_tenant_of_the_session_that_made_it(place: Place) -> None:
    ann = await switched(await member(place, ANN, A, B), A)
    made = (await ann.post("auth/keys", {"name": "Build"})).json()
    assert made["tenant"] == str(A)
    await order(ann, "no-a1")
    await switched(ann, B)
    program = Person(place, ANN, ann.id, {"access_token": made["key"]})
    form = {"grant_type": "client_credentials"}
    got = await place.client.post("/v1/auth/token", data=form, auth=(made["id"], made["key"]))
    exchanged = Person(place, ANN, ann.id, got.json())
    assert await orders(program) == await orders(exchanged) == ["no-a1"]
    assert (await program.post("auth/tenant", {"tenant": str(B)})).status_code == 403
    await unseated(place, ann.id, A)
    assert await sees_nothing(program)
    assert code_of(await exchanged.get("orders")) == "token_stale"


async def test_a_step_up_keeps_the_tenant_as_long_as_it_is_one(place: Place) -> None:
    ann = await switched(await member(place, ANN, A, B), A)
    stepped = await ann.post("auth/step-up", {"password": PASSWORD})
    ann = Person(place, ANN, ann.id, stepped.json())
    assert await tenant_of(ann) == str(A)
    await unseated(place, ann.id, A)
    ann = await refreshed(ann)
    stepped = await ann.post("auth/step-up", {"password": PASSWORD})
    assert await tenant_of(Person(place, ANN, ann.id, stepped.json())) is None


async def test_nobody_gets_a_tenant_by_saying_so(place: Place) -> None:
    eve = await member(place, EVE)
    login = {"email": EVE, "password": PASSWORD, "tenant": str(A)}
    assert (await place.post("auth/sign-in", login)).status_code == 422
    refresh = {"refresh_token": eve.tokens["refresh_token"], "tenant": str(A)}
    assert (await place.post("auth/refresh", refresh)).status_code == 422
    account = {"email": "new@example.com", "password": PASSWORD, "tenant": str(A)}
    assert (await place.post("auth/register", account)).status_code == 422
    made = await eve.post("orders", {"number": "no-e1", "organisation_id": str(A)})
    assert made.status_code in {403, 422}
    assert (await eve.post("auth/keys", {"name": "K", "tenant": str(A)})).status_code == 422


def test_the_endpoints_are_there_where_there_are_tenants() -> None:
    found: dict[str, Any] = document(desk.build(), RestSettings())
    validate(found)
    assert {"200", "204", "404"} <= found["paths"]["/v1/auth/tenant"]["post"]["responses"].keys()
    assert "/v1/auth/tenants" in found["paths"]
    without: dict[str, Any] = document(shop.build(), RestSettings())
    assert not {"/v1/auth/tenant", "/v1/auth/tenants"} & without["paths"].keys()
