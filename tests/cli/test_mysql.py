"""What Charter does not do on MySQL yet says so, before it asks the server anything."""

from pathlib import Path

import pytest

from charter.migrate.steps.registry import BUILDERS
from charter.sql.dialects import DIALECTS
from tests.cli.test_cli import charter

CONTRACT = """
from charter import Contract, Resource, allow

shop = Contract("shop")


@shop.resource
class Thing(Resource):
    name: str


@shop.policy(Thing)
def policy(row, actor):
    yield allow("read")
"""
MAPPED = CONTRACT.replace("@shop.resource", '@shop.resource(table="Things")')
URL = "mysql://shop:very-secret@127.0.0.1:1/shop"
REPLICA = "postgresql://shop:very-secret@127.0.0.1:1/shop"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "c.py").write_text(CONTRACT)
    (tmp_path / "mapped.py").write_text(MAPPED)
    return tmp_path


def test_what_is_not_there_yet_says_so(directory: Path) -> None:
    arguments = ("run", "c.py", "--database", URL, "--database-replicas", REPLICA)
    ended = charter(directory, *arguments, COLUMNS="200")
    assert "database_replicas: only PostgreSQL has replicas" in ended.stderr
    assert ended.returncode == 1
    assert "very-secret" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "c.py", "--plans", "--database", URL),
        ("verify", "c.py", "--plans", "--live", URL),
        ("understand", URL),
        ("run", "mapped.py", "--database", URL),
    ],
)
def test_a_server_that_is_not_there_is_said_to_be_so(
    directory: Path, arguments: tuple[str, ...]
) -> None:
    ended = charter(directory, *arguments, COLUMNS="200")
    assert "127.0.0.1" in ended.stderr
    assert ended.returncode == 1
    assert "very-secret" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_plan_is_for_it_too(directory: Path) -> None:
    ended = charter(directory, "migrate", "plan", "c.py", "first")
    assert ended.returncode == 0, ended.stderr
    (written,) = (directory / "migrations").iterdir()
    assert "[mysql]" in written.read_text()


def test_a_plan_leaves_out_what_cannot_hold_the_contract(directory: Path) -> None:
    text = CONTRACT.replace("name: str", "name: str = field(unique=True)")
    (directory / "c.py").write_text(text.replace("Resource, allow", "Resource, allow, field"))
    ended = charter(directory, "migrate", "plan", "c.py", "first")
    assert ended.returncode == 0, ended.stderr
    (written,) = (directory / "migrations").iterdir()
    assert "[sqlite]" in written.read_text()
    assert "[mysql]" not in written.read_text()


def test_all_kinds_of_databases_have_steps() -> None:
    assert BUILDERS.keys() == DIALECTS.keys()
