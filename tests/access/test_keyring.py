"""Signing keys are rotated without a moment in which a good token is refused."""

import json
import stat
from pathlib import Path

import pytest

from charter.access.issue import Grant, issue_token
from charter.access.jwks import public_jwks, read_published
from charter.access.keyfiles import read_keys
from charter.access.keyring import MAKERS, MOST_RETIRED, new_keyring, rotate
from charter.access.keys import Algorithm, BadKey, KeySet
from charter.access.tokens import TokenVerifier
from charter.cli.main import main
from tests.access.forge import NOW, RULES, Clock, material, untrusted

PEM = material(Algorithm.ES256).as_pem(private=True).decode()  # type: ignore[union-attr]


def keys_in(path: Path) -> KeySet:
    return KeySet(read_keys(path))


def bearer(keys: KeySet) -> str:
    grant = Grant("ann", (), RULES.audience, RULES.issuer, 60)
    return "Bearer " + issue_token(keys.signing_key(), grant, now=NOW)


def accepted(keys: KeySet, authorization: str) -> bool:
    return TokenVerifier(keys, RULES, clock=Clock()).verify(authorization).id == "ann"


def published(keys: KeySet) -> KeySet:
    return read_published(public_jwks(keys), "test")


@pytest.fixture(params=list(MAKERS), ids=str)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made = tmp_path / "keys.json"
    new_keyring(made, request.param)
    return made


def test_a_new_file_is_for_its_owner_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [key.can_sign for key in keys_in(path)] == [True, True]
    assert [each.name for each in path.parent.iterdir()] == ["keys.json"]


def test_tokens_of_before_and_after_are_accepted_with_old_and_new_documents(path: Path) -> None:
    before = keys_in(path)
    old_token, old_document = bearer(before), published(before)
    signs, following = rotate(path)
    after = keys_in(path)
    new_token, new_document = bearer(after), published(after)
    assert after.signing_key().kid == signs != before.signing_key().kid
    assert signs in [key.kid for key in before]
    assert following not in [key.kid for key in before]
    for keys in (before, after, old_document, new_document):
        assert accepted(keys, old_token)
        assert accepted(keys, new_token)


def test_a_key_that_has_signed_keeps_only_its_public_half(path: Path) -> None:
    first = keys_in(path).signing_key().kid
    rotate(path)
    (kept,) = [entry for entry in json.loads(path.read_bytes())["keys"] if entry["kid"] == first]
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & kept.keys()


def test_keys_end_after_some_rotations(path: Path) -> None:
    first = bearer(keys_in(path))
    for _ in range(MOST_RETIRED):
        rotate(path)
        assert accepted(keys_in(path), first)
    rotate(path)
    checker = TokenVerifier(keys_in(path), RULES, clock=Clock())
    assert untrusted(checker, first)
    assert len(keys_in(path)) == 2 + MOST_RETIRED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_not_overwritten(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(BadKey, match="it is there already"):
        new_keyring(path, Algorithm.ES256)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"keys":[]}', "-----BEGIN X-----", PEM])
def test_a_file_of_another_kind_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(BadKey, match=r"other\.json"):
        rotate(path)
    assert path.read_text() == text


def test_the_command_makes_and_rotates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "keys.json"
    assert main(["keys", "new", str(path), "--alg", "Ed25519"]) == 0
    assert main(["keys", "rotate", str(path)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 2
    assert all("signs" in line and "is next" in line for line in out)
    assert main(["keys", "new", str(path)]) == 1
    assert main(["keys", "rotate", str(tmp_path / "none.json")]) == 1
    assert "none.json" in capsys.readouterr().err
