"""Which passwords are accepted, and what is said of those that are not."""

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charter.access.passwords.common import COMMON_PASSWORDS
from charter.access.passwords.strength import StrengthRules, password_flaws
from charter.core.codes import CODES

ANN = ("Ann Smithson", "ann.smithson@mail.example.org", "+49 170 5551234")


def codes(password: str, *context: str, rules: StrengthRules | None = None) -> list[str]:
    return [flaw.code for flaw in password_flaws(password, context, rules)]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "lantern-gravel-otter",
        "Kd8#mq2Lx",
        "шла саша по шоссе",
        "漢字パスワード花鳥風月夜",
        "tuwxdfqpz7",
        "a" * 3 + "lantern gravel otter" * 6,
    ],
)
def test_these_are_accepted(password: str) -> None:
    assert codes(password, *ANN) == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "wrong_length"),
        ("Kd8#mq2", "wrong_length"),
        ("lantern gravel otter" * 7, "wrong_length"),
        ("x" * 1_000_000, "wrong_length"),
        ("password", "common_password"),
        ("PassWord1", "common_password"),
        ("12345678", "common_password"),
        ("aaaaaaaaaaaa", "guessable_password"),
        ("passwordpassword1", "guessable_password"),
        ("P4ssw0rd!1987", "guessable_password"),
        ("margarita1987", "guessable_password"),
        ("lantern\tgravel", "wrong_format"),
        ("lantern\0gravel", "wrong_format"),
        ("lantern\ud800gravel", "wrong_format"),
    ],
)
def test_these_are_not(password: str, code: str) -> None:
    assert codes(password) == [code]
    assert code in CODES


@pytest.mark.parametrize(
    "password",
    [
        "AnnSmithson99",
        "smithson.ann",
        "ann.smithson@mail.example.org",
        "SMITHSON2024",
        "mail.example.org",
        "5551234170",
    ],
)
def test_what_is_known_of_the_user_is_guessed_first(password: str) -> None:
    assert codes(password, *ANN) == ["guessable_password"]


def test_the_users_own_words_are_the_users_alone() -> None:
    assert codes("Smithson-Quokka", "Smithson", "Quokka") == ["guessable_password"]
    assert codes("Smithson-Quokka") == []


def test_a_word_more_than_the_users_own_is_soon_guessed_too() -> None:
    assert codes("Quokkaverseotter", "Quokkaverse") == ["guessable_password"]
    assert codes("Quokkaverseotter") == []


def test_the_name_of_the_service_is_guessed_first() -> None:
    rules = StrengthRules(words=("Quokkaverse",))
    assert codes("quokkaverse!1", rules=rules) == ["guessable_password"]
    assert codes("quokkaverse!1") == []


def test_a_name_within_a_long_password_does_no_harm() -> None:
    assert codes("ann planted seven crooked lanterns", *ANN) == []


def test_no_kinds_of_characters_are_demanded() -> None:
    assert codes("lanterngravelotter") == []


@pytest.mark.parametrize(
    ("rules", "password", "code"),
    [
        (StrengthRules(shortest=15), "Kd8#mq2Lx", ["wrong_length"]),
        (StrengthRules(least_score=4), "horse staple", ["guessable_password"]),
        (StrengthRules(least_score=0), "margarita1987", []),
        (StrengthRules(longest=64), "lantern gravel otter" * 4, ["wrong_length"]),
    ],
)
def test_the_rules_can_be_set(rules: StrengthRules, password: str, code: list[str]) -> None:
    assert codes(password, rules=rules) == code


@pytest.mark.parametrize(
    "wrong", [{"shortest": 7}, {"longest": 63}, {"shortest": 65}, {"least_score": 5}]
)
def test_rules_below_the_standard_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="from"):
        StrengthRules(**wrong)  # type: ignore[arg-type]


def test_length_is_counted_in_characters_as_they_are_written() -> None:
    seven, eight = "ü" * 7, "qü7ßzñ4ö"
    assert codes(seven) == ["wrong_length"]
    assert codes("u\u0308" * 7) == ["wrong_length"]
    assert codes(eight) == []


@pytest.mark.parametrize(
    "password", ["margarita1987", "password1", "lantern\0gravel", "AnnSmithson9"]
)
def test_no_message_has_the_password_in_it(password: str) -> None:
    (flaw,) = password_flaws(password, ANN, pointer="/new")
    assert flaw.pointer == "/new"
    assert not any(part in flaw.message for part in (password, "Smithson", "margarita"))


@settings(deadline=None)
@given(st.text(max_size=200), st.lists(st.text(max_size=80), max_size=5))
def test_any_text_is_judged(password: str, context: list[str]) -> None:
    assert set(codes(password, *context)) <= {
        "wrong_length",
        "wrong_format",
        "common_password",
        "guessable_password",
    }


# -- the list --------------------------------------------------------------------------------
def test_the_list_has_more_than_the_standard_asks_for() -> None:
    """ASVS 5.0, 6.2.4: the top 3,000 of those that the rules would accept."""
    assert len(COMMON_PASSWORDS) == 5000
    assert all(len(password) >= 8 for password in COMMON_PASSWORDS)
    assert all(password == password.casefold() for password in COMMON_PASSWORDS)


def test_the_list_says_where_it_is_from() -> None:
    text = files("charter.access.passwords").joinpath("common.txt").read_text(encoding="utf-8")
    head = [line for line in text.splitlines() if line.startswith("# ")]
    assert any("zxcvbn" in line for line in head)
    assert any("MIT" in line for line in head)


@pytest.mark.parametrize("password", sorted(COMMON_PASSWORDS)[::500])
def test_all_of_the_list_is_refused(password: str) -> None:
    assert codes(password) == ["common_password"]
    assert codes(password.upper()) == ["common_password"]
