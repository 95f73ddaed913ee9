"""Guessing is slowed down; those who are guessed at are not kept out."""

import asyncio

import httpx2

from charter.serve.asgi import AsgiApp
from tests.identity.people import ORIGIN, OTHER, PASSWORD, Place, code_of

ANN = "ann@example.com"


class From:
    """A client at an address of its own."""

    def __init__(self, place: Place, address: str) -> None:
        transport = httpx2.ASGITransport(AsgiApp(place.process), client=(address, 5000))
        self._client = httpx2.AsyncClient(transport=transport, base_url=ORIGIN)

    async def post(self, path: str, body: dict[str, str]) -> httpx2.Response:
        return await self._client.post(f"/v1/auth/{path}", json=body)

    async def sign_in(self, email: str, password: str) -> httpx2.Response:
        body = {"email": email, "password": password}
        return await self.post("sign-in", body)

    async def failures(self, email: str, count: int) -> list[httpx2.Response]:
        return [await self.sign_in(email, OTHER) for _ in range(count)]


async def test_after_some_failures_a_try_has_to_wait(place: Place) -> None:
    await place.registered(ANN)
    away = From(place, "192.0.2.9")
    answers = await away.failures(ANN, 8)
    statuses = [answer.status_code for answer in answers]
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await away.sign_in(ANN, PASSWORD)).status_code == 429


async def test_tries_at_once_are_counted_one_by_one(place: Place) -> None:
    await place.registered(ANN)
    away = From(place, "192.0.2.9")
    tries = (away.sign_in(ANN, OTHER) for _ in range(20))
    statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert statuses.count(401) <= 6
    assert statuses.count(429) >= 14


async def test_an_attacker_elsewhere_does_not_keep_anybody_out_at_home(place: Place) -> None:
    await place.registered(ANN)
    home = From(place, "198.51.100.7")
    assert (await home.sign_in(ANN, PASSWORD)).status_code == 200
    for number in range(10):
        await From(place, f"192.0.2.{number}").failures(ANN, 2)
    assert (await From(place, "203.0.113.5").sign_in(ANN, PASSWORD)).status_code == 429
    assert (await home.sign_in(ANN, PASSWORD)).status_code == 200


async def test_guesses_from_everywhere_count_together(place: Place) -> None:
    await place.registered(ANN)
    statuses = []
    for number in range(10):
        answer = await From(place, f"192.0.2.{number}").sign_in(ANN, OTHER)
        statuses.append(answer.status_code)
    assert 429 in statuses


async def test_a_new_password_by_letter_lets_its_owner_in_again(place: Place) -> None:
    await place.registered(ANN)
    away = From(place, "192.0.2.9")
    await away.failures(ANN, 8)
    await away.post("password/forgot", {"email": ANN})
    token = await place.token_for(ANN)
    body = {"token": token, "password": OTHER}
    assert (await away.post("password/reset", body)).status_code == 204
    assert (await away.sign_in(ANN, OTHER)).status_code == 200


async def test_a_right_password_forgets_the_failures_before(place: Place) -> None:
    await place.registered(ANN)
    home = From(place, "198.51.100.7")
    for _ in range(4):
        await home.failures(ANN, 4)
        assert (await home.sign_in(ANN, PASSWORD)).status_code == 200


async def test_one_address_cannot_try_one_password_on_everybody(place: Place) -> None:
    away = From(place, "192.0.2.9")
    statuses = []
    for number in range(60):
        answer = await away.sign_in(f"person{number}@example.com", OTHER)
        statuses.append(answer.status_code)
    assert statuses[:50] == [401] * 50
    assert statuses[-1] == 429


async def test_letters_to_one_address_are_few(place: Place) -> None:
    codes = []
    for _ in range(6):
        answer = await place.post("auth/password/forgot", {"email": ANN})
        codes.append(answer.status_code)
    assert codes[:3] == [202] * 3
    assert codes[-1] == 429
    refused = await place.post("auth/password/forgot", {"email": ANN})
    assert code_of(refused) == "too_many_attempts"
