"""Nobody gives themselves what is not theirs to give (mass assignment)."""

from collections.abc import Iterator
from typing import Any

from charter.contract.resource import SetBy
from tests.hostile.identity.acts import again, once, rows
from tests.hostile.identity.guild import guild
from tests.identity.people import PASSWORD, Person, Place

FOREIGN: dict[str, Any] = {
    "roles": ["chief"], "role": "chief", "is_admin": True, "admin": True, "scopes": None,
    "scope": "write", "tenant": "x", "tenant_id": "x", "mfa": True, "amr": ["mfa"], "sub": "x",
    "password_hash": "x", "email_confirmed": True, "verified": True, "session": "x", "account": {},
    "__proto__": {"role": "chief"}, "constructor": {}, "remark": "x", "pages[]": "x",
    "staffs": [{"role": "chief"}], "created_by": "x",
}  # fmt: skip


def protected() -> Iterator[tuple[str, Any]]:
    """The fields of accounts that no client sets, or not again."""
    for item in guild.build().resource_named["Member"].fields:
        if item.set_by is not SetBy.CLIENT:
            yield item.name, "x" if item.type.scalar.value in {"text", "email"} else 1


async def test_registering_gives_nothing_but_what_it_asks_for(place: Place) -> None:
    fields = {name: value for name, value in protected() if name not in {"email", "joined"}}
    wrong = []
    for name, value in {**fields, **FOREIGN}.items():
        body = {"email": "eve@example.com", "password": PASSWORD, name: value}
        answer = await place.post("auth/register", body)
        if answer.status_code != 422:
            wrong.append((name, answer.status_code))
    assert wrong == []
    assert {"id", "email_verified", "credit", "version", "created_at"} <= fields.keys()


async def test_no_way_of_writing_changes_what_the_service_sets(place: Place, ann: Person) -> None:
    before, ann = await rows(place), await again(place, ann)
    before["charter_sessions"] = (await rows(place))["charter_sessions"]
    wrong = []
    path = f"members/{ann.id}"
    for name, value in {**dict(protected()), **FOREIGN}.items():
        for method, where, body in (
            ("PATCH", path, {name: value}),
            ("PUT", path, {"name": "Ann", "phone": "1", name: value}),
            ("PATCH", "members", [{"id": ann.id, name: value}]),
            ("POST", "batch", {"operations": [
                {"method": "PATCH", "path": f"/v1/{path}", "body": {name: value}}]}),
        ):  # fmt: skip
            if where == "members" and name in {"id", "version"}:
                continue  # They say which row is meant, and what is known of it.
            answer = await place.send(method, where, body, token=ann.token)
            if answer.status_code != 422:
                wrong.append((method, where, name, answer.status_code, answer.text))
    assert wrong == []
    after = await rows(place)
    assert after["members"] == before["members"]
    assert after["staffs"] == before["staffs"]


async def test_nobody_makes_an_account_past_its_registration(place: Place, ann: Person) -> None:
    values = {"name": "Eve", "email": "eve@example.com", "phone": "1"}
    operations = [{"method": "POST", "path": "/v1/members", "body": values}]
    for path, body in (("members", values), ("members", [values])):
        assert (await ann.post(path, body)).status_code == 405
    assert (await ann.post("batch", {"operations": operations})).status_code >= 400
    found = await place.rows("SELECT count(*) FROM members WHERE name = 'Eve'")
    assert found[0][0] == 0


async def test_nobody_gives_themselves_a_role(place: Place, ann: Person) -> None:
    values = {"user_id": ann.id, "role": "chief"}
    operations = [{"method": "POST", "path": "/v1/staffs", "body": values}]
    for path, body in (
        ("staffs", values), ("staffs", [values]), ("batch", {"operations": operations}),
    ):  # fmt: skip
        assert (await ann.post(path, body)).status_code == 403
    assert (await (await again(place, ann)).get("auth/me")).json()["roles"] == []


async def test_a_row_is_not_given_to_another_or_taken_from_them(
    place: Place, ann: Person, bob: Person
) -> None:
    given = await ann.post("notes", {"owner_id": bob.id, "text": "x"})
    assert given.status_code == 403
    note = (await ann.post("notes", {"text": "x"})).json()
    moved = await place.send("PATCH", f"notes/{note['id']}", {"owner_id": bob.id}, token=ann.token)
    assert moved.status_code == 403
    for name, value in {"stage": "out", "version": 9, "id": bob.id}.items():
        body = {"text": "x", name: value}
        assert (await ann.post("notes", body)).status_code == 422


async def test_what_was_registered_cannot_be_changed_when_it_is_confirmed(place: Place) -> None:
    address = "zoe@example.com"
    body = {"email": address, "password": PASSWORD, "phone": "1"}
    assert (await place.post("auth/register", body)).status_code == 202
    token = await once(place, address)
    for name, value in {"email": "ann@example.com", "account": "x", "roles": ["chief"]}.items():
        answer = await place.post("auth/verify", {"token": token, name: value})
        assert answer.status_code == 422
    assert (await place.post("auth/verify", {"token": token})).status_code == 204
    found = await place.rows("SELECT phone, credit, email FROM members WHERE email LIKE 'zoe%'")
    assert [tuple(row) for row in found] == [("1", 0, address)]
