"""`charter accounts`: what an operator does about stolen sessions, while the service runs."""

import json
from pathlib import Path

import bcrypt
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


# -- passwords of another system ---------------------------------------------------------------
OLD = "correct horse battery staple 7"


def told(tmp_path: Path, place: Place, *lines: str) -> tuple[int, str]:
    file = tmp_path / "passwords.ndjson"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    arguments = ("accounts", "import", str(SHOP), "--passwords", str(file))
    done = charter(tmp_path, *arguments, CHARTER_DATABASE=place.url)
    return done.returncode, done.stdout + done.stderr


def line(address: str, password: str = OLD) -> str:
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    return json.dumps({"email": address, "password_hash": hashed})


async def test_who_comes_from_another_system_signs_in_as_before(
    place: Place, tmp_path: Path
) -> None:
    await place.registered(ANN)
    await place.sql("DELETE FROM charter_credentials")
    assert told(tmp_path, place, line(ANN.upper())) == (0, "1 passwords imported\n")
    body = {"email": ANN, "password": OLD}
    assert (await place.post("auth/sign-in", body)).status_code == 200
    [(stored,)] = await place.rows("SELECT password FROM charter_credentials")
    assert stored.startswith("$argon2id$")
    again = told(tmp_path, place, line(ANN, "another password 99"))
    assert again == (0, "0 passwords imported; 1 accounts have kept theirs\n")
    assert (await place.post("auth/sign-in", body)).status_code == 200


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (line("nobody@example.com"), "line 2: no account has the address nobody@example.com"),
        ('{"email": "ann@example.com", "password_hash": "secret"}', "line 2: a hash of no known"),
        ('{"email": "ann@example.com"}', "line 2: an object such as"),
        ("nonsense", "line 2: an object such as"),
    ],
)
async def test_a_line_that_cannot_be_taken_is_named(
    place: Place, tmp_path: Path, bad: str, said: str
) -> None:
    await place.registered(ANN)
    await place.sql("DELETE FROM charter_credentials")
    code, text = told(tmp_path, place, line(ANN), bad)
    assert code == 1
    assert said in " ".join(text.split())
    assert "secret" not in text
    assert await place.rows("SELECT password FROM charter_credentials") == []
