"""`charter client`: files are written once, judged by CI, and never over somebody else's."""

from pathlib import Path

import pytest

from charter.cli.client import STALE
from charter.cli.guard import FAULT, USAGE
from charter.cli.main import main

TODO = Path(__file__).parents[2] / "examples" / "todo" / "contract.py"


def client(*arguments: str | Path) -> int:
    return main(["client", str(TODO), *map(str, arguments)])


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_both_languages_are_written_and_stay_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python, typescript = tmp_path / "todo_client", tmp_path / "web" / "todo"
    asked = ("--python", python, "--typescript", typescript)
    assert client(*asked) == 0
    said = capsys.readouterr().out.splitlines()
    written = files(tmp_path)
    assert {Path(line.split(maxsplit=1)[1]) for line in said} == written.keys()
    assert {python / "api.py", typescript / "api.ts"} < written.keys()
    for path, data in written.items():
        assert not data or b"charter client" in data.splitlines()[0], path
    assert b"# Contract: todo 1, sha256:" in written[python / "api.py"]
    assert client(*asked) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"unchanged"}
    assert files(tmp_path) == written


def test_a_check_writes_nothing_and_says_what_is_stale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client("--python", tmp_path, "--check") == STALE
    assert files(tmp_path) == {}
    client("--python", tmp_path)
    assert client("--python", tmp_path, "--check") == 0
    (tmp_path / "runtime" / "http.py").unlink()
    with (tmp_path / "api.py").open("a") as file:
        file.write("# mine\n")
    before = files(tmp_path)
    capsys.readouterr()
    assert client("--python", tmp_path, "--check") == STALE
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"stale      {tmp_path / 'api.py'}",
        f"stale      {tmp_path / 'runtime/http.py'}",
    ]
    assert files(tmp_path) == before
    assert client("--python", tmp_path) == 0
    assert client("--python", tmp_path, "--check") == 0


def test_a_contract_that_changed_makes_a_client_stale(tmp_path: Path) -> None:
    contract = tmp_path / "todo.py"
    text = TODO.read_text(encoding="utf-8")
    contract.write_text(text, encoding="utf-8")
    asked = ["client", str(contract), "--python", str(tmp_path / "todo_client")]
    assert main(asked) == 0
    contract.write_text(text.replace("    title: str", "    title: str\n    note: str = ''"))
    assert main([*asked, "--check"]) == STALE


def test_what_somebody_else_wrote_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "index.ts"
    mine.write_text("export {};\n")
    assert client("--typescript", tmp_path) == FAULT
    assert "was not written by `charter client`" in capsys.readouterr().err
    assert files(tmp_path) == {mine: b"export {};\n"}


def test_a_folder_that_cannot_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert client("--python", tmp_path / "file" / "below") == FAULT
    assert "Not a directory" in capsys.readouterr().err


def test_it_has_to_be_said_what_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert client() == USAGE
    assert "--python FOLDER" in capsys.readouterr().err
    assert client("--typescript", "x", "--sync") == USAGE
    assert "--sync goes with --python" in capsys.readouterr().err


def test_the_prefix_of_the_service_is_in_its_paths(tmp_path: Path) -> None:
    assert client("--python", tmp_path, "--rest-prefix", "/api/2") == 0
    assert '"/api/2/tasks"' in (tmp_path / "api.py").read_text(encoding="utf-8")
