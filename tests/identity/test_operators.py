"""`charter accounts`: what an operator does about stolen sessions, while the service runs."""

from pathlib import Path

import pytest

from tests.cli.test_cli import TODO, charter
from tests.identity.people import Place, code_of

SHOP = Path(__file__).with_name("shop.py")
ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.mark.parametrize("whose", [("--email", ANN.upper()), ("--everybody",)])
async def test_sessions_end_at_once(place: Place, tmp_path: Path, whose: tuple[str, ...]) -> None:
    ann, bob = await place.person(ANN), await place.person(BOB)
    await place.sign_in(ANN)
    key = (await ann.post("auth/keys", {"name": "Build"})).json()["key"]
    done = charter(tmp_path, "accounts", "sign-out", str(SHOP), *whose, CHARTER_DATABASE=place.url)
    everybody = len(whose) == 1
    assert (done.returncode, done.stdout) == (0, f"{3 if everybody else 2} sessions ended\n")
    assert code_of(await ann.get("notes")) == "session_ended"
    assert (await bob.get("notes")).status_code == (401 if everybody else 200)
    assert (await place.send("GET", "notes", token=key)).status_code == 200
    await place.sign_in(ANN)


async def test_keys_end_where_that_is_said(place: Place, tmp_path: Path) -> None:
    ann = await place.person(ANN)
    key = (await ann.post("auth/keys", {"name": "Build"})).json()["key"]
    arguments = ("accounts", "sign-out", str(SHOP), "--email", ANN, "--with-keys")
    done = charter(tmp_path, *arguments, CHARTER_DATABASE=place.url)
    assert done.stdout == "1 sessions ended, 1 API keys ended\n"
    assert code_of(await place.send("GET", "notes", token=key)) == "session_ended"


async def test_what_cannot_be_ended_is_said(place: Place, tmp_path: Path) -> None:
    whose = ("--email", "nobody@example.com")
    done = charter(tmp_path, "accounts", "sign-out", str(SHOP), *whose, CHARTER_DATABASE=place.url)
    assert (done.returncode, "nobody@example.com" in done.stderr) == (1, True)
    done = charter(tmp_path, "accounts", "sign-out", str(TODO), "--everybody")
    assert (done.returncode, "has no accounts" in done.stderr) == (1, True)
