"""Passwords of breaches are found in a file of their hashes, wherever they stand in it."""

import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.access.passwords.breached import Breached
from charter.access.passwords.strength import StrengthRules, password_flaws

PASSWORD = "copper lantern drifting north"


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def listed(path: Path, passwords: set[str], end: str = "\r\n") -> Path:
    """A file as Have I Been Pwned gives it out."""
    hashes = sorted(_sha1(each).upper() for each in passwords)
    lines = (f"{each}:{10**place}" for place, each in enumerate(hashes))
    path.write_bytes(end.join([*lines, ""]).encode())
    return path


@given(
    st.sets(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=40),
    st.sets(st.text(st.characters(codec="utf-8"), max_size=12), max_size=10),
    st.sampled_from(["\r\n", "\n"]),
)
def test_all_that_is_listed_is_found_and_nothing_else(
    passwords: set[str], others: set[str], end: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = Breached(listed(Path(folder) / "list.txt", passwords, end))
        assert all(each in found for each in passwords)
        assert all((each in found) is (each in passwords) for each in others)
        assert None not in found


def test_a_strong_password_that_was_published_is_refused(tmp_path: Path) -> None:
    assert password_flaws(PASSWORD) == ()
    rules = StrengthRules(breached=Breached(listed(tmp_path / "list.txt", {PASSWORD, "x"})))
    (flaw,) = password_flaws(PASSWORD, rules=rules)
    assert (flaw.code, flaw.pointer) == ("common_password", "/password")
    assert password_flaws(f"{PASSWORD} again", rules=rules) == ()


@pytest.mark.parametrize(
    "text", ["", "password\n", "5BAA\n", "B" * 40 + ":1\n" + "A" * 40 + ":1\n"]
)
def test_a_file_of_another_kind_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="ordered by hash"):
        Breached(path)
