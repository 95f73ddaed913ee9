"""Whether a session is there still is asked at every read: on a server in the same statement."""

import httpx2
import pytest

from tests.identity.people import Person, Place, code_of

ANN = "ann@example.com"


async def note(ann: Person) -> str:
    made = await ann.post("notes", {"text": "hello"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


@pytest.mark.parametrize("path", ["notes", "notes/{id}", "notes?count=exact&limit=1"])
async def test_a_read_asks_once_on_a_server(place: Place, path: str) -> None:
    ann = await place.person(ANN)
    path = path.format(id=await note(ann))
    await ann.get(path)
    place.witness.statements.clear()
    answer = await ann.get(path)
    assert answer.status_code == 200
    assert "hello" in answer.text
    remote = place.process.service.dialect.remote
    asked = [one for one in place.witness.statements if "charter_mail" not in one]
    assert len(asked) == (1 if remote else 2), asked


GRAPH = "{ notes { nodes { text } } more: notes(first: 1) { totalCount } }"


async def asked_by_graph(ann: Person) -> httpx2.Response:
    fields = {"authorization": f"Bearer {ann.token}"}
    return await ann.place.client.post("/graphql", json={"query": GRAPH}, headers=fields)


async def test_a_query_asks_once_on_a_server(place: Place) -> None:
    ann = await place.person(ANN)
    await note(ann)
    await asked_by_graph(ann)
    place.witness.statements.clear()
    answer = await asked_by_graph(ann)
    nodes = [{"text": "hello"}]
    assert answer.json() == {"data": {"notes": {"nodes": nodes}, "more": {"totalCount": 1}}}
    remote = place.process.service.dialect.remote
    asked = [one for one in place.witness.statements if "charter_mail" not in one]
    assert len(asked) == (1 if remote else 2), asked


async def test_who_has_signed_out_asks_for_nothing_over_graphql(place: Place) -> None:
    ann = await place.person(ANN)
    await note(ann)
    assert (await ann.post("auth/sign-out")).status_code == 204
    after = await asked_by_graph(ann)
    assert after.status_code == 401
    assert after.json()["errors"][0]["extensions"]["code"] == "session_ended"
    assert "hello" not in after.text


@pytest.mark.parametrize(
    "path", ["notes", "notes/{id}", "notes/0190b7a1-0000-7000-8000-000000000000",
             "notes?count=exact&limit=1", "notes?aggregate=count", "notes?text=nothing"]
)  # fmt: skip
async def test_who_has_signed_out_reads_nothing(place: Place, path: str) -> None:
    ann = await place.person(ANN)
    path = path.format(id=await note(ann))
    before = await ann.get(path)
    assert before.status_code in {200, 404}
    assert (await ann.post("auth/sign-out")).status_code == 204
    after = await ann.get(path)
    assert (after.status_code, code_of(after)) == (401, "session_ended")
    assert "hello" not in after.text
    export = await place.client.get(
        "/v1/notes",
        headers={"authorization": f"Bearer {ann.token}", "accept": "application/x-ndjson"},
    )
    assert code_of(export) == "session_ended"


async def test_what_does_not_exist_is_missing_for_who_is_signed_in(place: Place) -> None:
    ann = await place.person(ANN)
    missing = await ann.get("notes/0190b7a1-0000-7000-8000-000000000000")
    assert (missing.status_code, code_of(missing)) == (404, "not_found")
