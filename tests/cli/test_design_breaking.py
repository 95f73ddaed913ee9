"""`charter design --against`: what it prints, and the exit code for CI."""

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import charter
from tests.cli.test_design_access import NOTES, written

OLD = NOTES.replace('Contract("notes")', 'Contract("notes", version="1.4.0")')
WITHOUT_STARS = OLD.replace("    stars: int = 0\n", "").replace(
    '    yield hide("stars", unless=any_of(mine, actor.has_role("editor")))\n', ""
)
WITH_COLOUR = OLD.replace("    stars: int = 0\n", '    stars: int = 0\n    colour: str = ""\n')


def versioned(text: str, version: str) -> str:
    return text.replace("1.4.0", version)


@pytest.mark.parametrize(
    ("new", "code", "words"),
    [
        (OLD, 0, ["Nothing changed for anybody. 1.4.0 can stay."]),
        (WITHOUT_STARS, 1, ["answer_removed", "Note.stars", "major step", "make it 2.0.0"]),
        (versioned(WITHOUT_STARS, "1.5.0"), 1, ["1.4.0 to 1.5.0 does not say so", "2.0.0"]),
        (versioned(WITHOUT_STARS, "2.0.0"), 0, ["1.4.0 to 2.0.0 says so."]),
        (WITH_COLOUR, 1, ["answer_added", "Note.colour", "minor step", "make it 1.5.0"]),
        (versioned(WITH_COLOUR, "1.5.0"), 0, ["1.4.0 to 1.5.0 says so."]),
        (versioned(OLD, "1.3.0"), 1, ["1.4.0 to 1.3.0 does not say so"]),
    ],
)
def test_the_version_has_to_say_what_changed(
    tmp_path: Path, new: str, code: int, words: list[str]
) -> None:
    old, file = written(tmp_path, OLD, "old.py"), written(tmp_path, new)
    for arguments in ([], ["--format", "markdown"]):
        ended = charter(tmp_path, "design", file, "--against", old, *arguments, COLUMNS="200")
        assert ended.returncode == code, ended.stdout + ended.stderr
        for word in words:
            assert word in ended.stdout.replace("\\", "")


def test_a_breaking_change_says_where_it_stands_and_what_to_do_instead(tmp_path: Path) -> None:
    old, file = written(tmp_path, OLD, "old.py"), written(tmp_path, WITHOUT_STARS)
    ended = charter(tmp_path, "design", file, "--against", old, COLUMNS="200")
    assert "old.py:11" in ended.stdout
    assert "contract.py:7" in ended.stdout
    assert "Go on showing it" in ended.stdout
    for title in ("REST: requests", "REST: answers", "GraphQL", "gRPC", "Stored data"):
        assert title in ended.stdout


def test_the_findings_are_json_too(tmp_path: Path) -> None:
    old, file = written(tmp_path, OLD, "old.py"), written(tmp_path, WITHOUT_STARS)
    ended = charter(tmp_path, "design", file, "--against", old, "--json")
    assert ended.returncode == 1
    told = json.loads(ended.stdout)
    assert told["step"] == "major"
    assert told["version"] == {"old": "1.4.0", "new": "1.4.0", "wanted": "2.0.0", "said": False}
    (found,) = (item for item in told["findings"] if item["code"] == "answer_removed")
    assert (found["area"], found["severity"], found["subject"]) == (
        "answers", "breaking", "Note.stars"
    )  # fmt: skip
    assert found["before"] == {"file": "old.py", "line": 11}
    assert found["instead"]


def test_the_old_contract_can_be_a_recorded_one(tmp_path: Path) -> None:
    file = written(tmp_path, OLD)
    written(tmp_path, charter(tmp_path, "design", file, "--json").stdout, "contract.json")
    same = charter(tmp_path, "design", file, "--against", "contract.json")
    assert (same.returncode, same.stderr) == (0, "")
    written(tmp_path, WITHOUT_STARS)
    assert charter(tmp_path, "design", file, "--against", "contract.json").returncode == 1


def test_against_does_not_go_with_a_document(tmp_path: Path) -> None:
    file = written(tmp_path, OLD)
    for shape in ("--openapi", "--rls"):
        ended = charter(tmp_path, "design", file, "--against", file, shape)
        assert ended.returncode == 2
        assert "--against" in ended.stderr


def test_an_old_contract_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, OLD)
    ended = charter(tmp_path, "design", file, "--against", "nowhere.json")
    assert ended.returncode == 1
    assert "nowhere.json" in ended.stderr
    assert "Traceback" not in ended.stderr
