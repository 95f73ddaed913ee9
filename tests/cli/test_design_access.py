"""`charter design --access` and `--rls`: what they print, and the exit code for CI."""

import re
from pathlib import Path

import pytest

from tests.cli.test_cli import ROOT, TODO, charter

NOTES = """\
from charter import Actor, Contract, Policy, Resource, User, all_of, allow, any_of, freeze, hide

notes = Contract("notes")


@notes.resource
class Note(Resource):
    owner: User
    text: str
    public: bool = False
    stars: int = 0


@notes.policy(Note)
def note_policy(note: Note, actor: Actor, new: Note) -> Policy:
    mine = note.owner == actor.user
    yield allow("create", when=new.owner == actor.user)
    yield allow("read", when=any_of(mine, note.public == True))  # noqa: E712
    yield allow("update", "delete", when=mine)
    yield hide("stars", unless=any_of(mine, actor.has_role("editor")))
    yield freeze("public", unless=actor.has_role("editor"))
"""
MINE_OR_PUBLIC = "note.owner == actor or note.public == True"


def written(folder: Path, text: str, name: str = "contract.py") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_access_is_a_table_for_each_resource(tmp_path: Path) -> None:
    file = written(tmp_path, NOTES)
    ended = charter(tmp_path, "design", file, "--access", COLUMNS="160")
    assert ended.returncode == 0, ended.stderr
    for words in (
        "Note", "nobody", "signed in", "editor",
        f"if {MINE_OR_PUBLIC}", "never", "if note.public == True",
        "shown, frozen", "shown, writable", "hidden",
    ):  # fmt: skip
        assert words in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 160


def test_access_as_markdown_has_a_cell_for_every_kind_of_actor(tmp_path: Path) -> None:
    file = written(tmp_path, NOTES)
    ended = charter(tmp_path, "design", file, "--access", "--format", "markdown")
    assert ended.returncode == 0, ended.stderr
    part = ended.stdout.split("## Note\n")[1]
    rows = {row[0]: row[1:] for row in map(cells, part.strip().splitlines())}
    assert rows[""] == ["nobody", "signed in", "editor"]
    assert rows["**read**"] == [
        "if note.public == True", f"if {MINE_OR_PUBLIC}", f"if {MINE_OR_PUBLIC}"
    ]  # fmt: skip
    assert rows["**create**"] == ["never", *["if note.owner == actor"] * 2]
    assert rows["stars"] == [
        "hidden", "shown if note.owner == actor, writable", "shown, writable"
    ]  # fmt: skip
    assert rows["public"] == ["shown", "shown, frozen", "shown, writable"]


def test_what_markdown_would_take_for_its_own_is_escaped(tmp_path: Path) -> None:
    file = written(tmp_path, NOTES.replace("note.public == True", 'note.text == "a|*b*"'))
    ended = charter(tmp_path, "design", file, "--access", "--format", "markdown")
    assert 'note.text == "a\\|\\*b\\*"' in ended.stdout


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("", "", 0, ["Nobody's access changed."]),
        (
            '"update", "delete", when=mine', '"update", "delete", "read", when=mine', 0,
            ["Nobody's access changed."],
        ),
        (
            'allow("update", "delete", when=mine)', 'allow("update", when=mine)', 0,
            ["narrowed", "delete Note", "never"],
        ),
        (
            "any_of(mine, note.public == True)", "note.public == True", 0,
            ["narrowed", "read Note", f"if {MINE_OR_PUBLIC}"],
        ),
        (
            'allow("update", "delete", when=mine)', 'allow("update", "delete")', 3,
            ["WIDENED", "update Note", "nobody", "always"],
        ),
        (
            'unless=any_of(mine, actor.has_role("editor"))', 'unless=actor.authenticated', 3,
            ["WIDENED", "show Note.stars"],
        ),
        (
            'unless=actor.has_role("editor"))', "unless=mine)", 3,
            ["WIDENED", "change Note.public", "narrowed"],
        ),
        (
            "when=mine)\n", "when=note.public == False)\n", 3,
            ["changed — review", "delete Note"],
        ),
    ],
)  # fmt: skip
def test_a_change_of_access_is_told_and_widening_has_an_exit_code(
    tmp_path: Path, old: str, new: str, code: int, words: list[str]
) -> None:
    before = written(tmp_path, NOTES, "before.py")
    after = written(tmp_path, NOTES.replace(old, new) if old else NOTES)
    for form in ("terminal", "markdown"):
        arguments = ("--access", "--against", before, "--format", form)
        ended = charter(tmp_path, "design", after, *arguments, COLUMNS="200")
        assert ended.returncode == code, ended.stdout + ended.stderr
        for word in words:
            assert word in ended.stdout


def test_a_declared_rename_changes_nobodys_access(tmp_path: Path) -> None:
    before = written(tmp_path, NOTES, "before.py")
    text = NOTES.replace("freeze, hide", "field, freeze, hide").replace(
        "    owner: User", "    writer: User"
    )
    other = written(tmp_path, text.replace("owner", "writer"))
    arguments = ("--access", "--against", before)
    assert charter(tmp_path, "design", other, *arguments).returncode == 3
    said = text.replace("writer: User", 'writer: User = field(was="owner")')
    same = charter(
        tmp_path, "design", written(tmp_path, said.replace(".owner", ".writer")), *arguments
    )
    assert (same.returncode, same.stdout) == (0, "Nobody's access changed.\n"), same.stderr


def test_an_old_contract_can_be_a_recorded_one(tmp_path: Path) -> None:
    file = written(tmp_path, NOTES)
    recorded = charter(tmp_path, "design", file, "--json").stdout
    written(tmp_path, recorded, "contract.json")
    arguments = ("--access", "--against", "contract.json")
    same = charter(tmp_path, "design", file, *arguments)
    assert (same.returncode, same.stdout) == (0, "Nobody's access changed.\n")
    written(tmp_path, NOTES.replace('"delete", when=mine', '"delete"'))
    assert charter(tmp_path, "design", file, *arguments).returncode == 3


@pytest.mark.parametrize("text", [None, "", "{}", "[1]", '{"charter": 9}'])
def test_a_file_that_is_no_recorded_contract_is_said_to_be_none(
    tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        written(tmp_path, text, "contract.json")
    file = written(tmp_path, NOTES)
    ended = charter(tmp_path, "design", file, "--access", "--against", "contract.json")
    assert ended.returncode == 1
    assert "contract.json" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_change_is_told_between_any_two_contracts(tmp_path: Path) -> None:
    shop = str(ROOT / "examples" / "shop" / "contract.py")
    ended = charter(tmp_path, "design", shop, "--access", "--against", str(TODO), COLUMNS="200")
    assert ended.returncode == 3, ended.stderr
    assert "not there" in ended.stdout
    assert re.search(r"\d+ widened", ended.stdout)


def test_a_format_goes_with_what_has_several(tmp_path: Path) -> None:
    file = written(tmp_path, NOTES)
    ended = charter(tmp_path, "design", file, "--format", "markdown")
    assert ended.returncode == 2
    assert "--access" in ended.stderr


def test_an_old_contract_with_faults_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, NOTES)
    faulty = written(tmp_path, NOTES.replace("text: str", "text: complex"), "faulty.py")
    ended = charter(tmp_path, "design", file, "--access", "--against", faulty)
    assert ended.returncode == 1
    assert "faulty.py" in ended.stderr


def test_row_level_security_is_one_transaction_of_sql(tmp_path: Path) -> None:
    file = written(tmp_path, NOTES)
    ended = charter(tmp_path, "design", file, "--rls")
    assert ended.returncode == 0, ended.stderr
    text = ended.stdout.strip()
    assert text.startswith("BEGIN;")
    assert text.endswith("COMMIT;")
    for words in (
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
        "CREATE POLICY charter_read ON notes FOR SELECT TO charter_client",
        "CREATE VIEW charter_client.notes",
        "REVOKE ALL ON charter_outbox FROM PUBLIC, charter_client;",
    ):
        assert words in text
    assert "stars" not in re.findall(r"GRANT SELECT \((.*)\) ON notes", text)[0]
