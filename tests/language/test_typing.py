"""Type checkers read a contract without a plug-in, and find what is wrong in one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/contract.py"))
ENVIRONMENT = {**os.environ, "MYPYPATH": str(ROOT / "src"), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
WRONG = """
from typing import Literal

from charter import Actor, Contract, Error, Event, Policy, Resource, Unit, User, allow

api = Contract("api")


@api.resource
class Task(Resource):
    owner: User
    title: str
    state: Literal["open", "shut"] = "open"


@api.event
class TaskShut(Event):
    task: Task


@api.error(status=409)
class TooLate(Error):
    task: Task


@api.policy(Task)
def task_policy(task: Task, actor: Actor) -> Policy:
    yield allow("read", when=task.ownr == actor.user)  # wrong
    yield allow("read", when=task.title)  # wrong


@api.command(Task, raises=[TooLate], moves="open -> shut")
async def shut(task: Task, unit: Unit) -> Task:
    task.state = "closed"  # wrong
    task.titel = "x"  # wrong
    Task(owner=task.owner)  # wrong
    raise TooLate(title="x")  # wrong
    unit.emit(TaskShut())  # unreachable
    return task


@api.command(Task)
async def copy(task: Task, unit: Unit) -> Task:
    unit.emit(TaskShut())  # wrong
    await unit.get(task, 3)  # wrong
    await unit.find(Task, lambda other: other.titel == "x")  # wrong
    return unit.add(Task(owner=task.owner, title=task.title))
"""


def wrong_lines(path: Path) -> set[int]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}


def mypy(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


def pyright(project: Path, mode: str, *paths: Path) -> list[dict[str, object]]:
    """The errors and warnings of pyright; the test is skipped where it cannot run."""
    if shutil.which("node") is None:
        pytest.skip("pyright runs on node, and there is none here")
    for path in paths:
        shutil.copy(path, project / f"checked_{path.parent.name}.py")
    settings = {
        "include": ["checked_*.py"],
        "extraPaths": [str(ROOT / "src")],
        "pythonVersion": "3.11",
        "typeCheckingMode": mode,
    }
    (project / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "-p", str(project),
               "--pythonpath", sys.executable]  # fmt: skip
    ran = subprocess.run(
        command, cwd=project, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if not ran.stdout.startswith("{"):
        pytest.skip(f"pyright could not start: {(ran.stderr or ran.stdout).strip()[-200:]}")
    report = json.loads(ran.stdout)
    assert report["summary"]["filesAnalyzed"] >= len(paths)
    found: list[dict[str, object]] = report["generalDiagnostics"]
    return found


def test_mypy_strict_accepts_every_example(tmp_path: Path) -> None:
    for path in EXAMPLES:
        ran = mypy("--python-version", "3.11", str(path), cwd=tmp_path)
        assert ran.returncode == 0, ran.stdout


def test_pyright_strict_accepts_every_example(tmp_path: Path) -> None:
    assert pyright(tmp_path, "strict", *EXAMPLES) == []


def test_mypy_finds_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(WRONG, encoding="utf-8")
    ran = mypy(str(path), cwd=tmp_path)
    errors = [line.split(":") for line in ran.stdout.splitlines() if ": error:" in line]
    assert {int(line[1]) for line in errors} == wrong_lines(path)


def test_pyright_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    path = tmp_path / "wrong.py"
    path.write_text(WRONG, encoding="utf-8")
    found = pyright(tmp_path / "project", "standard", path)
    lines = {int(item["range"]["start"]["line"]) + 1 for item in found}  # type: ignore[index]
    assert lines == wrong_lines(path)
