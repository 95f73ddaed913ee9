"""No secret is told again: not in a log line, not in an answer, not in the database."""

import base64
import email
import json
import sqlite3
import time
from collections.abc import Iterator
from email.policy import default
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.behaviour.serving import SECRET
from tests.hostile.identity.acts import code_now
from tests.identity.people import OTHER, PASSWORD, token_in
from tests.support.charter import Running, running

CONTRACT = Path(__file__).with_name("guild.py")
SEAL = "the seal of this test, which nobody is to see"
WRONG = "wrong horse battery staple guess"
ANN = "ann@example.com"


class Recorder:
    """A client that keeps every answer, and the secrets that it may have been told in it."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client
        self.answers: list[tuple[str, httpx2.Response]] = []
        self.secrets: dict[str, str] = {
            "password": PASSWORD, "new password": OTHER, "wrong password": WRONG,
            "key of the service": SECRET, "seal": SEAL,
        }  # fmt: skip
        self.told: dict[str, int] = {}

    def send(
        self, method: str, path: str, body: Any = None, token: str | None = None, **more: Any
    ) -> httpx2.Response:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        headers |= more.pop("headers", {})
        given = {} if body is None else {"json": body}
        answer = self.client.request(method, path, headers=headers, **given, **more)
        self.client.cookies.clear()
        assert answer.status_code < 500, answer.text
        self.answers.append((f"{method} {path}", answer))
        return answer

    def keep(self, name: str, value: str) -> str:
        """Remember a secret: the last answer may have it, as it is new there; no later one."""
        self.secrets[name] = value
        self.told[name] = len(self.answers)
        return value


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Recorder, Running]]:
    """A service with everything in its log, after people have used all of it."""
    folder = tmp_path_factory.mktemp("secrets")
    settings = {
        "database": f"sqlite:///{folder / 'guild.db'}", "auth_secret": SECRET,
        "identity_secret": SEAL, "log_level": "debug", "access_log": "true",
    }  # fmt: skip
    with running(CONTRACT, folder, **settings) as service:
        with httpx2.Client(base_url=f"{service.url}/v1/") as client:
            recorder = Recorder(client)
            use(recorder, folder / ".charter" / "mail")
        yield recorder, service


def letter_token(mail: Path, count: int) -> str:
    """The newest token in a folder, once it has so many letters with one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        letters = [
            email.message_from_bytes(path.read_bytes(), policy=default)
            for path in sorted(mail.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        ]
        found = [letter for letter in letters if "cho_" in letter.as_string()]
        if len(found) >= count:
            return token_in(found[-1])
        time.sleep(0.02)
    raise AssertionError("no letter came")


def use(client: Recorder, mail: Path) -> None:
    """Everything that has a secret in it, done well and done badly."""
    body = {"email": ANN, "password": PASSWORD}
    client.send("POST", "auth/register", body)
    verify = client.keep("verify token", letter_token(mail, 1))
    for _ in range(2):
        client.send("POST", "auth/verify", {"token": verify})
    client.send("POST", "auth/sign-in", {**body, "password": WRONG})
    client.send("POST", "auth/sign-in", {**body, "password": [PASSWORD]})
    client.send("POST", "auth/sign-in", {**body, "passwort": PASSWORD})
    client.send("POST", "auth/register", {**body, "password": WRONG, "phone": {"x": 1}})
    tokens = client.send("POST", "auth/sign-in", body).json()
    token = client.keep("access token", tokens["access_token"])
    refresh = client.keep("refresh token", tokens["refresh_token"])
    for _ in range(2):
        answer = client.send("POST", "auth/refresh", {"refresh_token": refresh})
        if answer.status_code == 200:
            client.keep("second refresh token", answer.json()["refresh_token"])
            client.keep("second access token", answer.json()["access_token"])
    browse(client, body)
    machines(client, token)
    for path in (f"notes?owner={token}", f"notes/{refresh}", f"notes?{refresh}=1", token):
        client.send("GET", path, token=token)
    client.send("POST", "notes", {"text": "x", PASSWORD: 1}, token)
    client.send(
        "POST", "auth/password/change", {"current_password": WRONG, "password": OTHER}, token
    )
    factors(client, token)
    client.send("POST", "auth/password/forgot", {"email": ANN})
    reset = client.keep("reset token", letter_token(mail, 2))
    client.send("POST", "auth/verify", {"token": reset})
    client.send("POST", "auth/password/reset", {"token": reset, "password": "short"})
    client.send("POST", "auth/password/reset", {"token": reset, "password": OTHER})
    client.send("GET", "auth/me", token=token)
    for bad in (token[:-4] + "AAAA", "chk_" + "a" * 49, "nonsense"):
        client.send("GET", "auth/me", token=bad)


def browse(client: Recorder, body: dict[str, Any]) -> None:
    answer = client.send("POST", "auth/sign-in", {**body, "mode": "browser"})
    cookie = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    client.keep("cookie", cookie)
    headers = {"cookie": f"__Host-charter={cookie}"}
    client.send("GET", "auth/me", headers=headers)
    client.send("POST", "notes", {"text": "x"}, headers=headers)
    client.send("POST", "auth/sign-out", headers={**headers, "sec-fetch-site": "same-origin"})


def machines(client: Recorder, token: str) -> None:
    made = client.send("POST", "auth/keys", {"name": "Build"}, token).json()
    key = client.keep("API key", made["key"])
    client.send("GET", "auth/keys", token=token)
    client.send("GET", "notes", token=key)
    form = {"grant_type": "client_credentials", "client_id": made["id"], "client_secret": key}
    answer = client.send("POST", "auth/token", data=form)
    client.keep("token of the key", answer.json()["access_token"])
    client.send("POST", "auth/token", data={**form, "scope": "everything"})
    basic = base64.b64encode(f"{made['id']}:{key}".encode()).decode()
    client.secrets["basic credentials"] = basic
    form = {"grant_type": "client_credentials"}
    client.send("POST", "auth/token", data=form, headers={"authorization": f"Basic {basic}"})


def factors(client: Recorder, token: str) -> None:
    secret = client.keep(
        "secret of the app", client.send("POST", "auth/totp", None, token).json()["secret"]
    )
    code = code_now(secret, 0)
    codes = client.send("POST", "auth/totp/confirm", {"code": code}, token).json()["recovery_codes"]
    for number, recovery in enumerate(codes):
        client.keep(f"recovery code {number}", recovery)
    answer = client.send("POST", "auth/sign-in", {"email": ANN, "password": PASSWORD})
    step = client.keep("token of the second step", answer.json()["mfa_token"])
    client.send("POST", "auth/sign-in", {"mfa_token": step, "code": "000000"})
    answer = client.send("POST", "auth/sign-in", {"mfa_token": step, "code": codes[0]})
    client.keep("strong access token", answer.json()["access_token"])
    client.keep("strong refresh token", answer.json()["refresh_token"])
    renewed = client.send("POST", "auth/recovery-codes", None, answer.json()["access_token"])
    for number, recovery in enumerate(renewed.json()["recovery_codes"]):
        client.keep(f"new recovery code {number}", recovery)


def test_the_log_has_no_secret(told: tuple[Recorder, Running]) -> None:
    recorder, service = told
    lines = service.log.read_text(encoding="utf-8")
    assert len(lines.splitlines()) > 40, "there is a log, with a line for each request"
    assert [name for name, value in recorder.secrets.items() if value in lines] == []
    parts = {name: value.rpartition(".")[2] for name, value in recorder.secrets.items()}
    assert [name for name, value in parts.items() if len(value) > 20 and value in lines] == []


def test_no_answer_tells_a_secret_again(told: tuple[Recorder, Running]) -> None:
    recorder, _ = told
    found = []
    for number, (what, answer) in enumerate(recorder.answers, start=1):
        text = answer.text + json.dumps(dict(answer.headers))
        for name, value in recorder.secrets.items():
            if value in text and recorder.told.get(name) != number and value not in names(answer):
                found.append((what, name))
    assert found == []


def names(answer: httpx2.Response) -> set[str]:
    """The names that a request gave to its values: they are told to whoever made them up."""
    content = answer.request.content
    body = json.loads(content) if content.startswith(b"{") else {}
    return {*answer.request.url.params.keys(), *body}


def test_each_secret_was_told_once_where_it_was_made(told: tuple[Recorder, Running]) -> None:
    """So that the others would fail: these were seen, as they are."""
    recorder, _ = told
    for name in ("access token", "refresh token", "API key", "cookie", "new recovery code 9"):
        _, answer = recorder.answers[recorder.told[name] - 1]
        assert recorder.secrets[name] in answer.text + str(answer.headers), name


def test_the_database_has_no_secret_as_it_is(told: tuple[Recorder, Running]) -> None:
    recorder, service = told
    database = sqlite3.connect(service.folder / "guild.db")
    dump = "\n".join(database.iterdump())
    database.close()
    assert "charter_sessions" in dump
    assert [name for name, value in recorder.secrets.items() if value in dump] == []


def test_the_settings_show_no_secret(told: tuple[Recorder, Running]) -> None:
    """What the service tells of itself: its documents and its pages."""
    recorder, service = told
    with httpx2.Client(base_url=service.url) as client:
        for path in ("/openapi.json", "/docs", "/.well-known/jwks.json", "/health/ready"):
            text = client.get(path).text
            assert [name for name, value in recorder.secrets.items() if value in text] == [], path
