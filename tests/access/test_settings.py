"""Where the keys come from: settings, a watched file, or a random key in development."""

import json
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from charter.access.development import DEVELOPMENT_KID, development_keys
from charter.access.issue import Grant, issue_token
from charter.access.keys import Algorithm, BadKey, Keys, KeySet, TokenKey
from charter.access.settings import AccessSettings, MissingKey, keys_from, verifier_from
from charter.access.watched import SECONDS_BETWEEN_LOOKS
from charter.core.problems import Problem
from charter.core.signals import Failed, Signal
from tests.access.forge import NOW, Clock, granted, key, material, over

SECRET = "correct horse battery staple, twice over"


def keyset(keys: Keys) -> KeySet:
    return keys.current(NOW)


def save(path: Path, *names: str) -> None:
    """A JWKS file with the keys of these names, each name always with the same key."""
    entries = [
        {**material(Algorithm.HS256, which).as_dict(), "kid": name}
        for which, name in enumerate(["old", "new"])
        if name in names
    ]
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"keys": entries}))
    draft.replace(path)


OLD, NEW = key(Algorithm.HS256, "old"), key(Algorithm.HS256, "new", which=1)


# -- production ------------------------------------------------------------------------------
def test_production_refuses_to_start_without_a_key(tmp_path: Path) -> None:
    settings = AccessSettings(development_key_file=tmp_path / "key.json")
    with pytest.raises(MissingKey, match=r"CHARTER_AUTH_SECRET.*CHARTER_AUTH_KEYS"):
        keys_from(settings, production=True)
    assert list(tmp_path.iterdir()) == []


def test_production_refuses_the_key_of_development(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    development_keys(path)
    with pytest.raises(BadKey, match="the key of development mode"):
        keys_from(AccessSettings(keys_file=path), production=True)
    assert len(keyset(keys_from(AccessSettings(keys_file=path), production=False))) == 1


@pytest.mark.parametrize("production", [True, False])
def test_a_secret_is_the_key(production: bool, tmp_path: Path) -> None:
    settings = AccessSettings(secret=SECRET, development_key_file=tmp_path / "key.json")
    (found,) = keyset(keys_from(settings, production=production))
    assert found.algorithm is Algorithm.HS256
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("secret", ["", "short"])
@pytest.mark.parametrize("production", [True, False])
def test_a_short_secret_is_refused_by_the_name_of_its_setting(
    secret: str, production: bool
) -> None:
    with pytest.raises(BadKey, match=f"CHARTER_AUTH_SECRET: {len(secret)} bytes long"):
        keys_from(AccessSettings(secret=secret), production=production)


def test_a_secret_and_a_file_can_serve_together(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(material(Algorithm.ES256).as_dict(private=False)))
    keys = keyset(keys_from(AccessSettings(secret=SECRET, keys_file=path), production=True))
    assert [found.algorithm for found in keys] == [Algorithm.HS256, Algorithm.ES256]


def test_settings_do_not_show_the_secret() -> None:
    assert SECRET not in repr(AccessSettings(secret=SECRET))


@pytest.mark.parametrize("wrong", [{"leeway": -1}, {"leeway": 301}, {"cache_entries": -1}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="CHARTER_AUTH_"):
        AccessSettings(**wrong)  # type: ignore[arg-type]


def test_the_settings_rule_the_verifier(tmp_path: Path) -> None:
    settings = AccessSettings(
        secret=SECRET, audience="shop", issuer="me", roles_claim="groups", leeway=0
    )
    keys = keys_from(settings, production=True)
    checker = verifier_from(settings, keys)
    signer = keyset(keys).signing_key()

    def field(grant: Grant) -> str:
        return "Bearer " + issue_token(signer, grant, now=4_000_000_000 - grant.lifetime)

    life = 4_000_000_000
    good = Grant("ann", ("admin",), "shop", "me", life, roles_claim="groups")
    assert checker.verify(field(good)).roles == {"admin"}
    expired = "Bearer " + issue_token(
        signer, Grant("ann", (), "shop", "me", 5), now=time.time() - 6
    )
    with pytest.raises(Problem, match="expired"):
        checker.verify(expired)
    for wrong in (
        Grant("ann", (), "other", "me", life),
        Grant("ann", (), "shop", "you", life),
        Grant("ann", (), None, "me", life),
        Grant("ann", (), "shop", None, life),
    ):
        with pytest.raises(Problem):
            checker.verify(field(wrong))


# -- development -----------------------------------------------------------------------------
def test_development_makes_a_key_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "key.json"
    settings = AccessSettings(development_key_file=path)
    first = keyset(keys_from(settings, production=False))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = keyset(keys_from(settings, production=False))
    assert over(again, Clock()).verify(granted(first.signing_key())).id == "ann"
    assert [found.kid for found in again] == [DEVELOPMENT_KID]
    assert [entry.name for entry in path.parent.iterdir()] == ["key.json"]


def test_two_services_have_two_keys(tmp_path: Path) -> None:
    one, two = development_keys(tmp_path / "one"), development_keys(tmp_path / "two")
    with pytest.raises(Problem):
        over(two, Clock()).verify(granted(one.signing_key()))


def test_those_who_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    ready = threading.Barrier(8)
    made: list[KeySet] = []

    def start() -> None:
        ready.wait()
        made.append(development_keys(path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    field = granted(made[0].signing_key())
    assert len(made) == 8
    assert all(over(keys, Clock()).verify(field).id == "ann" for keys in made)
    assert [entry.name for entry in tmp_path.iterdir()] == ["key.json"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o622])
def test_a_development_key_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    development_keys(path)
    path.chmod(mode)
    with pytest.raises(BadKey, match="others may read it"):
        development_keys(path)


def test_a_development_key_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadKey, match="cannot be made or read"):
        development_keys(tmp_path / "file" / "key.json")
    broken = tmp_path / "key.json"
    broken.touch(mode=0o600)
    with pytest.raises(BadKey, match="neither PEM"):
        development_keys(broken)


# -- rotation --------------------------------------------------------------------------------
class Rotation:
    """A service on a key file, and what it signals."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.heard: list[Signal] = []
        save(path, "old")
        self.keys = keys_from(
            AccessSettings(keys_file=path), production=True, listener=self.heard.append
        )
        self.verifier = over(self.keys, self.clock)

    def accepts(self, signer: TokenKey) -> bool:
        try:
            return self.verifier.verify(granted(signer)).id == "ann"
        except Problem:
            return False

    def later(self) -> None:
        self.clock.now += SECONDS_BETWEEN_LOOKS


@pytest.fixture
def rotation(tmp_path: Path) -> Rotation:
    return Rotation(tmp_path / "keys.json")


def test_keys_are_rotated_without_a_restart(rotation: Rotation) -> None:
    assert (rotation.accepts(OLD), rotation.accepts(NEW)) == (True, False)
    save(rotation.path, "old", "new")
    rotation.later()
    assert (rotation.accepts(OLD), rotation.accepts(NEW)) == (True, True)
    save(rotation.path, "new")
    rotation.later()
    assert (rotation.accepts(OLD), rotation.accepts(NEW)) == (False, True)
    assert rotation.heard == []


def test_the_file_is_not_looked_at_for_each_request(rotation: Rotation) -> None:
    assert rotation.accepts(OLD)
    save(rotation.path, "new")
    rotation.clock.now += SECONDS_BETWEEN_LOOKS - 0.1
    assert rotation.accepts(OLD)
    rotation.clock.now += 0.1
    assert not rotation.accepts(OLD)


def test_a_clock_that_goes_back_does_not_stop_the_looking(rotation: Rotation) -> None:
    assert rotation.accepts(OLD)
    rotation.clock.now -= 5
    save(rotation.path, "new")
    assert not rotation.accepts(OLD)


@pytest.mark.parametrize("content", ["", "{", '{"keys": []}', None])
def test_a_file_that_goes_bad_leaves_the_keys_in_force(
    content: str | None, rotation: Rotation
) -> None:
    assert rotation.accepts(OLD)
    if content is None:
        rotation.path.unlink()
    else:
        rotation.path.write_text(content)
    for _ in range(3):
        rotation.later()
        assert rotation.accepts(OLD)
    (heard,) = rotation.heard
    assert isinstance(heard, Failed)
    assert str(rotation.path) in str(heard.error)
    save(rotation.path, "new")
    rotation.later()
    assert (rotation.accepts(OLD), rotation.accepts(NEW)) == (False, True)


def test_a_file_that_stays_the_same_keeps_the_actors(rotation: Rotation) -> None:
    field = granted(OLD)
    first = rotation.verifier.verify(field)
    os.utime(rotation.path.parent)
    rotation.later()
    assert rotation.verifier.verify(field) is first
