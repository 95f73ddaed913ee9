"""Several processes on one database: what one ends, none of them takes any more."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio

from charter.serve.identity.sweep import sweep
from tests.identity.people import OTHER, Place, code_of, opened, settings_for
from tests.identity.shop import shop

ANN = "ann@example.com"


@pytest_asyncio.fixture
async def another(place: Place, tmp_path: Path) -> AsyncIterator[Place]:
    """A second process on the same database."""
    mail = tmp_path / "mail"
    async with opened(shop.build(), settings_for(place.url, mail), mail) as found:
        yield found


async def test_signing_out_at_one_is_signing_out_at_all(place: Place, another: Place) -> None:
    ann = await place.person(ANN)
    assert (await another.send("GET", "notes", token=ann.token)).status_code == 200
    assert (await place.post("auth/sign-out", token=ann.token)).status_code == 204
    assert code_of(await another.send("GET", "notes", token=ann.token)) == "session_ended"


async def test_a_refresh_token_is_spent_everywhere(place: Place, another: Place) -> None:
    ann = await place.person(ANN)
    body = {"refresh_token": ann.tokens["refresh_token"]}
    answers = await asyncio.gather(
        *(here.post("auth/refresh", body) for here in (place, another, place, another))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_failures_count_wherever_they_come_in(place: Place, another: Place) -> None:
    await place.registered(ANN)
    body = {"email": ANN, "password": OTHER}
    statuses = []
    for _ in range(5):
        for here in (place, another):
            statuses.append((await here.post("auth/sign-in", body)).status_code)
    assert statuses.count(401) <= 6


async def test_a_letter_is_sent_by_one_of_them(place: Place, another: Place) -> None:
    for number in range(5):
        await place.registered(f"person{number}@example.com")
    assert len(await another.letters()) == 5


async def test_a_deleted_account_does_not_come_back_with_a_late_write(
    place: Place, another: Place
) -> None:
    ann = await place.person(ANN)
    key = (await ann.post("auth/keys", {"name": "Build"})).json()["key"]
    assert (await another.send("GET", "notes", token=key)).status_code == 200
    assert (await ann.delete("auth/account")).status_code == 204
    assert code_of(await another.post("notes", {"text": "x"}, token=key)) == "session_ended"
    rows = await place.rows("SELECT count(*) FROM customers")
    assert rows[0][0] == 0


async def test_what_has_expired_is_swept_away(place: Place) -> None:
    ann = await place.person(ANN)
    await ann.post("auth/keys", {"name": "Build"})
    service = place.process.service
    await sweep(service.database, service.dialect, datetime.now(UTC))
    assert (await ann.get("notes")).status_code == 200
    later = datetime.now(UTC) + timedelta(days=365)
    await sweep(service.database, service.dialect, later)
    for table in ("sessions", "refresh_tokens", "api_keys", "one_time_tokens", "attempts"):
        rows = await place.rows(f"SELECT count(*) FROM charter_{table}")
        assert rows[0][0] == 0, table
    await place.sign_in(ANN)
