"""A password is hashed with Argon2id, and verified against all hashes that users bring along."""

import base64
import hashlib
import unicodedata

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from hypothesis import given, settings
from hypothesis import strategies as st

from charter.access.passwords.argon2id import CURRENT, DECOY
from charter.access.passwords.hashing import Verified, hash_password, scheme_of, verify

PASSWORD = "korrekt Pferd Batterie ü"
RIGHT = Verified(ok=True, needs_upgrade=True)
WRONG = Verified(ok=False)

# Of the password above, made with Django 5.2, Werkzeug 3.1, passlib 1.7 and bcrypt 4.3, all with
# little work so that they are quick to verify.
IMPORTED = {
    "django pbkdf2_sha256": (
        "pbkdf2_sha256",
        "pbkdf2_sha256$1000$DGDrZjZmJM850dTflauOg8$VIJQPkOAoG0zS22T/cJ8jcMEYGKinKTHPnN9bj4pWp4=",
    ),
    "django pbkdf2_sha1": (
        "pbkdf2_sha1",
        "pbkdf2_sha1$1000$Or2gDh79CJjBsIz9UT56nT$hKGb+nl8dm0to8ZGOIfQmOpbRfg=",
    ),
    "django scrypt": (
        "scrypt",
        "scrypt$1024$jDCU67XiEsphrTLQauOcuV$8$5$mbVk/z8vPmSMym3bn4bEoqpJi9BB6ZMrAGMZ8rI2bvZ5+bo0"
        "8PQi6amtm2Hm/TaMNuFF50IliU8ophB4FlEj5w==",
    ),
    "django bcrypt": (
        "bcrypt",
        "bcrypt$$2b$04$ZHxLjUbjRrNZRQXGzDZqLu.iqvIEkEgYK9CmwfYZvyK5YDWtTyXTW",
    ),
    "django bcrypt_sha256": (
        "bcrypt_sha256",
        "bcrypt_sha256$$2b$04$NDj2aYT8PiD9K8nYN1NVO.2p14CiWYy3gJzq4l1es6F/7Qdi4mmTK",
    ),
    "django argon2": (
        "argon2",
        "argon2$argon2id$v=19$m=512,t=1,p=2$bUZzeHJTYkdOSXhHOFo4alIwNzBYcg"
        "$LTlhmXeHnfML6WuOvn42Fwn89g4XZuAu4TY28NqEzRk",
    ),
    "werkzeug scrypt": (
        "scrypt",
        "scrypt:1024:8:1$ByPhSEQcSpFoJadn$b1b54a08fb68472d0ce922b1ebb8b68a972c8c63ecd14f18a520c1"
        "99f66c158573e666c14707dff41afdba9a604ba72c5e4e5b85b4e2f6be301f48188854449a",
    ),
    "werkzeug pbkdf2 sha256": (
        "pbkdf2_sha256",
        "pbkdf2:sha256:1000$4kbJs9XxeaTXVGIY"
        "$e4607adef28f57fdf23dbb4507bea91600dcb0135ed81293fc6fe73f12ec737f",
    ),
    "werkzeug pbkdf2 sha512": (
        "pbkdf2_sha512",
        "pbkdf2:sha512:1000$tgLlA58SenTWnE5c$b0767bfcbcd40a793f8ea31e8e16efb9888ac47637aeee0ff83c"
        "6cb8d9adde21a26b3fc118e54686040362b9aca5ec7f647defdf76df17ce29c409cae275dbd6",
    ),
    "werkzeug pbkdf2 sha1": (
        "pbkdf2_sha1",
        "pbkdf2:sha1:1000$TBCHzahLxe1FCmAc$c2bdf62318e99f211d58c31e832e5f017e0558a2",
    ),
    "passlib pbkdf2-sha256": (
        "pbkdf2_sha256",
        "$pbkdf2-sha256$1000$A0CIkVIq5TznfE9Jac251w$3JQ4X5mplHh/MXo2JigahRHmToLdaHgmd/n71ilXRYk",
    ),
    "passlib pbkdf2-sha512": (
        "pbkdf2_sha512",
        "$pbkdf2-sha512$1000$/r8XQigFgJASgtD6v/d.rw$lq0emma/PW8TuRlKCskWyonz7mKfrbXC30mhatTrt.RUB"
        "q.Dpp0I5f4W7AwtcPMIH/JytZalCRsNpP2gF9xFlQ",
    ),
    "passlib pbkdf2": (
        "pbkdf2_sha1",
        "$pbkdf2$1000$SmnNWQsBgLAWojTG.P./tw$t1679pmukXUrB66aBjkBlORKR1w",
    ),
    "phc pbkdf2": (
        "pbkdf2_sha256",
        "$pbkdf2-sha256$i=1000,l=32$A0CIkVIq5TznfE9Jac251w"
        "$3JQ4X5mplHh/MXo2JigahRHmToLdaHgmd/n71ilXRYk",
    ),
    "passlib scrypt": (
        "scrypt",
        "$scrypt$ln=10,r=8,p=1$836vlTJmjHEOwVgrBYCw1g$0E60zeifLfuX08Mhf5+HmwBfYjeYbnjUMwSmd+dJCCE",
    ),
    "bcrypt 2a": ("bcrypt", "$2a$04$B0jQwstrsexA2xuNie6v9OaWaw0sSK2FMMPj1iqFlqhm2NFdLPrZu"),
    "bcrypt 2b": ("bcrypt", "$2b$04$V/RxcfKQOIF6C6YdrPnWbuHbnUx7me8X3yDUkF9.uB9OzHWpVaBbq"),
    "bcrypt 2y": ("bcrypt", "$2y$04$otjaMzdK9lRkyj15/OQe3esenlG2.eOpnZ/G/ZSTFxkYEpECRY.ka"),
}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


# -- hashes that are made here ---------------------------------------------------------------
def test_new_hashes_are_argon2id_as_owasp_advises() -> None:
    made = hash_password(PASSWORD)
    found = extract_parameters(made)
    assert (found.type, found.version) == (Type.ID, 19)
    assert (found.memory_cost, found.time_cost, found.parallelism) == (19 * 1024, 2, 1)
    assert (found.salt_len, found.hash_len) == (16, 32)
    assert made.startswith(CURRENT)


def test_each_hash_has_a_salt_of_its_own() -> None:
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


def test_a_hash_made_here_is_verified_and_stays() -> None:
    made = hash_password(PASSWORD)
    assert verify(made, PASSWORD) == Verified(ok=True, needs_upgrade=False)
    for wrong in ("", PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1]):
        assert verify(made, wrong) == WRONG


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_its_own_password(text: str) -> None:
    made = hash_password(text)
    assert verify(made, text).ok
    assert not verify(made, text + "x").ok


def test_how_a_keyboard_writes_a_letter_does_not_matter() -> None:
    composed, apart = (unicodedata.normalize(form, PASSWORD) for form in ("NFC", "NFD"))
    assert composed != apart
    assert verify(hash_password(apart), composed).ok
    assert verify(hash_password(composed), apart).ok
    assert verify(hash_password("a\u00a0b\u3000c"), "a b c").ok


def test_letters_that_only_look_alike_are_others() -> None:
    assert not verify(hash_password("ﬁsh and chips²"), "fish and chips2").ok


def test_nothing_of_a_password_is_cut() -> None:
    long = "ü" * 128
    made = hash_password(long + "a")
    assert not verify(made, long + "b").ok
    assert not verify(made, long).ok


def test_a_text_beyond_all_bounds_is_nobodys_password() -> None:
    assert verify(hash_password("a" * 1024), "a" * 1024).ok
    assert verify(hash_password("a" * 1025), "a" * 1025) == WRONG


# -- where there is no account ---------------------------------------------------------------
def test_the_decoy_costs_what_a_real_hash_costs() -> None:
    assert extract_parameters(DECOY) == extract_parameters(hash_password(PASSWORD))


@pytest.mark.parametrize("text", ["", "password", PASSWORD, "\ud800", "a" * 5000])
def test_nobody_has_the_password_of_the_decoy(text: str) -> None:
    assert verify(DECOY, text) == WRONG


# -- hashes of other systems -----------------------------------------------------------------
@pytest.mark.parametrize(("scheme", "stored"), IMPORTED.values(), ids=IMPORTED)
def test_an_imported_user_signs_in_and_gets_a_new_hash(scheme: str, stored: str) -> None:
    assert scheme_of(stored) == scheme
    assert verify(stored, PASSWORD) == RIGHT
    assert verify(stored, PASSWORD + "x") == WRONG
    assert verify(stored, "") == WRONG


@pytest.mark.parametrize(("scheme", "stored"), IMPORTED.values(), ids=IMPORTED)
def test_an_imported_hash_that_was_altered_is_wrong(scheme: str, stored: str) -> None:
    place = len(stored) - 8
    other = "A" if stored[place].upper() != "A" else "B"
    altered = stored[:place] + other + stored[place + 1 :]
    assert verify(altered, PASSWORD) == WRONG


@pytest.mark.parametrize(
    ("password", "stored"),
    [
        # RFC 7914, section 12
        (
            "pleaseletmein",
            "$scrypt$ln=14,r=8,p=1$"
            + b64(b"SodiumChloride")
            + "$"
            + b64(
                bytes.fromhex(
                    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                    "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
                )
            ),
        ),
        # RFC 6070, section 2
        (
            "password",
            "$pbkdf2-sha1$4096$"
            + b64(b"salt")
            + "$"
            + b64(bytes.fromhex("4b007901b765489abead49d926f721d065a429c1")),
        ),
        # The reference implementation's own test
        (
            "password",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        ),
    ],
)
def test_vectors_of_the_standards(password: str, stored: str) -> None:
    assert verify(stored, password) == RIGHT


def test_bcrypt_never_heard_more_than_72_bytes() -> None:
    stored = "$2b$04$ghRlnBvJXfsUUz0yboIDi.062pUDKozxw9fSp.A95Pu1XppFFDO0i"
    assert verify(stored, "ü" * 36 + "tail beyond").ok
    assert verify(stored, "ü" * 36 + "another tail").ok
    assert not verify(stored, "ü" * 35 + "uu").ok


def test_what_another_system_hashed_as_it_came_is_found() -> None:
    """Not every system normalises: a user who types letter and accent apart has a hash of that."""
    apart = unicodedata.normalize("NFD", "fünfzig Söhne")
    salt, rounds = b"0123456789abcdef", 10
    made = base64.b64encode(hashlib_pbkdf2(apart, salt, rounds)).decode()
    stored = f"pbkdf2_sha256${rounds}${salt.decode()}${made}"
    assert verify(stored, apart) == RIGHT


def hashlib_pbkdf2(password: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "!",
        PASSWORD,
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$2b$04$short",
        "$2x$04$V/RxcfKQOIF6C6YdrPnWbuHbnUx7me8X3yDUkF9.uB9OzHWpVaBbq",
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ",
        "pbkdf2_sha256$1000$salt$AAAA",
        "pbkdf2_md5$1000$salt$VIJQPkOAoG0zS22T/cJ8jcMEYGKinKTHPnN9bj4pWp4=",
        "scrypt:1000:8:1$salt$" + "00" * 64,
        "$pbkdf2-sha256$1000$AAAAA$3JQ4X5mplHh/MXo2JigahRHmToLdaHgmd/n71ilXRYk",
        # Whose cost would keep the service busy
        "$2b$31$V/RxcfKQOIF6C6YdrPnWbuHbnUx7me8X3yDUkF9.uB9OzHWpVaBbq",
        "pbkdf2_sha256$99999999$salt$VIJQPkOAoG0zS22T/cJ8jcMEYGKinKTHPnN9bj4pWp4=",
        "scrypt:16777216:8:1$salt$" + "00" * 64,
        "$scrypt$ln=63,r=8,p=1$836vlTJmjHEOwVgrBYCw1g$0E60zeifLfuX08Mhf5+HmwBfYjeYbnjUMwSmd+dJCCE",
        "$scrypt$ln=10,r=8,p=999$836vlTJmjHEOwVgrBYCw1g"
        "$0E60zeifLfuX08Mhf5+HmwBfYjeYbnjUMwSmd+dJCCE",
        "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=999,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    ],
)
def test_what_is_no_hash_to_accept_is_nobodys_password(stored: str) -> None:
    assert scheme_of(stored) is None
    assert verify(stored, PASSWORD) == WRONG
    assert verify(stored, stored) == WRONG


@given(st.text(max_size=60) | st.from_regex(r"\A\$[a-z0-9-]{1,14}\$[!-~]{0,60}\Z"))
def test_any_stored_text_is_read_without_an_error(stored: str) -> None:
    assert scheme_of(stored) is None or verify(stored, "x") == WRONG
