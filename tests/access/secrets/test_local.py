"""Secrets of the machine, addresses of secrets, and what is said of bad ones."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.outbound import Reply
from charter.access.secrets.gcp import address_of, payload_of
from charter.access.secrets.reference import SCHEMES, Reference, SecretError, reference
from charter.access.secrets.resolve import resolved, resolved_within

SECRET = "the-secret-itself"


def test_a_value_that_is_no_address_is_the_secret_itself() -> None:
    for text in ("postgresql://ann:pw@host/db", "sqlite:///a.db", "smtp://host", SECRET, ""):
        assert resolved(text, {}) == text


@given(st.text())
def test_every_text_is_a_value_an_address_or_refused(text: str) -> None:
    try:
        found = reference(text)
    except SecretError:
        assert text.startswith(SCHEMES)
    else:
        assert (found is not None) == text.startswith(SCHEMES)


def test_the_environment_gives_a_secret() -> None:
    assert resolved("env:DATABASE_URL", {"DATABASE_URL": SECRET}) == SECRET


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_file_gives_a_secret_without_its_line_end(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(f"{SECRET}{ending}".encode())
    assert resolved(f"file:{path}", {}) == SECRET
    assert resolved(f"file://{path}", {}) == SECRET


def test_what_is_within_a_secret_stays(tmp_path: Path) -> None:
    path = tmp_path / "pem"
    path.write_text("line 1\nline 2\n\n")
    assert resolved(f"file:{path}", {}) == "line 1\nline 2\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("env:NOT_SET", "env:NOT_SET: the environment variable is not set"),
        ("env:", "env: names nothing"),
        ("env:A B", "env: is followed by the name of an environment variable"),
        ("env:EMPTY", "env:EMPTY is empty"),
        ("file:", "file: names nothing"),
        ("file:/nonexistent/secret", "file:/nonexistent/secret: No such file or directory"),
        ("file:/dev", "file:/dev: Is a directory"),
        ("file:/dev/zero", "file:/dev/zero: larger than 65536 bytes"),
        ("vault://", "vault:// names nothing"),
        ("vault://user:password@host/secret/x", "vault:// names nothing, or has a user in it"),
        ("vault://host/secret/x?versoin=2", "vault://: there is no option 'versoin'"),
        ("aws-sm://", "aws-sm:// names nothing"),
        ("gcp-sm://projects/p", "gcp-sm:// is followed by projects/PROJECT/secrets/SECRET"),
        ("vault://host/x\n", "control codes"),
        ("env:" + "X" * 3000, "too long"),
    ],
)
def test_what_is_wrong_with_an_address_is_said(text: str, said: str) -> None:
    with pytest.raises(SecretError) as caught:
        resolved(text, {"EMPTY": "", "OTHER": SECRET})
    assert said in str(caught.value)
    assert "password" not in str(caught.value)


def test_secrets_within_tables_are_found() -> None:
    tables = {"google": {"client_id": "shop", "client_secret": "env:S", "scopes": ["env:S"]}}
    found = resolved_within(tables, {"S": SECRET})
    assert found == {"google": {"client_id": "shop", "client_secret": SECRET, "scopes": [SECRET]}}
    assert resolved_within(7, {}) == 7


# -- Google: what can be held without its server ---------------------------------------------
SHOP = Reference("gcp-sm://", "projects/p/secrets/shop")


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("projects/p/secrets/s", "https://secretmanager.googleapis.com/v1/projects/p/secrets/s/versions/latest:access"),
        ("projects/p/secrets/s/versions/7", "https://secretmanager.googleapis.com/v1/projects/p/secrets/s/versions/7:access"),
        ("projects/p/locations/europe-west3/secrets/s", "https://secretmanager.europe-west3.rep.googleapis.com/v1/projects/p/locations/europe-west3/secrets/s/versions/latest:access"),
    ],
)  # fmt: skip
def test_google_is_asked_by_the_name_of_the_secret(path: str, address: str) -> None:
    assert address_of(Reference("gcp-sm://", path)) == address


@pytest.mark.parametrize(
    "path", ["projects/p/secrets/../x", "projects/p", "x", "projects/p/secrets/s:x"]
)
def test_what_google_does_not_name_is_refused(path: str) -> None:
    with pytest.raises(SecretError):
        address_of(Reference("gcp-sm://", path))


def test_googles_answer_has_the_secret_in_base64() -> None:
    reply = Reply(200, {}, b'{"name":"x","payload":{"data":"dGhlLXNlY3JldC1pdHNlbGY="}}')
    assert payload_of(SHOP, reply) == SECRET


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, b"{}"), (404, b""), (500, b""), (200, b""), (200, b"{}"), (200, b'{"payload":{}}'),
     (200, b'{"payload":{"data":"%%"}}'), (200, b'{"payload":{"data":"/w=="}}')],
)  # fmt: skip
def test_other_answers_of_googles_are_said(status: int, body: bytes) -> None:
    with pytest.raises(SecretError, match="gcp-sm://projects/p/secrets/shop: "):
        payload_of(SHOP, Reply(status, {}, body))
