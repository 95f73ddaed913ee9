"""`charter understand`, as a user has it: what it prints where, and its exit code."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.test_cli import charter
from tests.support.postgres import PostgresServer

SCHEMA = """
CREATE TABLE people (id integer PRIMARY KEY, name varchar(40) NOT NULL, password text,
    mail varchar(90), "[bold]x[/bold]\x1b[2J" integer);
INSERT INTO people VALUES (1, 'Ann', 'geheim', 'nobody', 1);
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.executescript(SCHEMA)
    return tmp_path


def test_the_contract_goes_to_standard_output_and_the_rest_to_standard_error(
    directory: Path,
) -> None:
    ended = charter(directory, "understand", "sqlite:///shop.db", COLUMNS="120")
    assert ended.returncode == 0, ended.stderr
    assert 'shop = Contract("shop")' in ended.stdout
    assert "class Person(Resource[int]):" in ended.stdout
    assert "Person.password" in ended.stderr
    assert "1 of 1 values are no e-mail addresses" in ended.stderr
    assert "geheim" not in ended.stdout + ended.stderr
    assert "\x1b" not in ended.stdout + ended.stderr


def test_a_file_is_written_that_design_finds_no_faults_in(directory: Path) -> None:
    ended = charter(
        directory, "understand", "sqlite:///shop.db", "--output", "c.py", "--name", "People"
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
    assert "1 resource in c.py; 2 places to look at." in ended.stderr
    designed = charter(directory, "design", "c.py")
    assert designed.returncode == 0, designed.stderr
    assert "people 1: no faults" in designed.stdout


def test_no_file_is_overwritten(directory: Path) -> None:
    (directory / "c.py").write_text("mine")
    ended = charter(directory, "understand", "sqlite:///shop.db", "--output", "c.py")
    assert ended.returncode == 1
    assert "c.py is there already" in ended.stderr
    assert (directory / "c.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("sqlite:///none.db", 1, "there is no file none.db"),
        ("sqlite:///:memory:", 2, "a database in memory is empty"),
        ("oracle://x", 2, "'oracle' is not a kind of database"),
        ("shop.db", 2, "a database URL is needed"),
        ("sqlite:///shop.py", 1, "the database"),
        ("postgresql://u:very-secret@127.0.0.1:1/x", 1, "the database"),
        ("postgresql://u:very-secret@127.0.0.1:x/x", 2, "port"),
    ],
)
def test_what_cannot_be_read_is_said(directory: Path, url: str, code: int, words: str) -> None:
    (directory / "shop.py").write_text("no database, but long enough to be taken for one" * 30)
    ended = charter(directory, "understand", url)
    assert ended.returncode == code
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "very-secret" not in ended.stdout + ended.stderr
    assert not (directory / "none.db").exists()


def test_the_password_of_a_server_is_shown_nowhere(
    directory: Path, postgres_server: PostgresServer, postgres_url: str
) -> None:
    postgres_server.execute("CREATE TABLE a (id int PRIMARY KEY)", postgres_url.rpartition("/")[2])
    ended = charter(directory, "understand", postgres_url)
    assert ended.returncode == 0, ended.stderr
    assert "class A(Resource[int]):" in ended.stdout
    assert postgres_server.password not in ended.stdout + ended.stderr
