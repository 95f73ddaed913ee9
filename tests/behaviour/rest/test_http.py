"""What only HTTP has: methods, status codes, headers and representations."""

import gzip
import json
import re
import time
from typing import Any

import httpx2
import pytest

from charter.access.issue import Grant, issue_token
from tests.behaviour.actors import ADA, BOB, EDITOR
from tests.behaviour.clients.base import Row
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.serving import KEY, Served, token


async def sample(http: RestClient, **values: Any) -> Row:
    row: Row = (await http.send("POST", "/v1/samples", body={"name": "x", **values})).json()
    return row


async def project(http: RestClient, **values: Any) -> Row:
    body = {"name": "p", "code": "p", **values}
    row: Row = (await http.send("POST", "/v1/projects", ADA, body=body)).json()
    return row


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_parameter_has_to_be_one_of_its_words(http: RestClient) -> None:
    answer = await http.send("GET", "/v1/samples", params=[("count", "maybe")])
    assert code(answer) == (400, "invalid_parameter")


async def test_a_field_that_one_never_sees_cannot_be_picked(http: RestClient) -> None:
    answer = await http.send("GET", "/v1/projects", ADA, params=[("fields", "rating")])
    assert code(answer) == (400, "unknown_parameter")


async def test_a_batch_has_no_operation_that_the_contract_does_not_have(http: RestClient) -> None:
    steps = [{"method": "POST", "path": "/v1/samples/explode", "body": {}}]
    answer = await http.send("POST", "/v1/batch", body={"operations": steps})
    assert answer.status_code == 422
    assert answer.json()["flaws"][0]["pointer"] == "#/operations/0/path"


async def test_a_created_row_has_a_location_and_a_tag(http: RestClient) -> None:
    made = await http.send("POST", "/v1/samples", body={"name": "x"})
    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/samples/{made.json()['id']}"
    read = await http.send("GET", made.headers["location"])
    assert read.headers["etag"] == made.headers["etag"]
    assert read.json() == made.json()


async def test_a_created_part_has_a_location_below_its_owner(http: RestClient) -> None:
    owner = await project(http)
    path = f"/v1/projects/{owner['id']}/tasks"
    made = await http.send("POST", path, ADA, body={"title": "t"})
    assert made.headers["location"] == f"{path}/{made.json()['id']}"
    assert (await http.send("GET", made.headers["location"], ADA)).json() == made.json()


async def test_a_row_that_has_not_changed_is_not_sent_again(http: RestClient) -> None:
    made = await sample(http)
    path = f"/v1/samples/{made['id']}"
    first = await http.send("GET", path)
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[^"]+"', tag)
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await http.send("GET", path, headers={"if-none-match": condition})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"]
    assert (await http.send("GET", path, headers={"if-none-match": '"x"'})).status_code == 200
    await http.send("PATCH", path, body={"name": "y"})
    changed = await http.send("GET", path, headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_a_tag_as_it_was_given_is_good_for_if_match(http: RestClient) -> None:
    made = await http.send("POST", "/v1/samples", body={"name": "x"})
    path, tag = made.headers["location"], made.headers["etag"]
    changed = await http.send("PATCH", path, body={"name": "y"}, headers={"if-match": tag})
    assert changed.status_code == 200
    stale = await http.send("PATCH", path, body={"name": "z"}, headers={"if-match": tag})
    assert code(stale) == (412, "version_conflict")
    weak = {"if-match": f"W/{changed.headers['etag']}"}
    assert code(await http.send("PATCH", path, body={"name": "z"}, headers=weak)) == (
        412, "version_conflict",
    )  # fmt: skip
    assert (await http.send("DELETE", path, headers={"if-match": "*"})).status_code == 204


async def test_a_version_that_is_demanded_and_missing_is_428(http: RestClient) -> None:
    made = await http.send("POST", "/v1/pages", ADA, body={"title": "x"})
    path = made.headers["location"]
    assert code(await http.send("PATCH", path, ADA, body={"title": "y"})) == (
        428, "version_required",
    )  # fmt: skip
    assert code(await http.send("DELETE", path, ADA)) == (428, "version_required")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/samples", "GET, HEAD, POST, PATCH, DELETE, OPTIONS"),
        ("POST", "/v1/samples/0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
         "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("GET", "/v1/batch", "POST, OPTIONS"),
        ("GET", "/v1/greet", "POST, OPTIONS"),
        ("POST", "/v1/users", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        ("TRACE", "/v1/samples", "GET, HEAD, POST, PATCH, DELETE, OPTIONS"),
    ],
)  # fmt: skip
async def test_another_method_is_405_with_allow(
    http: RestClient, method: str, path: str, allow: str
) -> None:
    answer = await http.send(method, path)
    assert code(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allow


async def test_options_tells_the_methods(http: RestClient) -> None:
    answer = await http.send("OPTIONS", "/v1/samples/0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert answer.headers["accept-patch"] == "application/merge-patch+json, application/json"


async def test_head_is_get_without_a_body(http: RestClient) -> None:
    made = await sample(http)
    for path in (f"/v1/samples/{made['id']}", "/v1/samples", "/v1/samples?aggregate=count"):
        got, head = await http.send("GET", path), await http.send("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        names = ("content-type", "content-length", "etag", "link")
        assert [head.headers.get(n) for n in names] == [got.headers.get(n) for n in names]


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        (None, b"{}", (415, "unsupported_media_type")),
        ("text/plain", b"{}", (415, "unsupported_media_type")),
        ("application/x-www-form-urlencoded", b"name=x", (415, "unsupported_media_type")),
        ("application/json; charset=latin-1", b"{}", (415, "unsupported_media_type")),
        ("application/json", b"", (400, "malformed")),
        ("application/json", b"{", (400, "malformed")),
        ("application/json", b"{'a':1}", (400, "malformed")),
        ("application/json", b'{"name":"x",}', (400, "malformed")),
        ("application/json", b'{"name":"x","name":"y"}', (400, "malformed")),
        ("application/json", b'{"name":NaN}', (400, "malformed")),
        ("application/json", b'{"name":"\xff"}', (400, "malformed")),
        ("application/json", b'"x"', (422, "invalid_values")),
        ("application/json", b"[" * 40 + b"]" * 40, (400, "too_complex")),
    ],
)  # fmt: skip
async def test_a_body_that_cannot_be_read(
    http: RestClient, content_type: str | None, body: bytes, expected: tuple[int, str]
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    answer = await http.http.request("POST", "/v1/samples", content=body, headers=headers)
    assert code(answer) == expected


@pytest.mark.parametrize(
    ("accept", "path", "found"),
    [
        ("*/*", "", "application/json"),
        ("text/html, application/*;q=0.1", "", "application/json"),
        ("application/hal+json", "", "application/hal+json"),
        ("text/csv", "", "text/csv"),
        ("application/x-ndjson;q=0.5, text/csv;q=0.4", "", "application/x-ndjson"),
        ("text/html", "", None),
        ("text/csv", "/ID", None),
    ],
)
async def test_the_representation_is_negotiated(
    http: RestClient, accept: str, path: str, found: str | None
) -> None:
    made = await sample(http)
    path = "/v1/samples" + path.replace("ID", made["id"])
    answer = await http.send("GET", path, headers={"accept": accept})
    if found is None:
        assert code(answer) == (406, "not_acceptable")
    else:
        assert answer.headers["content-type"].partition(";")[0] == found


@pytest.mark.parametrize(
    ("header", "status", "challenge"),
    [
        (None, 401, 'Bearer realm="api"'),
        ("Bearer nonsense", 401, 'error="invalid_token"'),
        ("Basic YTpi", 401, 'error="invalid_token"'),
        ("Bearer a.b.c", 401, 'error="invalid_token"'),
    ],
)
async def test_credentials_are_asked_for(
    http: RestClient, header: str | None, status: int, challenge: str
) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = await http.send("GET", "/v1/pages", headers=headers)
    assert answer.status_code == status
    assert challenge in answer.headers["www-authenticate"]


async def test_an_old_or_foreign_token_is_refused_even_where_none_is_needed(
    http: RestClient,
) -> None:
    good = token(ADA)
    head, body, signature = good.split(".")
    old = issue_token(KEY, Grant("ada"), now=time.time() - 7200)
    for bad in (f"{head}.{body}.", f"{head}.{body}.{signature[:-4]}AAAA", good + "x", old):
        answer = await http.send("GET", "/v1/samples", headers={"authorization": f"Bearer {bad}"})
        assert code(answer) == (401, "invalid_token")


async def test_links_lead_through_a_list(http: RestClient) -> None:
    for name in "abc":
        await sample(http, name=name)
    answer = await http.send("GET", "/v1/samples?sort=-name&limit=2&name[ne]=z")
    links = {
        relation: target
        for target, relation in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["link"])
    }
    assert links["next"] == answer.json()["next"]
    last = await http.send("GET", links["next"])
    assert [row["name"] for row in last.json()["items"]] == ["a"]
    assert 'rel="next"' not in last.headers["link"]
    first = await http.send("GET", links["first"])
    assert first.json() == answer.json()


async def test_hal_links_lead_to_relations_and_to_what_can_be_done_now(http: RestClient) -> None:
    made = await project(http, visibility="public", tasks=[{"title": "t"}])
    path = f"/v1/projects/{made['id']}"
    hal = {"accept": "application/hal+json"}

    async def links(actor: Any) -> dict[str, Any]:
        document = (await http.send("GET", path, actor, headers=hal)).json()
        found: dict[str, Any] = document["_links"]
        return found

    mine = await links(ADA)
    assert mine["self"]["href"] == path
    assert mine["tasks"]["href"] == f"{path}/tasks"
    assert mine["owner"]["href"] == "/v1/users/ada"
    commands = {"start", "close", "copy", "break_it", "tidy"}
    assert commands & mine.keys() == {"start", "copy", "break_it"}
    assert commands & (await links(BOB)).keys() == set()
    assert (await http.send("POST", mine["start"]["href"], ADA, body={})).status_code == 200
    assert commands & (await links(ADA)).keys() == {"close", "copy", "break_it"}
    listed = (await http.send("GET", "/v1/projects?include=tasks", ADA, headers=hal)).json()
    (item,) = listed["_embedded"]["items"]
    assert item["_embedded"]["tasks"][0]["title"] == "t"
    assert item["_links"]["close"]["href"] == f"{path}/close"
    for link in mine.values():
        status = (await http.send("OPTIONS", link["href"], ADA)).status_code
        assert status == 204, link


async def test_a_problem_says_all_that_rfc_9457_wants(http: RestClient) -> None:
    answer = await http.send("POST", "/v1/samples", body={"small": 11, "a b/ü": 1})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == answer.status_code == 422
    assert problem["type"] == "/docs/problems/invalid_values"
    assert problem["instance"].startswith("urn:uuid:")
    assert problem["instance"].endswith(answer.headers["x-request-id"])
    assert {flaw["pointer"] for flaw in problem["flaws"]} == {
        "#/name", "#/small", "#/a%20b~1%C3%BC",
    }  # fmt: skip
    page = await http.send("GET", problem["type"])
    assert page.status_code == 200
    assert "invalid_values" in page.text


async def test_an_export_as_csv(http: RestClient) -> None:
    await sample(http, name='a,"b"\n', notes="", price="1.5", words=["x"])
    await sample(http, name="=1+1", kind="blue")
    csv = {"accept": "text/csv"}
    path = "/v1/samples?fields=name,notes,price,words,flag&sort=kind"
    answer = await http.send("GET", path, headers=csv)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == 'attachment; filename="samples.csv"'
    assert answer.text == (
        'name,notes,price,words,flag\r\n\'=1+1,,,[],\r\n"a,""b""\n","",1.50,"[""x""]",\r\n'
    )


async def test_an_export_has_every_row_however_many(http: RestClient) -> None:
    for start in range(0, 1500, 500):
        rows = [{"name": f"{start + index:05}"} for index in range(500)]
        assert (await http.send("POST", "/v1/samples", body=rows)).status_code == 201
    ndjson = {"accept": "application/x-ndjson"}
    answer = await http.send("GET", "/v1/samples?sort=name&fields=name", headers=ndjson)
    names = [json.loads(line)["name"] for line in answer.text.splitlines()]
    assert names == [f"{index:05}" for index in range(1500)]


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_a_body_is_compressed_where_it_gains(http: RestClient, coding: str) -> None:
    await http.send("POST", "/v1/samples", body=[{"name": "x"}] * 50)
    plain = await http.send("GET", "/v1/samples", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    request = http.http.build_request("GET", "/v1/samples", headers={"accept-encoding": coding})
    answer = await http.http.send(request, stream=True)
    raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == coding
    assert len(raw) < len(plain.content) / 4
    if coding == "gzip":
        assert gzip.decompress(raw) == plain.content
    small = await http.send("GET", "/v1/samples?limit=1", headers={"accept-encoding": coding})
    assert "content-encoding" not in small.headers


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/v1/samples?nmae=x", "name"),
        ("/v1/samples?name[lkie]=x", "like"),
        ("/v1/samples?srot=name", "sort"),
        ("/v1/samples?fields=nmae", "name"),
        ("/v1/projects?include=taks", "tasks"),
        ("/v1/samples/0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b?fileds=name", "fields"),
    ],
)
async def test_an_unknown_parameter_names_the_nearest_known_one(
    http: RestClient, path: str, near: str
) -> None:
    answer = await http.send("GET", path, ADA)
    assert answer.status_code == 400
    assert f"`{near}`" in answer.text


async def test_the_request_id_of_the_client_is_kept(http: RestClient, served: Served) -> None:
    answer = await http.send("GET", "/v1/samples", headers={"x-request-id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    answer = await http.send("GET", "/v1/samples", headers={"x-request-id": "not sane!"})
    assert answer.headers["x-request-id"] != "not sane!"


async def test_a_bulk_create_is_201_and_a_bulk_delete_204(http: RestClient) -> None:
    made = await http.send("POST", "/v1/tags", EDITOR, body=[{"label": "a"}, {"label": "b"}])
    assert made.status_code == 201
    keys = ",".join(row["id"] for row in made.json()["items"])
    gone = await http.send("DELETE", f"/v1/tags?id[in]={keys}", EDITOR)
    assert (gone.status_code, gone.content) == (204, b"")
    assert code(await http.send("DELETE", "/v1/tags", EDITOR)) == (400, "invalid_parameter")


async def test_a_batch_tells_status_and_place_of_each_step(http: RestClient) -> None:
    operations = [
        {"id": "t", "method": "POST", "path": "/v1/samples", "body": {"name": "a"}},
        {"method": "PATCH", "path": "/v1/samples/{t.id}", "body": {"name": "b"}},
        {"method": "DELETE", "path": "/v1/samples/{t.id}"},
    ]
    answer = await http.send("POST", "/v1/batch", body={"operations": operations})
    made, changed, gone = answer.json()["items"]
    assert (made["status"], changed["status"], gone["status"]) == (201, 200, 204)
    assert made["location"] == f"/v1/samples/{made['body']['id']}"
    assert changed["etag"].startswith('"2.')
