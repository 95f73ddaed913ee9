"""GraphQL over HTTP: requests, persisted documents, who may know the schema, other sites."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from charter.access import extras
from charter.access.rates.settings import RatesSettings
from charter.cli.main import main
from charter.serve.settings.model import Settings
from charter.wire.graphql.settings import GraphqlSettings
from tests.behaviour.contract import studio
from tests.behaviour.serving import serving, settings_for

STUDIO = Path(__file__).parents[1] / "behaviour" / "contract.py"
ANSWER = "application/graphql-response+json"
QUERY = "{ tags { totalCount } }"
DIGEST = hashlib.sha256(QUERY.encode()).hexdigest()
MAKE = 'mutation { createSample(input: {name: "x"}) { sample { name } } }'


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@asynccontextmanager
async def client(
    folder: Path, *, production: bool = False, **graphql: Any
) -> AsyncIterator[httpx2.AsyncClient]:
    plain = settings_for(f"sqlite:///{folder / 'studio.db'}")
    serve = replace(plain.serve, production=production, max_body=200_000)
    settings = replace(plain, serve=serve, graphql=GraphqlSettings(**graphql))
    async with _client(settings) as found:
        yield found


@asynccontextmanager
async def _client(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    url = settings.serve.database or ""
    async with serving(studio.build(), url, settings) as served:
        transport = httpx2.ASGITransport(served.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://studio") as http:
            yield http


async def post(http: httpx2.AsyncClient, body: Any, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json", "accept": ANSWER}
    return await http.post("/graphql", content=content, headers={**fields, **headers})


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def test_the_status_says_what_became_of_a_request(tmp_path: Path) -> None:
    async def work() -> None:
        async with client(tmp_path) as http:
            answer = await post(http, {"query": QUERY})
            assert answer.status_code == 200
            assert answer.headers["content-type"] == f"{ANSWER}; charset=utf-8"
            assert answer.json() == {"data": {"tags": {"totalCount": 0}}}
            understood: tuple[Any, ...] = (
                {"query": QUERY, "operationName": "x"}, {"query": "{"}, {"query": "{ gone }"},
                {"query": "query($a: ID!) { node(id: $a) { id } }"},
                {"query": "{ samples(first: 501) { totalCount } }"},
            )  # fmt: skip
            for body, found in (
                (b"{", (400, "malformed")), (b"[]", (400, "invalid_parameter")),
                (b"", (400, "malformed")), ({}, (400, "invalid_parameter")),
                ({"query": 3}, (400, "invalid_parameter")),
                ({"query": QUERY, "variables": []}, (400, "invalid_parameter")),
                ({"query": QUERY, "operationName": "x"}, (400, "invalid_document")),
                ({"query": "{"}, (400, "invalid_document")),
                ({"query": "{ gone }"}, (400, "invalid_document")),
                ({"query": "query($a: ID!) { node(id: $a) { id } }"}, (400, "invalid_values")),
                ({"query": "{ samples(first: 501) { totalCount } }"}, (400, "invalid_parameter")),
                ([{"query": QUERY}], (400, "invalid_parameter")),
            ):  # fmt: skip
                assert code(await post(http, body)) == found, body
                old = await post(http, body, accept="application/json")
                assert old.status_code == (200 if body in understood else 400), body
            refused = await post(http, {"query": QUERY}, accept="text/csv")
            assert refused.status_code == 406
            gone = await http.put("/graphql", content=b"{}")
            assert (gone.status_code, gone.headers["allow"]) == (405, "GET, POST, OPTIONS")
            bad = await post(http, {"query": QUERY}, authorization="Bearer x")
            assert code(bad) == (401, "invalid_token")
            assert "www-authenticate" in bad.headers

    run(work())


def test_get_reads_and_never_writes(tmp_path: Path) -> None:
    async def work() -> None:
        async with client(tmp_path) as http:
            params = {"query": "query($n: Int) { samples(first: $n) { nodes { name } } }"}
            params["variables"] = '{"n": 1}'
            answer = await http.get("/graphql", params=params)
            assert answer.json() == {"data": {"samples": {"nodes": []}}}
            refused = await http.get("/graphql", params={"query": MAKE}, headers={"accept": ANSWER})
            assert code(refused) == (405, "method_not_allowed")
            assert refused.headers["allow"] == "POST"
            twice = await http.get("/graphql?query=%7Ba%7D&query=%7Bb%7D")
            assert code(twice) == (400, "invalid_parameter")
            listed = await post(http, {"query": "{ samples { totalCount } }"})
            assert listed.json()["data"]["samples"]["totalCount"] == 0

    run(work())


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
def test_what_a_page_of_another_site_may_send_unasked_is_not_understood(
    tmp_path: Path, kind: str | None
) -> None:
    async def work() -> None:
        async with client(tmp_path) as http:
            headers = {"origin": "https://evil.example"} | ({"content-type": kind} if kind else {})
            body = json.dumps({"query": MAKE}).encode()
            answer = await http.post("/graphql", content=body, headers=headers)
            assert code(answer) == (415, "unsupported_media_type")
            asked = {
                "origin": "https://evil.example", "access-control-request-method": "POST",
                "access-control-request-headers": "content-type",
            }  # fmt: skip
            preflight = await http.options("/graphql", headers=asked)
            assert "access-control-allow-origin" not in preflight.headers

    run(work())


def test_a_document_that_was_sent_once_is_known_by_its_digest(tmp_path: Path) -> None:
    async def work() -> None:
        async with client(tmp_path) as http:
            extensions = {"persistedQuery": {"version": 1, "sha256Hash": DIGEST}}
            unknown = await post(http, {"extensions": extensions})
            assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
            assert code(unknown)[1] == "unknown_document"
            both = await post(http, {"query": QUERY, "extensions": extensions})
            assert both.json()["data"] == {"tags": {"totalCount": 0}}
            alone = await post(http, {"extensions": extensions})
            assert alone.json()["data"] == {"tags": {"totalCount": 0}}
            params = {"extensions": json.dumps(extensions)}
            assert (await http.get("/graphql", params=params)).json()["data"]
            wrong = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
            refused = await post(http, {"query": QUERY, "extensions": wrong})
            assert code(refused) == (400, "invalid_parameter")
        async with client(tmp_path, automatic=False) as http:
            await post(http, {"query": QUERY, "extensions": extensions})
            assert code(await post(http, {"extensions": extensions}))[1] == "unknown_document"

    run(work())


def test_only_listed_documents_are_answered_where_there_is_a_list(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    (folder / "more").mkdir(parents=True)
    (folder / "more" / "tags.graphql").write_text(QUERY, encoding="utf-8")
    (folder / "named.json").write_text(json.dumps({"who": "{ __typename }"}), encoding="utf-8")

    async def work() -> None:
        async with client(tmp_path, documents=folder) as http:
            assert (await post(http, {"query": QUERY})).json()["data"]
            by_digest = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": DIGEST}}}
            assert (await post(http, by_digest)).json()["data"]
            named = await post(http, {"documentId": "who"})
            assert named.json() == {"data": {"__typename": "Query"}}
            for body in (
                {"query": QUERY + " "}, {"query": MAKE}, {"documentId": "else"},
                {"query": MAKE, "documentId": "who"},
            ):  # fmt: skip
                assert code(await post(http, body))[1] == "unlisted_document"

    run(work())
    (folder / "named.json").write_text("[]", encoding="utf-8")
    for path in (tmp_path / "gone", tmp_path / "more", folder):
        with pytest.raises(ValueError, match=r"graphql\.documents"):
            run(_opened(tmp_path, path))


async def _opened(folder: Path, documents: Path) -> None:
    async with client(folder, documents=documents):
        raise AssertionError("it was served")


def test_in_production_nothing_tells_of_the_schema(tmp_path: Path) -> None:
    types = {"query": "{ __schema { queryType { name } } }"}
    html = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    async def work() -> None:
        async with client(tmp_path) as http:
            known = await post(http, types)
            assert known.json()["data"]["__schema"] == {"queryType": {"name": "Query"}}
            page = await http.get("/graphql", headers=html)
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert "script-src 'self'" in page.headers["content-security-policy"]
            assert "unsafe" not in page.headers["content-security-policy"]
            for name in ("graphiql.js", "page.css"):
                assert f"graphql/assets/{name}" in page.text
                assert (await http.get(f"/graphql/assets/{name}")).status_code == 200
        async with client(tmp_path, production=True) as http:
            assert code(await post(http, types))[1] == "invalid_document"
            misspelt = await post(http, {"query": "{ tagz { totalCount } }"})
            assert "tags" not in misspelt.text
            assert (await http.get("/graphql", headers=html)).status_code == 400
            assert (await http.get("/graphql/assets/graphiql.js")).status_code == 404
            assert (await post(http, {"query": QUERY})).json()["data"]
        async with client(tmp_path, production=True, introspection=True, page=True) as http:
            assert (await post(http, types)).json()["data"]
            assert (await http.get("/graphql", headers=html)).status_code == 200

    run(work())


def test_it_can_be_elsewhere_or_off(tmp_path: Path) -> None:
    async def work() -> None:
        async with client(tmp_path, path="/api/graph") as http:
            fields = {"content-type": "application/json"}
            body = json.dumps({"query": QUERY}).encode()
            moved = await http.post("/api/graph", content=body, headers=fields)
            assert moved.json()["data"]
            assert (await post(http, {"query": QUERY})).status_code == 404
        async with client(tmp_path, enabled=False) as http:
            assert (await post(http, {"query": QUERY})).status_code == 404

    run(work())


def test_a_list_of_operations_is_answered_where_it_is_allowed(tmp_path: Path) -> None:
    async def work() -> None:
        async with client(tmp_path, max_batch=2) as http:
            answer = await post(http, [{"query": QUERY}, {"query": "{"}])
            assert answer.status_code == 200
            first, second = answer.json()
            assert first == {"data": {"tags": {"totalCount": 0}}}
            assert second["errors"][0]["extensions"]["code"] == "invalid_document"
            assert code(await post(http, [{"query": QUERY}] * 3)) == (400, "invalid_parameter")
            assert code(await post(http, [])) == (400, "invalid_parameter")

    run(work())


def test_a_request_is_charged_by_what_it_asks_for(tmp_path: Path) -> None:
    plain = settings_for(f"sqlite:///{tmp_path / 'studio.db'}")
    rates = RatesSettings(enabled=True, address="20/1m", write_cost=5, rows_per_unit=50)

    def left(answer: httpx2.Response) -> int:
        return int(answer.headers["ratelimit"].split("r=")[1].split(";")[0])

    async def work() -> None:
        async with _client(replace(plain, rates=rates)) as http:
            assert left(await post(http, {"query": QUERY})) == 19
            pages = "{ samples(first: 200) { totalCount } }"
            assert left(await post(http, {"query": pages})) == 15
            many = "mutation { " + " ".join(
                f'a{at}: createSample(input: {{name: "x"}}) {{ __typename }}' for at in range(4)
            ) + " }"  # fmt: skip
            partly = await post(http, {"query": many})
            assert partly.status_code == 200
            errors = partly.json()["errors"]
            assert [error["path"] for error in errors] == [["a3"]]
            assert errors[0]["extensions"]["code"] == "rate_limited"
            assert code(await post(http, {"query": MAKE})) == (429, "rate_limited")

    run(work())


def test_without_its_extra_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)

    async def work() -> None:
        async with client(tmp_path) as http:
            assert (await post(http, {"query": QUERY})).status_code == 404
            assert (await http.get("/v1/tags")).status_code == 200

    run(work())
    assert main(["design", str(STUDIO), "--sdl"]) != 0
    assert 'pip install "charter[graphql]"' in capsys.readouterr().err
