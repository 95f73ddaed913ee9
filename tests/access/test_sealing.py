"""Secrets at rest open with the key and in the context they were sealed with, and no other."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.keys import Algorithm, BadKey
from charter.access.sealing import BadSeal, Sealer, sealing_key, sealing_keys
from tests.access.forge import key

OLD, NEW = sealing_key(b"o" * 32), sealing_key(b"n" * 32)
SEALER = Sealer([NEW, OLD])


@given(st.binary(max_size=200), st.text(max_size=60))
def test_what_was_sealed_opens(secret: bytes, context: str) -> None:
    sealed = SEALER.seal(secret, context)
    assert SEALER.open(sealed, context) == secret
    assert secret.hex() not in sealed or len(secret) < 4
    assert sealed.isascii()


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    assert SEALER.seal(b"secret", "a") != SEALER.seal(b"secret", "a")


def test_a_text_that_was_moved_to_another_row_does_not_open() -> None:
    sealed = SEALER.seal(b"secret", "totp ann")
    for context in ("totp bob", "totp", "", "totp ann "):
        with pytest.raises(BadSeal):
            SEALER.open(sealed, context)


def test_keys_rotate() -> None:
    before = Sealer([OLD])
    sealed = before.seal(b"secret", "a")
    assert before.is_current(sealed)
    assert SEALER.open(sealed, "a") == b"secret"
    assert not SEALER.is_current(sealed)
    again = SEALER.seal(SEALER.open(sealed, "a"), "a")
    assert SEALER.is_current(again)
    assert Sealer([NEW]).open(again, "a") == b"secret"
    with pytest.raises(BadSeal, match="not set here"):
        Sealer([NEW]).open(sealed, "a")


def test_an_altered_text_does_not_open() -> None:
    sealed = SEALER.seal(b"a secret of some length", "a")
    for place, old in enumerate(sealed):
        new = "A" if old != "A" else "B"
        altered = sealed[:place] + new + sealed[place + 1 :]
        # The last character has spare bits, so another spelling of the same bytes exists.
        if place == len(sealed) - 1:
            continue
        with pytest.raises(BadSeal):
            SEALER.open(altered, "a")


@given(
    st.text(max_size=80) | st.from_regex(r"v1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{0,60}", fullmatch=True)
)
def test_any_text_is_answered(text: str) -> None:
    with pytest.raises(BadSeal):
        SEALER.open(text, "a")
    assert not SEALER.is_current(text)


def test_the_same_secret_makes_the_same_key_after_a_restart() -> None:
    secret = secrets.token_bytes(32)
    sealed = Sealer([sealing_key(secret)]).seal(b"x", "a")
    assert Sealer([sealing_key(secret)]).open(sealed, "a") == b"x"


def test_the_keys_of_the_service_make_sealing_keys() -> None:
    first, second = key(Algorithm.HS256, "one"), key(Algorithm.HS256, "two", which=1)
    made = sealing_keys([first, key(Algorithm.ES256, "three"), second])
    assert len({one.id for one in made}) == 2
    assert [one.id for one in made] == [one.id for one in sealing_keys([first, second])]
    assert sealing_keys([key(Algorithm.ED25519)]) == []


def test_weak_and_missing_keys_are_refused() -> None:
    with pytest.raises(BadKey, match="31 bytes"):
        sealing_key(b"x" * 31)
    with pytest.raises(BadKey, match="no key"):
        Sealer([])


def test_a_key_does_not_show_itself() -> None:
    assert repr(sealing_key(b"o" * 32)) == f"SealingKey(id='{OLD.id}')"
