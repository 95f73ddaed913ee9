"""`charter migrate` as people and pipelines use it: what it says, and its exit codes."""

import asyncio
import json
from pathlib import Path

import pytest

from charter.cli.main import main
from charter.language.load import load_contract
from charter.sql.derive import schema_of
from charter.sql.own.history import uses_of
from tests.migrate.engine.contracts import NEW, OLD, written
from tests.migrate.engine.databases import Place

NAMED = ["--drop", "books.shelf_mark"]


class Project:
    """A folder with a contract, and `charter migrate` in it."""

    def __init__(self, folder: Path, place: Place, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.place = place
        self._capture = capture

    def write(self, text: str) -> None:
        written(self.folder, text)

    def migrate(self, action: str, *more: str) -> tuple[int, str]:
        """The exit code, and all that is said."""
        file = str(self.folder / "contract.py")
        try:
            code = main(["migrate", action, file, *more, "--database", self.place.url])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self._capture.readouterr()
        return code, said.out + said.err

    @property
    def last(self) -> str:
        return sorted(path.stem for path in (self.folder / "migrations").glob("*.toml"))[-1]


@pytest.fixture
def project(
    tmp_path: Path,
    empty: Place,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("COLUMNS", "200")
    found = Project(folder, empty, capsys)
    found.write(OLD)
    return found


def changed(project: Project) -> None:
    """The database is as the first migration has it, and the contract is ahead."""
    assert project.migrate("plan", "1 first")[0] == 0
    assert project.migrate("apply")[0] == 0
    project.write(NEW)
    assert project.migrate("plan", "2 pages", *NAMED)[0] == 0


def steps_that_lose(said: str) -> list[str]:
    named = [part.split('"')[1] for part in said.split("--allow ")[1:] if part.startswith('"')]
    return [item for name in dict.fromkeys(named) for item in ("--allow", name)]


def test_from_a_plan_to_a_database_in_step_and_back(project: Project) -> None:
    changed(project)
    code, said = project.migrate("status")
    assert (code, "pending" in said) == (3, True)
    code, said = project.migrate("check")
    assert (code, "Migrations that are not settled here:" in said) == (3, True)
    code, said = project.migrate("apply")
    assert (code, "Its last steps have to be named:" in said) == (3, True)
    code, said = project.migrate("apply", *steps_that_lose(said))
    assert (code, f"{project.last} is applied" in said) == (0, True)
    code, said = project.migrate("status")
    assert (code, said.count("applied")) == (0, 2)
    code, said = project.migrate("check")
    assert (code, "Contract, migrations and database agree." in said) == (0, True)
    code, said = project.migrate("rollback")
    assert (code, "step_refused" in said) == (1, True)
    names = [part.split("'")[1] for part in said.split("undoing ")[1:]]
    allow = [item for name in names for item in ("--allow", name)]
    code, said = project.migrate("rollback", *allow)
    assert (code, f"Rolled back: {project.last}" in said) == (0, True)
    project.write(OLD)
    code, said = project.migrate("check")
    assert (code, f"{project.last}: pending" in said) == (3, True)


def test_an_apply_says_that_nobody_has_planned_yet(project: Project) -> None:
    project.migrate("plan")
    project.write(NEW)
    project.migrate("apply")
    code, said = project.migrate("apply")
    assert (code, "The contract has changes that no migration has:" in said) == (3, True)


def test_a_plan_can_be_asked_for_without_being_written(project: Project) -> None:
    code, _ = project.migrate("plan", "--check")
    assert code == 3
    assert not (project.folder / "migrations").exists()
    project.migrate("plan")
    code, said = project.migrate("plan", "--check")
    assert (code, "nothing to plan" in said) == (0, True)


def test_drift_is_shown(project: Project) -> None:
    project.migrate("plan")
    project.migrate("apply")
    asyncio.run(
        project.place.run(
            "ALTER TABLE books ADD COLUMN mine integer",
            "CREATE INDEX mine_too ON books (title)",
        )
    )
    code, said = project.migrate("check")
    assert code == 3
    assert "Drift: the database is not what its history says:" in said
    assert "books.mine is there" in said
    assert "Added by somebody, and harmless:" in said
    assert "mine_too" in said


def test_a_plan_says_how_large_the_tables_are(project: Project) -> None:
    changed(project)
    (project.folder / "migrations" / f"{project.last}.toml").unlink()
    code, said = project.migrate("plan", "pages", *NAMED, "--live")
    assert code == 0
    assert f"{project.place.dialect.name} (server " in said


def test_a_plan_says_which_release_uses_what_goes(project: Project) -> None:
    changed(project)
    (project.folder / "migrations" / f"{project.last}.toml").unlink()
    schema = schema_of(load_contract(written(project.folder, OLD)), project.place.dialect)
    uses = json.dumps({name: sorted(columns) for name, columns in uses_of(schema).items()})
    asyncio.run(
        project.place.run(
            "INSERT INTO charter_releases (id, name, schema_used, uses, beat, started_at, seen_at)"
            f" SELECT 'a', 'shelf 1 at home', 'x', '{uses}', 1, changed_at, changed_at"
            " FROM charter_migrations"
        )
    )
    project.write(NEW)
    _, said = project.migrate("plan", "pages", *NAMED, "--live", "--check")
    assert "books.shelf_mark is used by shelf 1 at home" in said


def test_what_could_be_a_rename_is_asked_for(project: Project) -> None:
    project.migrate("plan", "1 first")
    project.write(OLD.replace("shelf_mark", "mark"))
    code, said = project.migrate("plan")
    assert (code, "rename_unclear" in said) == (1, True)


def test_a_changed_file_is_refused(project: Project) -> None:
    project.migrate("plan")
    path = project.folder / "migrations" / f"{project.last}.toml"
    path.write_text(path.read_text().replace("books", "tomes"))
    for action in ("apply", "status", "check", "rollback"):
        code, said = project.migrate(action)
        assert (code, "migration_changed" in said) == (1, True), action


def test_a_database_that_cannot_be_reached_is_a_fault(project: Project) -> None:
    project.migrate("plan")
    project.place = Place("postgresql://nobody:secret@127.0.0.1:1/none")
    code, said = project.migrate("status")
    assert code == 1
    assert "secret" not in said


def test_bad_numbers_and_urls_are_refused(project: Project) -> None:
    assert project.migrate("apply", "--tries", "0")[0] == 1
    project.place = Place("oracle://x")
    code, said = project.migrate("status")
    assert (code, "is not a kind of database" in said) == (1, True)
