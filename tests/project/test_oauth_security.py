"""The checklist of OAuth security names tests that exist."""

from pathlib import Path

import pytest

from tests.support.named import defined_in, named_in

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "oauth-security.md").read_text(encoding="utf-8")
NAMED = named_in(PAGE)
REASONS = ("not yet", "there is none", "binds authorization servers", "none are used")
"""What a line without a test says instead."""


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_exists(path: str, name: str) -> None:
    assert name in defined_in(path)


def test_every_line_has_a_test_or_a_reason() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    held = [line for line in lines if "::" not in line and "held by" not in line]
    assert len(lines) > 25
    assert [line for line in held if not any(reason in line for reason in REASONS)] == []
