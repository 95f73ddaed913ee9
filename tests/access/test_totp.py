"""One-time passwords: those that authenticator apps make, each taken once."""

from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.qr import qr_svg
from charter.access.totp import (
    hotp,
    match_totp,
    new_totp_secret,
    secret_text,
    step_at,
    totp_uri,
)

SECRET = b"12345678901234567890"
NOW = 1_700_000_000.0
STEP = int(NOW) // 30

# RFC 4226, appendix D
HOTP = {
    0: "755224",
    1: "287082",
    2: "359152",
    3: "969429",
    4: "338314",
    5: "254676",
    6: "287922",
    7: "162583",
    8: "399871",
    9: "520489",
}

# RFC 6238, appendix B: the seed of each algorithm is as long as its hash
SEEDS = {"sha1": 20, "sha256": 32, "sha512": 64}
TOTP = [
    (59, {"sha1": "94287082", "sha256": "46119246", "sha512": "90693936"}),
    (1111111109, {"sha1": "07081804", "sha256": "68084774", "sha512": "25091201"}),
    (1111111111, {"sha1": "14050471", "sha256": "67062674", "sha512": "99943326"}),
    (1234567890, {"sha1": "89005924", "sha256": "91819424", "sha512": "93441116"}),
    (2000000000, {"sha1": "69279037", "sha256": "90698825", "sha512": "38618901"}),
    (20000000000, {"sha1": "65353130", "sha256": "77737706", "sha512": "47863826"}),
]


@pytest.mark.parametrize(("counter", "code"), list(HOTP.items()))
def test_the_vectors_of_rfc_4226(counter: int, code: str) -> None:
    assert hotp(SECRET, counter) == code


@pytest.mark.parametrize(("time", "codes"), TOTP)
def test_the_vectors_of_rfc_6238(time: int, codes: dict[str, str]) -> None:
    for algorithm, code in codes.items():
        seed = (b"1234567890" * 7)[: SEEDS[algorithm]]
        assert hotp(seed, step_at(time), digits=8, algorithm=algorithm) == code


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_a_code_counts_a_step_before_and_after_its_own(late: int) -> None:
    code = hotp(SECRET, STEP + late)
    assert match_totp(SECRET, code, now=NOW, last_step=None) == STEP + late


@pytest.mark.parametrize("late", [-3, -2, 2, 3])
def test_and_no_longer(late: int) -> None:
    assert match_totp(SECRET, hotp(SECRET, STEP + late), now=NOW, last_step=None) is None


@pytest.mark.parametrize("late", [-1, 1])
def test_without_drift_a_code_is_good_for_its_own_step_only(late: int) -> None:
    assert match_totp(SECRET, hotp(SECRET, STEP), now=NOW, last_step=None, window=0) == STEP
    code = hotp(SECRET, STEP + late)
    assert match_totp(SECRET, code, now=NOW, last_step=None, window=0) is None


def test_a_code_is_taken_once() -> None:
    code = hotp(SECRET, STEP)
    used = match_totp(SECRET, code, now=NOW, last_step=None)
    assert used == STEP
    assert match_totp(SECRET, code, now=NOW, last_step=used) is None
    assert match_totp(SECRET, code, now=NOW + 29, last_step=used) is None


def test_no_code_before_the_last_one_is_taken() -> None:
    later = match_totp(SECRET, hotp(SECRET, STEP + 1), now=NOW, last_step=None)
    for step in (STEP - 1, STEP, STEP + 1):
        assert match_totp(SECRET, hotp(SECRET, step), now=NOW, last_step=later) is None


@pytest.mark.parametrize("spelling", ["{0}{1}", "{0} {1}", " {0}{1} ", "{0}\u00a0{1}\n"])
def test_spaces_do_not_matter(spelling: str) -> None:
    code = hotp(SECRET, STEP)
    typed = spelling.format(code[:3], code[3:])
    assert match_totp(SECRET, typed, now=NOW, last_step=None) == STEP


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-12345", "0x1234", "1" * 1_000_000]
)
def test_what_is_no_code_is_none(code: str) -> None:
    assert match_totp(SECRET, code, now=NOW, last_step=None) is None


@given(st.text(max_size=40))
def test_any_text_is_answered(code: str) -> None:
    assert match_totp(SECRET, code, now=NOW, last_step=STEP + 1) is None


def test_at_the_beginning_of_time_nothing_breaks() -> None:
    assert match_totp(SECRET, hotp(SECRET, 0), now=0, last_step=None) == 0


# -- how a secret gets into an app -----------------------------------------------------------
def test_each_secret_is_new_and_of_160_bits() -> None:
    secrets = {new_totp_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert {len(secret) for secret in secrets} == {20}


def test_the_uri_is_what_apps_read() -> None:
    uri = totp_uri(SECRET, issuer="The Shop: & Co", account="ann:x@mail.example")
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/The Shop & Co:annx@mail.example"
    assert parse_qs(parts.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        "issuer": ["The Shop & Co"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }
    assert "+" not in parts.query
    assert secret_text(SECRET) in uri


@given(st.text(max_size=40), st.text(max_size=60))
def test_any_name_fits_into_a_uri(issuer: str, account: str) -> None:
    parts = urlsplit(totp_uri(SECRET, issuer=issuer, account=account))
    assert parse_qs(parts.query)["secret"] == [secret_text(SECRET)]
    assert parts.fragment == ""
    assert unquote(parts.path).count(":") == 1


def test_the_picture_is_plain_svg() -> None:
    picture = qr_svg(totp_uri(SECRET, issuer="The Shop", account="ann@mail.example"))
    root = ElementTree.fromstring(picture)  # noqa: S314 (our own)
    assert {element.tag.rsplit("}")[-1] for element in root.iter()} == {"svg", "g", "path"}
    assert root.get("width") == root.get("height")
    assert "GEZDG" not in picture
    assert picture != qr_svg(totp_uri(SECRET, issuer="The Shop", account="bob@mail.example"))


def test_a_picture_has_its_bound() -> None:
    with pytest.raises(ValueError, match="1024"):
        qr_svg("x" * 1025)
