"""What is trouble and what is not; which indexes are tried for it, and how they are declared."""

from pathlib import Path

import pytest

from charter.cli.guard import Refused
from charter.cli.verify_apply import applied
from charter.contract.contract import Contract
from charter.language.load import load_contract
from charter.plan.ask import ReadMany
from charter.plan.matrix import kind_of
from charter.plan.reads import plan_read
from charter.plan.view import View
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.verify.plans.candidates import candidates, worded
from charter.verify.plans.explained import Access, Explained, Sorting, Step
from charter.verify.plans.judge import Trouble, trouble_of
from charter.verify.plans.needs import Need, needs_of
from charter.verify.plans.samples import Rank
from charter.verify.plans.shape import Origin, Shape
from charter.verify.plans.shapes import shapes_of
from tests.matrix.office import office
from tests.verify.forum import BOARD, SOURCE, forum


@pytest.fixture
def board(tmp_path: Path) -> Contract:
    path = tmp_path / "board.py"
    path.write_text(BOARD)
    return load_contract(path)


def test_each_way_of_an_or_is_a_need_of_its_own(board: Contract) -> None:
    plan = plan_read(View(board, kind_of(board, ()).standing), ReadMany("Task"))
    found = [need for need in needs_of(board, plan) if need.resource == "Task"]
    assert [need.equal for need in found] == [("team",), ("backup",)]
    assert all(len(need.fixed) == 1 and need.order == (("id", False),) for need in found)


def test_what_holds_for_every_request_makes_an_index_partial(board: Contract) -> None:
    plan = plan_read(View(board, kind_of(board, ()).standing), ReadMany("Task"))
    need = needs_of(board, plan)[0]
    found = {
        worded(board, board.resource_named["Task"], one.index): one.makes[0]
        for one in candidates(board, SQLITE, need)
    }
    assert found == {
        'board.index(Task, "team")': "CREATE INDEX tasks_team_idx ON tasks (team, id)",
        'board.index(Task, "team", where=lambda task: task.done)': (
            "CREATE INDEX tasks_team_idx ON tasks (team, id) WHERE done = 1"
        ),
        'board.index(Task, "team", "done")': (
            "CREATE INDEX tasks_team_done_idx ON tasks (team, done, id)"
        ),
    }


def test_an_index_that_is_there_is_not_tried(tmp_path: Path) -> None:
    contract = forum(tmp_path, 'forum.index(Note, "team")')
    need = Need("Note", equal=("team",), order=(("id", False),))
    assert not list(candidates(contract, POSTGRES, need))


def test_a_reference_has_its_relations_name_and_a_tenant_none() -> None:
    contract = office.build()
    resource = contract.resource_named["File"]
    reference = next(
        item for item in resource.fields if item.references and item.name != resource.tenant
    )
    need = Need("File", equal=(str(resource.tenant), reference.name), order=(("pages", True),))
    words = [worded(contract, resource, one.index) for one in candidates(contract, SQLITE, need)]
    relation = reference.name.removesuffix("_id")
    assert f'office.index(File, "{relation}", "-pages")' in words
    assert not [one for one in words if '"firm"' in one]


def test_the_shapes_of_a_contract_are_counted_and_bounded(tmp_path: Path) -> None:
    contract = forum(tmp_path)
    everything = shapes_of(contract, SQLITE)
    texts = [one.statement.text for one in everything.compiled]
    assert len(texts) == len(set(texts))
    assert everything.found > len(texts)
    assert everything.left_out == 0
    some = shapes_of(contract, SQLITE, most=100)
    assert len(some.compiled) == 100
    assert some.left_out == len(texts) - 100
    own = [one for one in everything.compiled if one.shape.origin is Origin.CONTRACT]
    # What clients choose is left out first.
    assert [one.shape.name for one in some.compiled[: len(own)]] == [
        one.shape.name for one in own[:100]
    ]
    names = {one.shape.name for one in everything.compiled}
    assert {
        "list Note",
        "next page of Note",
        "list Note with its author",
        "list answers of Note",
        "list Note by -opened_at",
        "list Note where kind eq",
        "count Note by kind",
        "before update of Note",
        "Answer rows whose note_id is a Note that goes",
        "find the answer to an Idempotency-Key",
    } <= names


# -- judging -----------------------------------------------------------------------------------
SHAPE = Shape("list", "Note", (), ("signed in",), Origin.CLIENT, lambda *_: None)  # type: ignore[arg-type]


def run(
    work: int, *steps: Step, answered: int = 100, sortings: tuple[Sorting, ...] = ()
) -> Explained:
    return Explained(steps, sortings, work, 0.01, 1, answered)


def seq(kept: int, removed: int) -> Step:
    return Step(Access.TABLE, "notes", None, kept, removed, 1)


def troubles(small: Explained, large: Explained) -> tuple[Trouble, ...]:
    return trouble_of(SHAPE, POSTGRES, Rank.USUAL, small, large)[0]


def test_a_scan_that_grows_is_trouble() -> None:
    found = troubles(run(2_500, seq(10, 2_490)), run(10_000, seq(10, 9_990)))
    assert found == (Trouble.SCAN,)


def test_work_that_stays_is_none() -> None:
    assert not troubles(run(9_000, seq(10, 9_990)), run(10_000, seq(10, 9_990)))


def test_work_that_grows_with_its_answer_is_none() -> None:
    small = run(2_500, seq(2_500, 0), answered=10_000)
    assert not troubles(small, run(10_000, seq(10_000, 0), answered=40_000))


def test_rows_that_belong_to_each_row_are_none() -> None:
    step = Step(Access.INDEX, "answers", "answers_note_id_idx", 9_000, 0, 50)
    before = Step(Access.INDEX, "answers", "answers_note_id_idx", 2_000, 0, 50)
    assert not troubles(run(2_100, before), run(9_100, step))


def test_a_sort_on_disk_is_trouble_however_it_grows() -> None:
    sorting = Sorting("order by title", 50_000, spilled=3_000_000)
    large = run(60_000, seq(50_000, 0), sortings=(sorting,))
    assert Trouble.SPILL in troubles(run(50_000, seq(50_000, 0)), large)


def test_an_index_that_finds_far_more_than_is_kept_is_trouble() -> None:
    def search(removed: int) -> Step:
        return Step(Access.INDEX, "notes", "notes_team_idx", 20, removed, 1)

    assert troubles(run(1_000, search(900)), run(4_000, search(3_900))) == (Trouble.FILTER,)


# -- writing lines into a contract -------------------------------------------------------------
def test_lines_stand_behind_other_indexes_with_the_words_that_they_need(tmp_path: Path) -> None:
    path = tmp_path / "forum.py"
    path.write_text(
        SOURCE.replace("forum = Contract", "talk = Contract").replace("@forum", "@talk")
    )
    text = path.read_text()
    path.write_text(text + '\n\ntalk.index(Note, "kind")\n')
    line = 'forum.index(Note, "team", where=lambda note: is_null(note.title))'
    told = list(applied(path, [line.replace("is_null(note.title)", 'note.kind == "news"')]))
    assert told == [f'{path}: talk.index(Note, "team", where=lambda note: note.kind == "news")']
    assert path.read_text().endswith(told[0].partition(": ")[2] + "\n")
    list(applied(path, [line]))
    assert "from charter import is_null" in path.read_text()
    assert len(load_contract(path).resource_named["Note"].indexes) == 3


def test_a_line_that_is_a_fault_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "forum.py"
    path.write_text(SOURCE)
    with pytest.raises(Refused, match="as it was"):
        list(applied(path, ['forum.index(Note, "nothing")']))
    assert path.read_text() == SOURCE
