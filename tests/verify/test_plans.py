"""Missing indexes are found, the advice ends what was found, and what fits is left alone."""

import json
from pathlib import Path

import pytest

from charter.cli.main import main
from charter.contract.contract import Contract
from charter.language.load import load_contract
from charter.verify.data.sizes import sizes_of
from charter.verify.plans.explained import Access, Explained
from charter.verify.plans.judge import Finding, Trouble
from charter.verify.plans.verify import Asked, Report, Stage, verified_plans
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer
from tests.verify.forum import BOARD, FITTING, forum, forum_file

ROOT = Path(__file__).parents[2]
QUICK = ("sqlite", "postgresql")
"""Where a whole contract is verified within seconds."""


class Counted:
    """A watch that counts."""

    def __init__(self) -> None:
        self.done: dict[Stage, int] = {}

    def begin(self, stage: Stage, total: int | None) -> None:
        self.done[stage] = 0

    def advance(self, stage: Stage, more: int) -> None:
        self.done[stage] += more


async def verified(
    contract: Contract, beside: str | None, rows: int, *, filters: bool = False
) -> Report:
    asked = Asked(contract, beside, sizes_of(contract, rows), filters=filters)
    return await verified_plans(asked, Counted())


def about(report: Report, name: str) -> Finding:
    return next(
        finding for finding in report.own if any(one.shape.name == name for one in finding.shapes)
    )


def accesses(explained: Explained, table: str) -> set[Access]:
    return {step.access for step in explained.on(table)}


WHOLE = {Access.TABLE, Access.WHOLE_INDEX}


async def test_a_policy_without_an_index_is_found_and_the_advice_ends_it(
    tmp_path: Path, beside: str | None
) -> None:
    # Half the rows do on MySQL, of whose server every statement asks more.
    mysql = beside is not None and beside.startswith("mysql")
    report = await verified(forum(tmp_path), beside, 1_600 if mysql else 3_000)
    assert not report.failed
    finding = about(report, "list Note with its author")
    assert finding.need is not None
    assert finding.need.equal == ("team",)
    assert "signed in" in finding.worst.shape.kinds
    assert finding.growth > 2
    assert accesses(finding.before, "notes") & WHOLE
    assert Trouble.SCAN in finding.troubles or Trouble.FILTER in finding.troubles
    assert [one.words for one in report.advice] == ['forum.index(Note, "team")']
    advice = report.advice[0]
    retyped = ("ALTER TABLE notes MODIFY COLUMN team varchar(40) NOT NULL",) if mysql else ()
    assert advice.makes == (*retyped, "CREATE INDEX notes_team_idx ON notes (team, id)")
    assert report.helped(finding)
    assert advice.bytes > 0
    assert min(advice.inserts) > 0
    for proof in advice.proofs:
        assert "notes_team_idx" not in {step.index for step in proof.before.on("notes")}
        assert "notes_team_idx" in {step.index for step in proof.after.on("notes")}
        assert proof.after.work * 2 < proof.before.work
        assert not any(step.access is Access.TABLE for step in proof.after.on("notes"))


async def test_each_way_of_an_or_gets_its_index(tmp_path: Path, beside: str | None) -> None:
    path = tmp_path / "board.py"
    path.write_text(BOARD)
    contract = load_contract(path)
    tasks = 5_000 if beside is not None and beside.startswith("mysql") else 12_000
    sizes = sizes_of(contract, 100, {"Task": tasks, "List": 100})
    report = await verified_plans(Asked(contract, beside, sizes), Counted())
    assert {one.words for one in report.advice} == {
        'board.index(Task, "team")',
        'board.index(Task, "backup")',
    }
    plain = next(
        proof for proof in report.advice[0].proofs if proof.name == "list Task with its list"
    )
    assert accesses(plain.before, "tasks") & WHOLE
    assert {step.index for step in plain.after.on("tasks")} & {
        "tasks_team_idx",
        "tasks_backup_idx, tasks_team_idx",
        "tasks_team_idx, tasks_backup_idx",
    }
    if tasks == 5_000:
        # Texts are in another type of column there, which an index has to change.
        assert all(one.makes[0].startswith("ALTER TABLE tasks") for one in report.advice)


@pytest.mark.parametrize("beside", QUICK, indirect=True)
async def test_with_the_index_nothing_is_found(tmp_path: Path, beside: str | None) -> None:
    report = await verified(forum(tmp_path, *FITTING), beside, 3_000)
    assert not report.advice
    assert not [one for one in report.own if one.resource == "Note"]


async def test_an_index_that_is_wanted_by_clients_is_looked_for_when_asked(
    tmp_path: Path,
) -> None:
    report = await verified(forum(tmp_path, *FITTING), None, 3_000, filters=True)
    assert any("title" in one.worst.shape.name for one in report.chosen)
    assert 'forum.index(Note, "title")' in [one.words for one in report.advice]
    titles = [one for one in report.advice if one.index.fields == ("title",)]
    served = {proof.name for proof in titles[0].proofs}
    assert {"list Note by title", "list Note by -title", "list Note where title eq"} <= served


@pytest.mark.parametrize("beside", QUICK, indirect=True)
@pytest.mark.parametrize("example", ["shop", "music", "todo"])
async def test_the_examples_lack_no_index(example: str, beside: str | None) -> None:
    contract = load_contract(ROOT / "examples" / example / "contract.py")
    report = await verified(contract, beside, 2_500)
    assert not report.failed
    assert not report.advice


@pytest.mark.parametrize("beside", QUICK, indirect=True)
async def test_a_reference_lacks_none_beside_an_index_in_another_order(
    tmp_path: Path, beside: str | None
) -> None:
    """The shop has orders by customer and time, and products by category and name. The plain
    lists of a customer, and of a category, are read from the indexes that references have."""
    text = (ROOT / "examples" / "shop" / "contract.py").read_text()
    for line in ('shop.index(Order, "customer")\n', 'shop.index(Product, "category")\n'):
        assert line in text
        text = text.replace(line, "")
    path = tmp_path / "shop.py"
    path.write_text(text)
    report = await verified(load_contract(path), beside, 10_000)
    assert not report.failed
    assert not report.advice


# -- the command -------------------------------------------------------------------------------
def test_the_command_tells_and_applies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    path = forum_file(tmp_path)
    assert main(["verify", str(path), "--plans", "--rows", "2000,User=300", "--apply"]) == 1
    told = capsys.readouterr()
    assert 'forum.index(Note, "team")' in told.out
    assert "CREATE INDEX notes_team_idx ON notes (team, id)" in told.out
    assert "User 300" in told.out
    assert path.read_text().count('forum.index(Note, "team")') == 1
    again = main(["verify", str(path), "--plans", "--rows", "2000", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert again == 0
    assert document["advice"] == []
    assert document["rows"]["Note"] == 2000
    assert document["statements"] > 100
    assert all(one["origin"] in ("contract", "client") for one in document["findings"])
    assert main(["verify", str(path), "--plans", "--rows", "2000", "--strict"]) == 1


@pytest.mark.parametrize(
    ("rows", "said"), [("many", "a number"), ("Nota=5", "did you mean Note"), ("Note=0", "1 row")]
)
def test_rows_that_make_no_sense_are_refused(
    rows: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(forum_file(tmp_path)), "--plans", "--rows", rows]) == 2
    assert said in capsys.readouterr().err


def test_tables_that_charter_does_not_make_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = forum_file(tmp_path)
    mapped = path.read_text().replace("@forum.resource", '@forum.resource(table="Noted")', 1)
    path.write_text(mapped)
    assert main(["verify", str(path), "--plans", "--rows", "10"]) == 2
    assert "Noted is an existing table" in capsys.readouterr().err


def test_nothing_is_left_on_a_mysql_server(
    tmp_path: Path, mysql_server: MysqlServer, mysql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    board = tmp_path / "board.py"
    board.write_text(BOARD)
    given = ["verify", str(board), "--plans", "--rows", "400"]
    main([*given, "--database", mysql_url, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["unit"] == "rows and entries of indexes read"
    assert not document["failed"]
    names = {name for (name,) in mysql_server.execute("SHOW DATABASES")}
    assert not [name for name in names if name.startswith("charter_verify")]
    assert mysql_server.execute("SHOW TABLES", mysql_url.rpartition("/")[2]) == []


def test_nothing_is_left_on_the_server(
    tmp_path: Path, postgres_server: PostgresServer, postgres_url: str
) -> None:
    given = ["verify", str(forum_file(tmp_path)), "--plans", "--rows", "400"]
    main([*given, "--database", postgres_url, "--json"])
    databases = postgres_server.execute("SELECT datname FROM pg_database")
    assert "charter_verify" not in databases
    tables = postgres_server.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
        postgres_url.rpartition("/")[2],
    )
    assert tables == "0"
