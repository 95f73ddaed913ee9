"""Guessing: it tells nothing, it is slowed down, and it keeps nobody out of their own account."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from charter.access.rates.settings import RatesSettings
from charter.serve.asgi import AsgiApp
from tests.hostile.identity.acts import with_app
from tests.hostile.identity.guild import guild
from tests.identity.people import ORIGIN, OTHER, PASSWORD, Person, Place, opened, settings_for

NOBODY = "nobody@example.com"


def from_(place: Place, address: str) -> httpx2.AsyncClient:
    """A client at an address of its own."""
    transport = httpx2.ASGITransport(AsgiApp(place.process), client=(address, 5000))
    return httpx2.AsyncClient(transport=transport, base_url=f"{ORIGIN}/v1/auth/")


# -- what is told ------------------------------------------------------------------------------
async def plain(place: Place) -> str:
    return await place.registered("plain@example.com")


async def busy(place: Place) -> str:
    """Somebody with an app and recovery codes, who is signed in."""
    person = await place.person("busy@example.com")
    await with_app(person)
    return person.address


async def waiting(place: Place) -> str:
    """Somebody who has asked for an account and has not confirmed it yet."""
    address = "waiting@example.com"
    await place.post("auth/register", {"email": address, "password": PASSWORD})
    return address


async def gone(place: Place) -> str:
    person = await place.person("gone@example.com")
    assert (await person.delete("auth/account")).status_code == 204
    return person.address


WHO: dict[str, Callable[[Place], Awaitable[str]]] = {
    "plain": plain, "with an app": busy, "not confirmed": waiting, "deleted": gone,
}  # fmt: skip
REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sign-in", {"password": OTHER}),
    ("sign-in", {"password": OTHER, "mode": "browser"}),
    ("sign-in", {"password": OTHER, "code": "123456"}),
    ("register", {"password": PASSWORD}),
    ("password/forgot", {}),
)


@pytest.mark.parametrize("who", WHO)
async def test_no_answer_and_no_work_tells_of_an_account(place: Place, who: str) -> None:
    """Status, body, names of header fields, statements and hashes: all as for nobody at all."""
    known = await WHO[who](place)
    differing = []
    for number, (path, body) in enumerate(REQUESTS):
        theirs = await work_of(place, f"192.0.2.{number}", path, {**body, "email": known})
        nobodys = await work_of(place, f"198.51.100.{number}", path, {**body, "email": NOBODY})
        if theirs != nobodys:
            differing.append((path, theirs, nobodys))
    assert differing == []


async def work_of(place: Place, address: str, path: str, body: dict[str, Any]) -> tuple[Any, ...]:
    """What is answered to a request, and what it costs."""
    found = place.process._realm
    assert found is not None
    # The post works beside, when it likes: it stands still while statements are counted.
    await found.post.stop()
    work = found.realm.hasher.work
    place.witness.statements.clear()
    hashed, verified = work.hashed, work.verified
    async with from_(place, address) as client:
        answer = await client.post(path, json=body)
    spent = (work.hashed - hashed, work.verified - verified, tuple(place.witness.statements))
    found.post.start()
    await place.sql("DELETE FROM charter_attempts")
    said = answer.json() if answer.content else {}
    said.pop("instance", None)
    return answer.status_code, said, sorted(answer.headers), spent


# -- stuffing ----------------------------------------------------------------------------------
async def test_one_list_of_leaked_passwords_gets_nowhere_from_one_place(place: Place) -> None:
    """An address, many accounts, one guess each: soon all of them are refused unlooked at."""
    found = place.process._realm
    assert found is not None
    async with from_(place, "203.0.113.9") as client:
        statuses = []
        for number in range(60):
            body = {"email": f"leaked{number}@example.com", "password": OTHER}
            statuses.append((await client.post("sign-in", json=body)).status_code)
        before = found.realm.hasher.work.verified
        late = await asyncio.gather(
            *(
                client.post("sign-in", json={"email": f"x{n}@example.com", "password": OTHER})
                for n in range(20)
            )
        )
    assert set(statuses) == {401, 429}
    assert {answer.status_code for answer in late} == {429}
    assert found.realm.hasher.work.verified == before, "a refused try costs no hash"


async def test_noise_does_not_make_the_wait_longer(place: Place) -> None:
    """A try that comes too early is refused and not counted: nobody is locked out for ever."""
    address = await place.registered("noisy@example.com")
    async with from_(place, "203.0.113.20") as client:
        body = {"email": address, "password": OTHER}
        answers = [await client.post("sign-in", json=body) for _ in range(8)]
        first = int(next(a for a in answers if a.status_code == 429).headers["retry-after"])
        noise = await asyncio.gather(*(client.post("sign-in", json=body) for _ in range(40)))
        waits = [int(a.headers["retry-after"]) for a in noise if a.status_code == 429]
    assert len(waits) >= 38
    assert max(waits) <= max(first, 4) <= 900


async def test_whoever_is_guessed_at_signs_in_where_they_have_before(place: Place) -> None:
    address = await place.registered("hunted@example.com")
    right = {"email": address, "password": PASSWORD}
    async with from_(place, "198.51.100.77") as home:
        assert (await home.post("sign-in", json=right)).status_code == 200
        for number in range(30):
            async with from_(place, f"192.0.2.{100 + number}") as attacker:
                wrong = {"email": address, "password": OTHER}
                await attacker.post("sign-in", json=wrong)
        for _ in range(3):
            assert (await home.post("sign-in", json=right)).status_code == 200
        assert (await home.post("password/forgot", json={"email": address})).status_code == 202


async def test_what_is_signed_in_stays_so_while_others_guess(place: Place, bob: Person) -> None:
    async with from_(place, "192.0.2.200") as attacker:
        for _ in range(20):
            await attacker.post("sign-in", json={"email": bob.address, "password": OTHER})
    assert (await bob.get("notes")).status_code == 200
    body = {"refresh_token": bob.tokens["refresh_token"]}
    assert (await place.post("auth/refresh", body)).status_code == 200


# -- rates -------------------------------------------------------------------------------------
@pytest_asyncio.fixture(loop_scope="module")
async def limited(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("limited")
    settings = settings_for(f"sqlite:///{folder / 'guild.db'}", folder / "mail")
    settings = replace(settings, rates=RatesSettings())
    async with opened(guild.build(), settings, folder / "mail") as found:
        yield found


async def test_stuffing_stops_at_the_limit_of_the_address(limited: Place) -> None:
    """The default limit, over all endpoints that try passwords and codes or send letters."""
    async with from_(limited, "203.0.113.30") as attacker, from_(limited, "198.51.100.3") as other:
        answers = []
        for number in range(24):
            email = {"email": f"x{number}@example.com"}
            token = {"token": "cho_" + "a" * 49}
            for path, body in (
                ("sign-in", {**email, "password": "x"}),
                ("password/forgot", email),
                ("password/reset", {**token, "password": OTHER}),
                ("verify", token),
                ("sign-in", {"mfa_token": token["token"], "code": "1"}),
            ):
                answers.append(await attacker.post(path, json=body))
        refused = [answer for answer in answers if answer.status_code == 429]
        limited_ = [answer for answer in refused if answer.json()["code"] == "rate_limited"]
        assert len(limited_) >= 120 - 62
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in limited_)
        elsewhere = await other.post("sign-in", json={"email": NOBODY, "password": "x"})
        assert elsewhere.status_code == 401
