"""The service publishes the keys that its tokens are verified with, and no secret."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from charter.access.issue import Grant, issue_token
from charter.access.jwks import read_published
from charter.access.keyfiles import read_keys
from charter.access.keys import Keys, KeySet, secret_key
from charter.access.settings import AccessSettings, keys_from
from charter.access.tokens import TokenVerifier
from charter.core.problems import Problem
from charter.serve.web.published import with_keys
from charter.wire.http import Request, Response
from tests.access.forge import NOW, RULES, Clock

PATH = "/.well-known/jwks.json"


def asked(keys: Keys, path: str = PATH, method: str = "GET", root: str = "") -> Response | None:
    return with_keys(root, keys, lambda _: None)(Request(method, path))


def body(response: Response | None) -> bytes:
    assert response is not None
    assert isinstance(response.body, bytes)
    return response.body


def file_of(path: Path, *kids: str) -> Path:
    keys = [{**ECKey.generate_key("P-256").as_dict(private=True), "kid": kid} for kid in kids]
    path.write_text(json.dumps({"keys": keys}))
    return path


def test_who_has_the_document_verifies_a_token(tmp_path: Path) -> None:
    path = file_of(tmp_path / "keys.json", "first")
    keys = keys_from(AccessSettings(keys_file=path), production=True)
    response = asked(keys)
    assert response is not None
    assert response.status == 200
    assert dict(response.headers)["content-type"] == "application/jwk-set+json"
    assert b'"d"' not in body(response)
    grant = Grant("ann", ("buyer",), RULES.audience, RULES.issuer, 60)
    token = issue_token(read_keys(path)[0], grant, now=NOW)
    other = TokenVerifier(read_published(body(response), "test"), RULES, clock=Clock())
    assert other.verify(f"Bearer {token}").id == "ann"


def test_a_new_key_is_published_without_a_restart(tmp_path: Path) -> None:
    path = file_of(tmp_path / "keys.json", "first")
    keys = keys_from(AccessSettings(keys_file=path), production=True)
    pages = with_keys("", keys, lambda _: None)
    assert [each["kid"] for each in json.loads(body(pages(Request("GET", PATH))))["keys"]] == [
        "first"
    ]
    file_of(tmp_path / "draft", "second", "first").replace(path)
    keys.current(0.0)
    kids = [each["kid"] for each in json.loads(body(pages(Request("GET", PATH))))["keys"]]
    assert kids == ["second", "first"]


def test_a_shared_secret_is_not_published() -> None:
    secret = KeySet([secret_key(b"x" * 32, "secret", "test")])
    assert json.loads(body(asked(secret))) == {"keys": []}


def test_it_is_read_only_and_at_its_place() -> None:
    secret = KeySet([secret_key(b"x" * 32, "secret", "test")])
    assert body(asked(secret, method="HEAD")) == b""
    assert asked(secret, "/other") is None
    assert asked(secret, PATH, root="/shop") is None
    assert asked(secret, "/shop" + PATH, root="/shop") is not None
    with pytest.raises(Problem, match="method_not_allowed"):
        asked(secret, method="POST")
