"""Passkeys: what a browser with a real key is asked and answers, and all that is refused."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.extras import MissingExtra
from charter.access.passkeys.answers import challenge_in, credential_id_in
from charter.access.passkeys.model import (
    KnownPasskey,
    Passkeys,
    RelyingParty,
    StoredPasskey,
    UsedPasskey,
    user_handle,
)
from charter.access.passkeys.open import open_passkeys
from charter.core.problems import Problem
from tests.access.authenticator import (
    BACKED_UP,
    ELIGIBLE,
    PRESENT,
    VERIFIED,
    Authenticator,
    b64,
    unb64,
)

PARTY = RelyingParty("shop.example", "The shop", ("https://shop.example", "https://m.shop.example"))
PASSKEYS: Passkeys = open_passkeys(PARTY)


def registered(device: Authenticator, account: str = "ann") -> StoredPasskey:
    ceremony = PASSKEYS.registration(account, "ann@example.com")
    made = PASSKEYS.register(device.make(ceremony.options), ceremony.challenge)
    return StoredPasskey(account, made.credential_id, made.public_key, made.sign_count)


def used(device: Authenticator, stored: StoredPasskey) -> UsedPasskey:
    ceremony = PASSKEYS.sign_in()
    return PASSKEYS.signed_in(device.get(ceremony.options), ceremony.challenge, stored)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(Problem) as raised:
        call()
    return raised.value.code.name


# -- the way it goes -------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519", "RS256"])
def test_a_passkey_that_was_registered_signs_in(algorithm: str) -> None:
    device = Authenticator(algorithm)
    stored = registered(device)
    first = used(device, stored)
    assert (first.account, first.credential_id) == ("ann", device.credential_id)
    second = used(device, replace(stored, sign_count=first.sign_count))
    assert (first.sign_count, second.sign_count) == (1, 2)


def test_what_is_kept_of_a_passkey() -> None:
    ceremony = PASSKEYS.registration("ann", "ann@example.com")
    device = Authenticator(flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP)
    made = PASSKEYS.register(device.make(ceremony.options), ceremony.challenge)
    assert made.credential_id == device.credential_id
    assert made.transports == ("internal", "hybrid")
    assert made.synced
    assert made.user_verified
    assert made.aaguid == "00000000-0000-0000-0000-000000000000"


def test_the_options_are_json_for_a_browser() -> None:
    known = KnownPasskey(b"\x01\x02", ("usb", "telepathy"))
    ceremony = PASSKEYS.registration("ann", "ann@example.com", [known])
    options = json.loads(json.dumps(ceremony.options))
    assert options["rp"] == {"id": "shop.example", "name": "The shop"}
    assert options["user"]["name"] == "ann@example.com"
    assert unb64(options["user"]["id"]) == user_handle("ann")
    assert b"ann" not in unb64(options["user"]["id"])
    assert unb64(options["challenge"]) == ceremony.challenge
    assert options["excludeCredentials"] == [
        {"id": "AQI", "type": "public-key", "transports": ["usb"]}
    ]
    assert options["attestation"] == "none"
    assert [entry["alg"] for entry in options["pubKeyCredParams"]] == [-8, -7, -257]


def test_every_ceremony_has_a_challenge_of_its_own() -> None:
    challenges = [PASSKEYS.sign_in().challenge for _ in range(20)]
    assert len(set(challenges)) == 20
    assert all(len(challenge) >= 32 for challenge in challenges)
    assert challenges[0].hex() not in repr(PASSKEYS.sign_in())


def test_a_device_that_never_counts_signs_in_again_and_again() -> None:
    device = Authenticator(counts=False)
    stored = registered(device)
    assert [used(device, stored).sign_count for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("flags", "methods"),
    [
        (PRESENT, {"hwk", "user"}),
        (PRESENT | VERIFIED, {"hwk", "user", "mfa"}),
        (PRESENT | VERIFIED | ELIGIBLE, {"swk", "user", "mfa"}),
        (PRESENT | ELIGIBLE | BACKED_UP, {"swk", "user"}),
    ],
)
def test_only_a_verified_user_is_two_factors(flags: int, methods: set[str]) -> None:
    device = Authenticator(flags=flags)
    found = used(device, registered(device))
    assert found.methods == methods
    assert found.user_verified is ("mfa" in methods)


def test_the_keeper_finds_challenge_and_passkey_by_the_answer() -> None:
    device, ceremony = Authenticator(), PASSKEYS.sign_in()
    answer = device.get(ceremony.options)
    assert challenge_in(answer) == ceremony.challenge
    assert credential_id_in(answer) == device.credential_id


def test_another_origin_of_the_same_party_is_accepted() -> None:
    device = Authenticator(origin="https://m.shop.example")
    assert used(device, registered(device)).account == "ann"


# -- what is refused -------------------------------------------------------------------------
WRONG: Mapping[str, dict[str, Any]] = {
    "another origin": {"origin": "https://shop.example.evil.example"},
    "another port": {"origin": "https://shop.example:8443"},
    "not https": {"origin": "http://shop.example"},
    "another party": {"rp_id": "evil.example"},
    "nobody touched it": {"flags": VERIFIED},
    "in a frame of another origin": {"cross_origin": True},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_registration_elsewhere_is_refused(wrong: dict[str, Any]) -> None:
    assert refusal(lambda: registered(Authenticator(**wrong))) == "invalid_passkey"


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_sign_in_elsewhere_is_refused(wrong: dict[str, Any]) -> None:
    device = Authenticator()
    stored = registered(device)
    for name, value in wrong.items():
        setattr(device, name, value)
    assert refusal(lambda: used(device, stored)) == "passkey_refused"


def test_an_answer_is_to_one_challenge() -> None:
    device, first, second = Authenticator(), PASSKEYS.sign_in(), PASSKEYS.sign_in()
    stored = registered(device)
    answer = device.get(first.options)
    wrong = refusal(lambda: PASSKEYS.signed_in(answer, second.challenge, stored))
    assert wrong == "passkey_refused"
    asked, other = (PASSKEYS.registration("ann", "ann") for _ in range(2))
    made = device.make(asked.options)
    assert refusal(lambda: PASSKEYS.register(made, other.challenge)) == "invalid_passkey"


def test_a_registration_is_no_sign_in_and_the_other_way_round() -> None:
    device = Authenticator()
    stored = registered(device)
    asked = PASSKEYS.registration("ann", "ann")
    made = device.make(asked.options)
    got = device.get(asked.options)
    mixed = {**made, "response": {**got["response"], **made["response"]}}
    call = PASSKEYS.signed_in
    assert refusal(lambda: call(made, asked.challenge, stored)) == "passkey_refused"
    assert refusal(lambda: call(mixed, asked.challenge, stored)) == "passkey_refused"
    assert refusal(lambda: PASSKEYS.register(got, asked.challenge)) == "invalid_passkey"


def test_another_key_with_the_same_id_is_refused() -> None:
    device = Authenticator()
    stored = registered(device)
    forger = Authenticator(credential_id=device.credential_id, handle=device.handle)
    assert refusal(lambda: used(forger, stored)) == "passkey_refused"


def test_a_passkey_of_somebody_else_is_refused() -> None:
    ann, bob = Authenticator(), Authenticator()
    stored = registered(ann)
    registered(bob, "bob")
    assert refusal(lambda: used(bob, stored)) == "passkey_refused"
    ann.handle = user_handle("bob")
    assert refusal(lambda: used(ann, stored)) == "passkey_refused"


def test_an_answer_under_another_id_is_refused_even_with_the_same_key() -> None:
    device = Authenticator()
    stored = registered(device)
    device.credential_id = b"another passkey!"
    assert refusal(lambda: used(device, stored)) == "passkey_refused"


@pytest.mark.parametrize("text", ["AR", "AQ==", "A Q", "A+/_", "A", "é", "AQ\n"])
def test_an_id_has_one_spelling(text: str) -> None:
    assert credential_id_in({"id": "AQ"}) == b"\x01"
    assert credential_id_in({"id": text}) is None


@pytest.mark.parametrize("count", [0, 4, 5])
def test_a_counter_that_does_not_go_up_is_refused(count: int) -> None:
    device = Authenticator()
    stored = replace(registered(device), sign_count=5)
    device.count, device.counts = count, False
    assert refusal(lambda: used(device, stored)) == "passkey_refused"


@pytest.mark.parametrize("name", ["clientDataJSON", "authenticatorData", "signature"])
def test_no_part_of_a_signed_answer_can_be_changed(name: str) -> None:
    device, ceremony = Authenticator(), PASSKEYS.sign_in()
    stored = registered(device)
    answer = device.get(ceremony.options)
    data = unb64(answer["response"][name])

    def with_a_bit_turned(place: int) -> UsedPasskey:
        turned = data[:place] + bytes([data[place] ^ 0x01]) + data[place + 1 :]
        changed = {**answer, "response": {**answer["response"], name: b64(turned)}}
        return PASSKEYS.signed_in(changed, ceremony.challenge, stored)

    for place in range(len(data)):
        assert refusal(partial(with_a_bit_turned, place)) == "passkey_refused"


def test_a_registration_under_the_id_of_another_is_refused() -> None:
    device, asked = Authenticator(), PASSKEYS.registration("ann", "ann")
    answer = device.make(asked.options)
    answer["id"] = answer["rawId"] = b64(b"another passkey!")
    assert refusal(lambda: PASSKEYS.register(answer, asked.challenge)) == "invalid_passkey"


def test_what_a_key_says_of_itself_is_accepted() -> None:
    device = Authenticator(attestation="packed")
    assert used(device, registered(device)).account == "ann"


def test_an_attestation_that_was_not_asked_for_is_refused() -> None:
    """It holds, but certificates of makers are nothing that is looked at here."""
    assert refusal(lambda: registered(Authenticator(attestation="fido-u2f"))) == "invalid_passkey"


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.binary().map(b64),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_MEMBERS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")


@given(
    st.sampled_from([("id",), ("rawId",), ("type",), ("response",)])
    | st.sampled_from(_MEMBERS).map(lambda name: ("response", name)),
    _ANYTHING,
)
def test_an_answer_of_any_form_is_a_problem_and_never_an_error(
    where: tuple[str, ...], value: object
) -> None:
    device, asked = Authenticator(), PASSKEYS.registration("ann", "ann")
    stored = registered(device)
    for answer in (device.make(asked.options), device.get(asked.options)):
        inner = answer if len(where) == 1 else answer["response"]
        inner[where[-1]] = value
        with suppress(Problem):
            PASSKEYS.register(answer, asked.challenge)
        with suppress(Problem):
            PASSKEYS.signed_in(answer, asked.challenge, stored)
        assert isinstance(challenge_in(answer), bytes | None)
        assert isinstance(credential_id_in(answer), bytes | None)


@given(st.binary(max_size=300))
def test_an_attestation_of_any_bytes_is_refused(data: bytes) -> None:
    device, asked = Authenticator(), PASSKEYS.registration("ann", "ann")
    answer = device.make(asked.options)
    answer["response"]["attestationObject"] = b64(data) or "AA"
    assert refusal(lambda: PASSKEYS.register(answer, asked.challenge)) == "invalid_passkey"


def test_an_answer_of_more_than_its_bounds_is_not_read() -> None:
    device, asked = Authenticator(), PASSKEYS.registration("ann", "ann")
    answer = device.make(asked.options)
    answer["response"]["attestationObject"] = "A" * 40_000
    assert refusal(lambda: PASSKEYS.register(answer, asked.challenge)) == "invalid_passkey"


# -- the relying party -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("party", "origin"),
    [
        ("shop.example", "https://shop.example/"),
        ("shop.example", "https://shop.example/path"),
        ("shop.example", "https://user@shop.example"),
        ("shop.example", "http://shop.example"),
        ("shop.example", "https://notshop.example"),
        ("shop.example", "https://shop.example.evil.example"),
        ("shop.example", "shop.example"),
        ("shop.example", "https://"),
        ("Shop.Example", "https://shop.example"),
        ("https://shop.example", "https://shop.example"),
        ("", "https://shop.example"),
        ("shop.example", "https://[bad"),
    ],
)
def test_an_origin_belongs_to_its_domain(party: str, origin: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        RelyingParty(party, "The shop", (origin,))


@pytest.mark.parametrize(
    ("party", "origin"),
    [
        ("shop.example", "https://shop.example"),
        ("shop.example", "https://a.b.shop.example:8443"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_these_are_relying_parties(party: str, origin: str) -> None:
    assert RelyingParty(party, "The shop", (origin,)).origins == (origin,)


def test_without_the_library_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("charter.access.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'pip install "charter\[passkeys\]"'):
        open_passkeys(PARTY)
