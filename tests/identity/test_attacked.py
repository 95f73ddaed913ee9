"""Schemathesis, with all of its checks, over the endpoints of accounts as they are served."""

import email
import time
from email.policy import default
from pathlib import Path

import httpx2
import pytest

from tests.behaviour.serving import SECRET
from tests.hostile.test_schemathesis import run
from tests.identity.people import PASSWORD, token_in
from tests.support.charter import running

pytestmark = pytest.mark.schemathesis

CONTRACT = Path(__file__).with_name("shop.py")
ADDRESS = "ann@example.com"
ENDS = (
    "auth_sign_out", "auth_delete_account", "auth_end_session", "auth_change_password",
    "auth_reset",
)  # fmt: skip
"""What would end the session that the run needs."""


def signed_in(url: str, folder: Path) -> str:
    """The access token of somebody who has registered."""
    body = {"email": ADDRESS, "password": PASSWORD}
    with httpx2.Client(base_url=f"{url}/v1/auth/") as client:
        assert client.post("register", json=body).status_code == 202
        token = {"token": _token(folder / ".charter" / "mail")}
        assert client.post("verify", json=token).status_code == 204
        found: str = client.post("sign-in", json=body).json()["access_token"]
        return found


def _token(mail: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in mail.glob("*.eml"):
            return token_in(email.message_from_bytes(path.read_bytes(), policy=default))
        time.sleep(0.05)
    raise AssertionError("no letter came")


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    settings = {
        "database": f"sqlite:///{tmp_path / 'shop.db'}",
        "auth_secret": SECRET,
        "access_log": "false",
        "identity_token_lifetime": "36000",
        "identity_fresh": "36000",
    }
    without = [part for name in ENDS for part in ("--exclude-operation-id", name)]
    with running(CONTRACT, tmp_path, **settings) as service:
        bearer = signed_in(service.url, tmp_path)
        phases = "coverage,fuzzing,stateful"
        done = run(service.url, bearer, phases, tmp_path, "--include-tag", "Auth", *without)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
