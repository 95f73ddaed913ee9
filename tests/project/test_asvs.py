"""The checklist of OWASP ASVS 5.0.0 is whole, names tests that exist, and says what is so."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from charter.serve.settings.identity import IdentitySettings
from charter.wire.identity.endpoints import ENDPOINTS
from tests.support.named import defined_in, named_in

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
LINE = re.compile(
    r"^\| (\d+\.\d+\.\d+) \| (\d) \| [^|]+ \| (met|n\.a\.|not met) \| ([^|]+) \|$", re.M
)
LINES = LINE.findall(PAGE)
NAMED = named_in(PAGE)

# How many requirements each section has, by level; those of level 3 stand between the others.
LEVEL_1 = """
6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2
7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2
8.1.1 8.2.1 8.2.2 8.3.1
9.1.1 9.1.2 9.1.3 9.2.1
10.4.1 10.4.2 10.4.3 10.4.4 10.4.5
"""
LEVEL_2 = """
6.1.2 6.1.3 6.2.9 6.2.10 6.2.11 6.2.12 6.3.3 6.3.4 6.4.3 6.4.4 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5
6.6.1 6.6.2 6.6.3 6.8.1 6.8.2 6.8.3 6.8.4
7.1.1 7.1.2 7.1.3 7.3.1 7.3.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2
8.1.2 8.2.3 8.4.1
9.2.2 9.2.3 9.2.4
10.1.1 10.1.2 10.2.1 10.2.2 10.3.1 10.3.2 10.3.3 10.3.4
10.4.6 10.4.7 10.4.8 10.4.9 10.4.10 10.4.11
10.5.1 10.5.2 10.5.3 10.5.4 10.5.5 10.6.1 10.6.2 10.7.1 10.7.2 10.7.3
"""
"""The requirements of chapters V6 to V10, as version 5.0.0 has them."""


SECRET = ("access", "serve/identity", "sql/identity", "wire/identity", "deliver", "core")
"""Where secrets are made and handled."""
CHANCE = frozenset({"remote_keys.py"})
"""What has no secret: it spreads the fetches of many processes in time."""


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_exists(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in defined_in(path)


def test_every_requirement_is_there_once_with_its_level() -> None:
    wanted = [(number, "1") for number in LEVEL_1.split()]
    wanted += [(number, "2") for number in LEVEL_2.split()]
    assert len(wanted) == 96
    assert Counter((number, level) for number, level, _, _ in LINES) == Counter(wanted)
    rows = [line for line in PAGE.splitlines() if re.match(r"\| *\d", line)]
    assert len(rows) == len(LINES)


def test_what_is_met_has_a_test_and_what_is_not_a_reason() -> None:
    for number, _, status, how in LINES:
        assert ("::" in how) or status != "met", number
        assert ("::" not in how) or status != "n.a.", number
        assert len(re.sub(r"`[^`]+`", "", how).split()) >= (0 if status == "met" else 2), number


def test_the_sum_at_the_beginning_is_right() -> None:
    counts = Counter(status for _, _, status, _ in LINES)
    said = (
        f"Of {len(LINES)} requirements, {counts['met']} are met, {counts['n.a.']} are not "
        f"applicable, and {counts['not met']} are not met."
    )
    assert said in PAGE


def test_every_way_in_is_written_down() -> None:
    ways = PAGE.split("### Ways in")[1].split("\n### ")[0]
    opening = {e.path for e in ENDPOINTS if e.answer in {"Session", "Token"} or e.status == 303}
    assert {"sign-in", "passkeys/sign-in", "providers/{id}/callback"} <= opening
    # To change the password takes a session, which goes on.
    assert [path for path in opening - {"password/change"} if f"`{path}`" not in ways] == []


def test_the_times_that_are_written_down_are_the_defaults() -> None:
    day, found = 86_400, IdentitySettings()
    rows = {
        "browser": (found.browser_idle // day, found.browser_lifetime // day),
        "tokens": (found.refresh_lifetime // day, found.session_lifetime // day),
    }
    for name, (idle, longest) in rows.items():
        row = re.search(rf"^\| {name} \| (\d+) days? \| (\d+) days? \|", PAGE, re.M)
        assert row is not None
        assert (int(row[1]), int(row[2])) == (idle, longest)
    assert f"| access token | | {found.token_lifetime // 60:.0f} minutes" in PAGE
    assert f"{found.sessions} by default" in PAGE


def test_nothing_secret_comes_from_a_weak_generator() -> None:
    source = ROOT / "src" / "charter"
    sources = [path for name in SECRET for path in (source / name).rglob("*.py")]
    assert len(sources) > 80
    weak = re.compile(r"^\s*(import|from) random\b|uuid1\(", re.M)
    found = {path.name for path in sources if weak.search(path.read_text(encoding="utf-8"))}
    assert found == CHANCE


# -- pages -----------------------------------------------------------------------------------
class Fields(HTMLParser):
    """The fields of a page for passwords that show what is typed, or keep managers out."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        about = " ".join(found.get(name, "") for name in ("name", "id", "autocomplete", "type"))
        if tag == "input" and "password" in about:
            masked = found.get("type") == "password"
            kept_out = found.get("autocomplete") == "off" or "onpaste" in found
            if not masked or kept_out:
                self.wrong.append(found.get("name") or found.get("id", ""))


def wrong_fields(page: str) -> list[str]:
    fields = Fields()
    fields.feed(page)
    return fields.wrong


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ('<input name="password" type="password" autocomplete="current-password">', []),
        ('<input name="password">', ["password"]),
        ('<input id="new-password" type="text"/>', ["new-password"]),
        ('<input name="p" type="password" autocomplete="off">', ["p"]),
        ('<input name="p" type="password" onpaste="return false">', ["p"]),
    ],
)
def test_a_field_that_shows_a_password_is_found(page: str, wrong: list[str]) -> None:
    assert wrong_fields(page) == wrong


def test_no_page_shows_a_password_or_keeps_a_manager_out() -> None:
    pages = [*(ROOT / "src").rglob("*.html"), *(ROOT / "examples").rglob("*.html")]
    assert sum('type="password"' in p.read_text(encoding="utf-8") for p in pages) >= 1
    found = {p.name: wrong_fields(p.read_text(encoding="utf-8")) for p in pages}
    assert not any(found.values()), found


def test_the_account_page_shows_how_to_sign_out() -> None:
    folder = ROOT / "src" / "charter" / "wire" / "pages" / "own" / "account"
    bar = (folder / "account.html").read_text(encoding="utf-8").split("<main")[0]
    assert re.search(r'<button type="button"[^>]* id="sign-out"[^>]*>Sign out</button>', bar)
    scripts = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.js"))
    assert 'call("POST", "sign-out")' in scripts
