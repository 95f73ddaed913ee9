"""API keys: a program has what its key was given, and gets no more by any way."""

from typing import Any

import pytest
import pytest_asyncio

from tests.hostile.identity.acts import rows
from tests.hostile.identity.routes import routes_of
from tests.identity.people import Person, Place, code_of

Key = dict[str, Any]


async def made(person: Person, *scopes: str) -> Key:
    answer = await person.post("auth/keys", {"name": "Build", "scopes": list(scopes)})
    assert answer.status_code == 200, answer.text
    found: Key = answer.json()
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader(bob: Person) -> Key:
    """A key that may read notes, and nothing else."""
    await bob.post("notes", {"text": "x", "pages": [{"text": "y"}]})
    return await made(bob, "notes:read")


async def test_a_key_that_reads_notes_does_nothing_else(
    place: Place, bob: Person, reader: Key
) -> None:
    """Every other route, with rows that are the owner's own."""
    note = (await bob.get("notes")).json()["items"][0]
    page = (await bob.get(f"notes/{note['id']}/pages")).json()["items"][0]
    before, wrong = await rows(place), []
    for route in await routes_of(place):
        keys = {"id": note["id"], "part_id": page["id"]}
        if route.path.startswith("members/"):
            keys = {"id": bob.id}
        reads = not route.writes and route.path.startswith("notes")
        if route.open or route.path in {"batch", "can", "auth/me"}:
            continue
        path = route.at(keys)
        if route.method == "DELETE" and not route.parameters and "auth" not in path:
            path = f"{path}?id[in]={note['id']}"
        answer = await place.send(route.method, path, route.body, token=reader["key"])
        if reads != (answer.status_code == 200) or (
            not reads and answer.status_code not in {403, 404}
        ):
            wrong.append(f"{route.method} {route.path}: {answer.status_code} {answer.text}")
    assert wrong == []
    before["charter_api_keys"] = (after := await rows(place))["charter_api_keys"]
    assert after == before


async def test_a_batch_or_a_list_takes_it_no_further(
    place: Place, bob: Person, reader: Key
) -> None:
    note = (await bob.get("notes")).json()["items"][0]
    path = f"/v1/notes/{note['id']}"
    for operation in (
        {"method": "PATCH", "path": path, "body": {"text": "y"}},
        {"method": "DELETE", "path": path},
        {"method": "POST", "path": f"{path}/publish"},
        {"method": "POST", "path": "/v1/notes", "body": {"text": "y"}},
    ):
        answer = await place.post("batch", {"operations": [operation]}, token=reader["key"])
        assert code_of(answer) == "insufficient_scope", operation
    for include in ("owner", "pages"):
        found = await place.send("GET", f"notes?include={include}", token=reader["key"])
        assert bob.address not in found.text
    checks = [
        {"action": action, "resource": "notes", "id": note["id"]}
        for action in ("read", "update", "delete", "publish")
    ]
    answer = await place.post("can", {"checks": checks}, token=reader["key"])
    assert [one["allowed"] for one in answer.json()["results"]] == [True, False, False, False]


@pytest.mark.parametrize(
    "scope",
    [
        "write", "notes:*", "notes:read write", "notes:read notes:write", "read", "*",
        "notes:read\twrite", "NOTES:READ", "notes:read,write", "notes", "members:read",
        "notes:publish", "offline_access",
    ],
)  # fmt: skip
async def test_an_exchange_gives_no_scope_that_the_key_has_not(
    place: Place, reader: Key, scope: str
) -> None:
    form = {"grant_type": "client_credentials", "scope": scope}
    secret = (reader["id"], reader["key"])
    answer = await place.client.post("/v1/auth/token", data=form, auth=secret)
    assert answer.status_code in {400, 422}
    assert "access_token" not in answer.text


async def test_a_token_of_a_key_is_bound_as_the_key_is(
    place: Place, bob: Person, reader: Key
) -> None:
    form = {"grant_type": "client_credentials"}
    secret = (reader["id"], reader["key"])
    answer = await place.client.post("/v1/auth/token", data=form, auth=secret)
    token = answer.json()["access_token"]
    assert "refresh_token" not in answer.json()
    assert (await place.send("GET", "notes", token=token)).status_code == 200
    for method, path, body in (
        ("POST", "notes", {"text": "x"}), ("POST", "auth/keys", {"name": "x"}),
        ("GET", "members", None), ("DELETE", "auth/account", None), ("GET", "auth/sessions", None),
        ("POST", "auth/step-up", {"password": "x"}), ("POST", "auth/totp", None),
    ):  # fmt: skip
        assert (await place.send(method, path, body, token=token)).status_code == 403, path


@pytest.mark.parametrize(
    "scopes",
    [["*"], [""], ["notes:read write"], ["notes:read\nwrite"], ["admin"], ["notes:"], [":read"],
     ["notes:read", "members:everything"], "write", [["write"]], [None], ["a" * 101], ["x"] * 51],
)  # fmt: skip
async def test_no_key_is_made_with_a_scope_that_is_none(
    place: Place, bob: Person, scopes: Any
) -> None:
    answer = await bob.post("auth/keys", {"name": "Build", "scopes": scopes})
    assert answer.status_code == 422


async def test_half_a_key_opens_nothing(place: Place, reader: Key) -> None:
    key = reader["key"]
    changed = key[:-1] + ("a" if key[-1] != "a" else "b")
    for text in (reader["id"], reader["prefix"], key[:-1], key + "a", key.upper(), changed):
        assert (await place.send("GET", "notes", token=text)).status_code == 401
    form = {"grant_type": "client_credentials"}
    for pair in ((reader["id"], reader["prefix"]), (reader["id"], ""), ("", key), ("x", key)):
        answer = await place.client.post("/v1/auth/token", data=form, auth=pair)
        assert answer.status_code in {401, 422}
        assert "access_token" not in answer.text
