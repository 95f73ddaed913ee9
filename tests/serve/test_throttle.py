"""What a client gets where requests are limited."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from charter.access.rates.memory import MemoryStore
from charter.access.rates.settings import Failing, RatesSettings, limits_of
from charter.core.problems import Problem
from charter.plan.actor import API_KEY, Actor
from charter.serve.asgi import AsgiApp, application
from charter.serve.web.throttle import Tally, Throttle
from charter.wire.http import Request
from tests.serve.apps import CONTRACT, bearer, client_of, served, settings_in

NOTES = "/v1/notes"
CONNECTIONS = 60


def app_of(directory: Path, rates: RatesSettings, **serve: Any) -> AsgiApp:
    settings = settings_in(directory, **serve)
    return application(CONTRACT, replace(settings, rates=rates))


def anonymous(app: AsgiApp, address: str | None = "192.0.2.1") -> httpx2.AsyncClient:
    client = (address, 1) if address is not None else None
    transport = httpx2.ASGITransport(app, client=client)  # type: ignore[arg-type]
    return httpx2.AsyncClient(transport=transport, base_url="http://test")


async def statuses(client: httpx2.AsyncClient, count: int, path: str = NOTES) -> list[int]:
    return [(await client.get(path)).status_code for _ in range(count)]


async def test_answers_say_what_the_limit_is_and_what_is_left(tmp_path: Path) -> None:
    app = app_of(tmp_path, RatesSettings(actor="10/1m"))
    await app.open()
    async with client_of(app) as client:
        read = await client.get(NOTES)
        write = await client.post(NOTES, json={"text": "x"})
        refused = await client.post(NOTES, json={"text": "x"})
    await app.close()
    assert read.headers["ratelimit-policy"] == '"actor";q=10;w=60'
    assert read.headers["ratelimit"] == '"actor";r=9;t=6'
    assert write.headers["ratelimit"] == '"actor";r=4;t=6'
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "6"
    assert refused.headers["ratelimit"] == '"actor";r=4;t=6'
    problem = refused.json()
    assert problem["code"] == "rate_limited"
    assert problem["violated-policies"] == ["actor"]


async def test_each_actor_has_a_limit_of_its_own_and_so_has_each_address(tmp_path: Path) -> None:
    app = app_of(tmp_path, RatesSettings(actor="3/1h", address="2/1h"))
    await app.open()
    async with client_of(app) as ann, anonymous(app) as one, anonymous(app, "192.0.2.2") as two:
        assert await statuses(ann, 4) == [200, 200, 200, 429]
        bob = [(await ann.get(NOTES, headers=bearer("bob"))).status_code for _ in range(4)]
        assert bob == [200, 200, 200, 429]
        assert (await statuses(one, 3))[2] == 429
        assert (await statuses(two, 3))[2] == 429
        assert 429 not in await statuses(one, 1, "/docs")
        assert await statuses(one, 1, "/health/live") == [200]
    await app.close()


async def test_one_customer_has_all_addresses_of_an_ipv6_network(tmp_path: Path) -> None:
    app = app_of(tmp_path, RatesSettings(address="2/1h"))
    await app.open()
    found = []
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3", "2001:db8:0:1::1"):
        async with anonymous(app, address) as client:
            found += await statuses(client, 1)
    async with anonymous(app, "192.0.2.9") as plain, anonymous(app, "::ffff:192.0.2.9") as mapped:
        found += await statuses(plain, 1) + await statuses(mapped, 2)
    await app.close()
    assert [status == 429 for status in found] == [False, False, True, False, False, False, True]


async def test_bad_tokens_count_against_their_address(tmp_path: Path) -> None:
    app = app_of(tmp_path, RatesSettings(address="3/1h"))
    await app.open()
    async with anonymous(app) as client:
        tried = [
            (await client.get(NOTES, headers={"authorization": f"Bearer a.b.{number}"})).status_code
            for number in range(5)
        ]
        good = await client.get(NOTES, headers=bearer())
    await app.close()
    assert tried == [401, 401, 401, 429, 429]
    assert good.status_code == 200


async def test_an_api_key_has_one_limit_however_its_field_is_spelt() -> None:
    rates = RatesSettings(key="3/1h", actor="1/1h")
    throttle = Throttle(rates, "/v1", MemoryStore(limits_of(rates).all, 64))
    program = Actor("ann", methods=frozenset({API_KEY}))

    def tally(field: str) -> Tally:
        return Tally(throttle, Request("GET", NOTES, headers={"authorization": field}))

    for field in ("Bearer chk_one", "bearer chk_one", "BEARER    chk_one"):
        await tally(field).known(program)
    with pytest.raises(Problem) as refused:
        await tally("Bearer chk_one").known(program)
    other = tally("Bearer chk_two")
    await other.known(program)
    await throttle.store.close()
    assert refused.value.detail.members == {"violated-policies": ["key"]}
    assert other.fields()[1] == ("ratelimit", '"key";r=2;t=1200')


async def test_a_cookie_does_not_hide_who_has_no_credentials(tmp_path: Path) -> None:
    app = app_of(tmp_path, RatesSettings(address="2/1h"))
    await app.open()
    async with anonymous(app) as client:
        tried = [
            (await client.get(NOTES, headers={"cookie": f"a={number}"})).status_code
            for number in range(3)
        ]
    await app.close()
    assert tried[2] == 429


async def test_signing_in_has_a_stricter_limit(tmp_path: Path) -> None:
    app = app_of(tmp_path, RatesSettings(sign_in="2/10m", address="100/1m"))
    await app.open()
    async with anonymous(app) as client:
        tried = [await client.post("/v1/auth/sign-in", json={}) for _ in range(3)]
        others = [await client.post(f"/v1/auth/{name}") for name in ("password/forgot", "register")]
        lenient = [await client.post(f"/v1/auth/{name}") for name in ("refresh", "sign-out")]
        reads = [await client.get("/v1/auth/providers") for _ in range(3)]
        async with anonymous(app, "192.0.2.77") as another:
            elsewhere = await another.post("/v1/auth/sign-in", json={})
    await app.close()
    assert [answer.status_code == 429 for answer in tried] == [False, False, True]
    assert tried[0].headers["ratelimit-policy"] == '"sign-in";q=2;w=600, "address";q=100;w=60'
    assert tried[0].headers["ratelimit"] == '"sign-in";r=1;t=300, "address";r=95;t=1'
    assert tried[2].json()["violated-policies"] == ["sign-in"]
    assert tried[2].headers["retry-after"] == "300"
    assert all(answer.status_code == 429 for answer in others)
    assert all(answer.status_code != 429 for answer in [*lenient, *reads, elsewhere])


async def test_what_a_request_costs_is_how_much_it_asks_for(tmp_path: Path) -> None:
    app = app_of(tmp_path, RatesSettings(actor="1000/1h"))
    await app.open()
    left = []
    async with client_of(app) as client:
        for method, target, body in (
            ("GET", NOTES, None),
            ("GET", f"{NOTES}?limit=101", None),
            ("GET", f"{NOTES}?limit=500", None),
            ("POST", NOTES, {"text": "one"}),
            ("POST", NOTES, [{"text": str(number)} for number in range(150)]),
            ("GET", f"{NOTES}?nonsense=1", None),
        ):
            answer = await client.request(method, target, json=body)
            left.append(int(answer.headers["ratelimit"].split(";r=")[1].split(";")[0]))
        export = await client.get(NOTES, headers={"accept": "text/csv"})
    await app.close()
    costs = [before - after for before, after in zip([1000, *left], left, strict=False)]
    assert costs == [1, 2, 5, 5, 10, 1]
    assert f";r={left[-1] - 100};" in export.headers["ratelimit"]


async def test_what_would_cost_too_much_is_refused_before_it_is_done(tmp_path: Path) -> None:
    app = app_of(tmp_path, RatesSettings(actor="20/1h", write_cost=10, rows_per_unit=1))
    await app.open()
    async with client_of(app) as client:
        bulk = await client.post(NOTES, json=[{"text": "x"}, {"text": "y"}, {"text": "z"}])
        async with client_of(app) as reader:
            found = await reader.get(f"{NOTES}?limit=1", headers=bearer("bob"))
    await app.close()
    assert bulk.status_code == 429
    assert found.json()["items"] == []


async def test_a_route_can_have_a_limit_of_its_own(tmp_path: Path) -> None:
    rates = RatesSettings(routes=("POST /v1/notes = 2/1h", "GET /v1/notes/{id} = 1/1h"))
    app = app_of(tmp_path, rates)
    await app.open()
    async with client_of(app) as client:
        made = [await client.post(NOTES, json={"text": "x"}) for _ in range(3)]
        one = f"{NOTES}/{made[0].json()['id']}"
        read = [await client.get(one), await client.get(one)]
        listed = await client.get(NOTES)
        bob = await client.post(NOTES, json={"text": "x"}, headers=bearer("bob"))
    await app.close()
    assert [answer.status_code for answer in made] == [201, 201, 429]
    assert made[2].json()["violated-policies"] == ["route-1"]
    assert [answer.status_code for answer in read] == [200, 429]
    assert (listed.status_code, bob.status_code) == (200, 201)


async def test_limits_can_be_turned_off_one_by_one_and_all(tmp_path: Path) -> None:
    for rates in (RatesSettings(actor="off"), RatesSettings(enabled=False, actor="1/1h")):
        app = app_of(tmp_path, rates)
        await app.open()
        async with client_of(app) as client:
            answers = [await client.get(NOTES) for _ in range(5)]
        await app.close()
        assert {answer.status_code for answer in answers} == {200}
        assert all("ratelimit" not in answer.headers for answer in answers)


async def test_without_its_server_a_closed_limit_answers_503(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    rates = RatesSettings(store="redis://127.0.0.1:1/0", failing=Failing.CLOSED, timeout=0.5)
    app = app_of(tmp_path, rates)
    await app.open()
    async with client_of(app) as client:
        refused = await client.get(NOTES)
        live = await client.get("/health/live")
    await app.close()
    assert (refused.status_code, refused.json()["code"]) == (503, "limits_unavailable")
    assert refused.headers["retry-after"] == "1"
    assert live.status_code == 200


async def test_an_address_that_is_not_known_has_a_limit_too(tmp_path: Path) -> None:
    app = app_of(tmp_path, RatesSettings(address="2/1h"))
    await app.open()
    async with anonymous(app, None) as client:
        assert (await statuses(client, 3))[2] == 429
    await app.close()


def test_the_limit_holds_with_four_workers(tmp_path: Path) -> None:
    flags = ("--workers", "4", "--rates-actor", "40/1h", "--rates-address", "30/1h")
    with served(tmp_path, *flags) as running:

        async def hit(headers: dict[str, str]) -> httpx2.Response:
            # A connection each: the kernel spreads connections over the workers.
            async with httpx2.AsyncClient(base_url=running.url, timeout=60) as client:
                return await client.get(NOTES, headers=headers)

        async def all_at_once() -> tuple[list[httpx2.Response], list[httpx2.Response]]:
            known = [hit(bearer()) for _ in range(2 * CONNECTIONS)]
            unknown = [hit({}) for _ in range(CONNECTIONS)]
            return await asyncio.gather(*known), await asyncio.gather(*unknown)

        known, unknown = asyncio.run(all_at_once())
        log = running.lines()
    assert sum(answer.status_code == 200 for answer in known) == 40
    assert sum(answer.status_code == 429 for answer in known) == 2 * CONNECTIONS - 40
    assert sum(answer.status_code == 429 for answer in unknown) == CONNECTIONS - 30
    # Ids begin with what only one process has.
    assert len({answer.headers["x-request-id"][:23] for answer in known}) > 1
    assert {line.get("code") for line in log if line["event"] == "answered"} >= {"rate_limited"}
    assert json.dumps(log).count("Traceback") == 0
