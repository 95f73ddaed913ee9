"""What is somebody else's stays theirs: on every route that takes the id of something."""

from typing import Any

import pytest_asyncio

from tests.access.authenticator import Authenticator
from tests.hostile.identity.acts import rows
from tests.hostile.identity.routes import Route, routes_of
from tests.identity.people import Person, Place
from tests.identity.test_passkeys import registered

NOWHERE = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
Keys = dict[str, dict[str, str]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keys(place: Place, bob: Person) -> Keys:
    """The ids of all that is Bob's, by the path below which they are."""
    note = (await bob.post("notes", {"text": "mine", "pages": [{"text": "one"}]})).json()
    page = (await bob.get(f"notes/{note['id']}/pages")).json()["items"][0]
    staff = "018f0000-0000-7000-8000-000000000001"
    moment = "'2026-01-01T00:00:00.000000Z'"
    await place.sql(
        "INSERT INTO staffs (id, user_id, role, created_at, updated_at, version) VALUES "
        f"('{staff}', '{bob.id}', 'clerk', {moment}, {moment}, 1)"
    )
    await place.sql(
        "INSERT INTO charter_identities (id, account, issuer, subject, created_at) "
        f"VALUES ('{staff}', '{bob.id}', 'https://id.example', 'bob', {moment})"
    )
    tokens = await place.sign_in(bob.address)
    fresh = Person(place, bob.address, bob.id, tokens)
    return {
        "members": {"id": bob.id},
        "staffs": {"id": staff},
        "notes": {"id": note["id"], "part_id": page["id"]},
        "auth/sessions": {"id": (await fresh.get("auth/me")).json()["session"]},
        "auth/keys": {"id": (await fresh.post("auth/keys", {"name": "x"})).json()["id"]},
        "auth/passkeys": {"id": (await registered(fresh, Authenticator()))["id"]},
        "auth/identities": {"id": staff},
        "auth/providers": {"id": "corp"},
    }


def known(route: Route, keys: Keys) -> dict[str, str]:
    (found,) = (value for start, value in keys.items() if route.path.startswith(f"{start}/"))
    return found


async def answer_to(place: Place, route: Route, path: str, person: Person) -> tuple[int, Any]:
    """The status and the code of an answer."""
    more: dict[str, Any] = {"data": route.body} if route.form else {}
    body = None if route.form else route.body
    answer = await place.send(route.method, path, body, token=person.token, **more)
    told = answer.json() if answer.content else {}
    return answer.status_code, told.get("code")


async def test_every_route_with_an_id_is_tried(place: Place, keys: Keys) -> None:
    routes = [route for route in await routes_of(place) if route.parameters]
    assert {route.path.partition("/{")[0] for route in routes} == keys.keys()
    assert len(routes) > 20


async def test_what_is_of_another_is_not_there(
    place: Place, ann: Person, bob: Person, keys: Keys
) -> None:
    """Every answer is the one to an id that nobody has, and nothing changes."""
    before = await rows(place)
    wrong = []
    for route in await routes_of(place):
        if not route.parameters or route.open:
            continue
        path = route.at(known(route, keys))
        nobodys = route.at(dict.fromkeys(route.parameters, NOWHERE))
        told = await answer_to(place, route, path, ann)
        same = told == await answer_to(place, route, nobodys, ann)
        if told[0] not in {403, 404} or not same:
            wrong.append(f"{route.method} {path}: {told}")
    assert wrong == []
    assert await rows(place) == before


async def test_what_is_of_another_cannot_be_written_in_bulk_or_in_a_batch(
    place: Place, ann: Person, keys: Keys
) -> None:
    before = await rows(place)
    wrong = []
    for name in ("members", "staffs", "notes"):
        key = keys[name]["id"]
        operations = [
            {"method": "PATCH", "path": f"/v1/{name}/{key}", "body": {}},
            {"method": "PUT", "path": f"/v1/{name}/{key}", "body": {}},
            {"method": "DELETE", "path": f"/v1/{name}/{key}"},
        ]
        for method, path, body in (
            ("PATCH", name, [{"id": key}]),
            ("DELETE", f"{name}?id[in]={key}", None),
            *(("POST", "batch", {"operations": [one]}) for one in operations),
        ):
            answer = await place.send(method, path, body, token=ann.token)
            if answer.status_code not in {403, 404, 422}:
                wrong.append(f"{method} {path} {body}: {answer.text}")
    assert wrong == []
    assert await rows(place) == before


async def test_lists_have_nothing_of_another(place: Place, ann: Person, keys: Keys) -> None:
    theirs = {key for found in keys.values() for key in found.values()} - {"corp"}
    for route in await routes_of(place):
        if route.method == "GET" and not route.parameters:
            text = (await ann.get(route.path)).text
            assert not [key for key in theirs if key in text], route.path


async def test_its_owner_can_reach_all_of_it(place: Place, bob: Person, keys: Keys) -> None:
    tokens = await place.sign_in(bob.address)
    for name, found in keys.items():
        if name not in {"auth/providers", "auth/sessions"}:
            listed = await place.send("GET", name, token=tokens["access_token"])
            assert found["id"] in listed.text, name
