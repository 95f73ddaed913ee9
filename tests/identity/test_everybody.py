"""Where everybody needs a second factor: one factor opens nothing but the way to two."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.access.authenticator import PRESENT, Authenticator
from tests.identity.people import Place, code_of, opened, settings_for
from tests.identity.shop import shop
from tests.identity.test_factors import code, enrolled
from tests.identity.test_passkeys import registered, used

ANN = "ann@example.com"


@pytest_asyncio.fixture
async def strict(url: str, tmp_path: Path) -> AsyncIterator[Place]:
    mail = tmp_path / "mail"
    settings = settings_for(url, mail, second_factor=True)
    async with opened(shop.build(), settings, mail) as found:
        yield found


async def test_a_password_alone_opens_nothing(strict: Place) -> None:
    ann = await strict.person(ANN)
    for answer in (
        await ann.get("notes"),
        await ann.post("notes", {"text": "x"}),
        await ann.post("can", {"checks": [{"action": "read", "resource": "notes"}]}),
        await ann.post("auth/keys", {"name": "Build"}),
        await ann.post("auth/email/change", {"email": "eve@example.com"}),
    ):
        assert code_of(answer) == "insufficient_user_authentication"
        assert answer.json()["acr_values"] == "aal2"
    assert (await strict.send("GET", "notes")).status_code == 401


async def test_with_an_app_everything_is_open(strict: Place) -> None:
    ann = await strict.person(ANN)
    secret, _ = await enrolled(ann)
    tokens = await strict.sign_in(ANN, code=code(secret, 1))
    made = await strict.post("notes", {"text": "x"}, token=tokens["access_token"])
    assert made.status_code == 201
    made = await strict.post("auth/keys", {"name": "Build"}, token=tokens["access_token"])
    assert (await strict.send("GET", "notes", token=made.json()["key"])).status_code == 200


async def test_a_passkey_is_enough_where_it_knows_its_user(strict: Place) -> None:
    ann = await strict.person(ANN)
    device, touched = Authenticator(), Authenticator(flags=PRESENT)
    await registered(ann, device)
    await registered(ann, touched)
    for key, status in ((device, 200), (touched, 401)):
        token = (await used(strict, key)).json()["access_token"]
        assert (await strict.send("GET", "notes", token=token)).status_code == status
