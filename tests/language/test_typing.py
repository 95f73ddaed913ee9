"""Type checkers read a contract without a plug-in, and find what is wrong in one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from charter.language.load import load_contract

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/contract.py"))
ENVIRONMENT = {**os.environ, "MYPYPATH": str(ROOT / "src"), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
WRONG = """
from datetime import datetime
from typing import Literal

from charter import (
    Actor, Contract, Error, Event, Policy, Resource, Unit, User, allow, now, value_of
)

api = Contract("api")


@api.resource
class Task(Resource):
    owner: User
    title: str
    state: Literal["open", "shut"] = "open"
    until: datetime | None = None
    helper: User | None = None


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
    yield allow("read", when=task.until <= now())  # wrong
    yield allow("read", when=value_of(task.until) <= now())
    yield allow("read", when=value_of(task.until) <= task.title)  # wrong
    yield allow("read", when=task.helper.id == actor.id)  # wrong
    yield allow("read", when=value_of(task.helper).id == actor.id)


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
    unit.actor.id.upper()  # wrong
    return unit.add(Task(owner=unit.user(), title=task.title))
"""


RIGHT = """
from typing import Any, Literal

from charter import Actor, Contract, Policy, Resource, Unit, User, all_of, allow, field, inverse

api = Contract("api")
api.role("buyer", includes="clerk")
api.role("boss", includes=["buyer"])


@api.accounts
class Member(User):
    phone: str | None = field(default=None, max_length=40)


@api.tenant
class Firm(Resource):
    name: str


@api.resource
class Country(Resource[str]):
    name: str




@api.resource
class Project(Resource):
    title: str
    owner: User
    country: Country | None
    members: list["Membership"] = inverse()


@api.resource
class Membership(Resource):
    project: Project
    user: Member
    role: Literal["viewer", "editor"]


@api.resource
class Staff(Resource):
    user: User
    role: Literal["clerk", "boss"]


api.shared(Country, Staff)
api.grants(Membership, on="project")
api.grants(Staff)


@api.policy(Member)
def member_policy(member: Member, actor: Actor) -> Policy:
    yield allow("read", when=(member == actor.user) & member.email_verified)


@api.policy(Firm, Staff, Country)
def open_policy(row: Resource[Any], actor: Actor) -> Policy:
    yield allow("read", when=actor.address_in("10.0.0.0/8"))


@api.policy(Project)
def project_policy(project: Project, actor: Actor) -> Policy:
    yield allow("read", when=actor.has_role("viewer", on=project))
    yield allow("update", when=all_of(project.owner == actor.user, actor.mfa))
    yield allow("delete", when=actor.has_role("boss") & actor.signed_in_within(minutes=5))
    yield allow("create", when=actor.signed_in_with("passkey"))
    yield allow("sign_up", when=actor.is_machine)


@api.policy(Membership)
def membership_policy(row: Membership, actor: Actor) -> Policy:
    yield allow("*", when=actor.has_role("editor", on=row.project))


@api.command(Project)
async def sign_up(unit: Unit, *, name: str) -> Project:
    member = await unit.get(Member, unit.actor.id or "")
    member.name = name
    return unit.add(Project(title=name, owner=member, country=None))
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


def test_mypy_strict_accepts_accounts_roles_and_tenants(tmp_path: Path) -> None:
    path = tmp_path / "right.py"
    path.write_text(RIGHT, encoding="utf-8")
    ran = mypy("--python-version", "3.11", str(path), cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout
    assert load_contract(path).accounts == "Member"


def test_pyright_strict_accepts_accounts_roles_and_tenants(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    path = tmp_path / "right.py"
    path.write_text(RIGHT, encoding="utf-8")
    assert pyright(tmp_path / "project", "strict", path) == []


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
