"""Plans of MariaDB and MySQL, read: both servers' words for the same, and what one leaves open."""

from typing import Any

from charter.sql.mysql import MYSQL
from charter.verify.plans.explain_mysql import explained
from charter.verify.plans.explained import Access, Explained
from charter.verify.plans.judge import Trouble, trouble_of
from charter.verify.plans.samples import Rank
from charter.verify.scratch.model import Ran
from charter.verify.scratch.mysql import plan_of
from tests.verify.test_judging import SHAPE

TEXT = 'SELECT 1 FROM notes AS n WHERE EXISTS (SELECT 1 FROM "answers" AS a WHERE a.note_id = n.id)'


def read(plan: Any, counters: dict[str, int], text: str = TEXT) -> Explained:
    return explained(text, Ran(plan, 0.01, 1, 100, counters))


def test_quotes_of_names_that_mariadb_does_not_escape() -> None:
    """As MariaDB 10.11 writes it in sessions of ANSI_QUOTES."""
    text = """{
  "query_block": {
    "select_id": 1,
    "r_loops": 1,
    "filesort": {
      "sort_key": "n."opened_at"",
      "r_loops": 1,
      "r_sort_passes": 2,
      "table": {
        "table_name": "n",
        "access_type": "ALL",
        "r_loops": 1,
        "r_rows": 4000,
        "r_filtered": 50,
        "attached_condition": "n.title <> 'a"b\\\\' and n."kind" = 1"
      }
    }
  }
}"""
    found = read(plan_of(text), {"read": 4_001})
    (step,) = found.steps
    assert (step.access, step.table, step.kept, step.removed) == (Access.TABLE, "notes", 2000, 2000)
    assert step.condition.startswith("n.title <> 'a\"b")
    (sorting,) = found.sortings
    assert (sorting.what, sorting.rows) == ('order by n."opened_at"', 2000)
    assert sorting.spilled
    assert found.work == 4_001
    assert plan_of("no plan") is None


def test_small_tables_that_are_read_whole_are_no_work() -> None:
    table = {"table_name": "n", "access_type": "ALL", "r_loops": 3, "r_rows": 100, "r_filtered": 1}
    found = read({"query_block": {"table": table}}, {"read": 310})
    assert found.work == 10
    assert (found.steps[0].kept, found.steps[0].removed) == (3, 297)


def test_ways_of_access_have_the_same_words() -> None:
    def access(node: dict[str, Any]) -> tuple[Access, str | None]:
        found = read({"query_block": {"nested_loop": [{"table": node}]}}, {})
        return found.steps[0].access, found.steps[0].index

    def of(kind: str, **more: Any) -> dict[str, Any]:
        return {"table_name": "n", "access_type": kind, **more}

    assert access(of("const", key="PRIMARY")) == (Access.KEY, "PRIMARY")
    assert access(of("range", key="by_team")) == (Access.INDEX, "by_team")
    assert access(of("index", key="PRIMARY")) == (Access.WHOLE_INDEX, "PRIMARY")
    assert access(of("ALL")) == (Access.TABLE, None)
    merged = {"sort_union": [{"range": {"key": "a"}}, {"range": {"key": "b"}}]}
    assert access(of("index_merge", index_merge=merged)) == (Access.INDEX, "a, b")
    assert access(of("index_merge", key="union(a,b)")) == (Access.INDEX, "a, b")
    found = read({"table": {"table_name": "<derived2>", "access_type": "ALL"}}, {})
    assert (found.steps[0].access, found.steps[0].table) == (Access.OTHER, "<derived2>")


def mysql(rows: int) -> Explained:
    """A list as MySQL 8 explains it: without what it has read."""
    outer = {
        "table_name": "n",
        "access_type": "ALL",
        "rows_examined_per_scan": rows,
        "attached_condition": "(`n`.`team` = 'x')",
    }
    inner = {"table_name": "a", "access_type": "ref", "key": "answers_note_id_idx"}
    plan = {
        "query_block": {
            "select_id": 1,
            "ordering_operation": {"using_filesort": True, "table": outer},
            "select_list_subqueries": [{"query_block": {"select_id": 2, "table": inner}}],
        }
    }
    return read(plan, {"read": rows + 40, "scanned": rows})


def test_mysql_counts_for_the_whole_statement() -> None:
    found = mysql(8_000)
    assert found.sign == (
        ("index search", "answers", "answers_note_id_idx"), ("table scan", "notes", None),
    )  # fmt: skip
    assert (found.work, found.scanned) == (8_040, 8_000)
    assert [sorting.rows for sorting in found.sortings] == [None]
    troubles, step, growth = trouble_of(SHAPE, MYSQL, Rank.USUAL, mysql(2_000), found)
    assert set(troubles) == {Trouble.SCAN, Trouble.SORT}
    assert step is not None
    assert step.table == "notes"
    assert growth > 3


def test_a_statement_that_did_not_end_has_no_work() -> None:
    ran = Ran(None, 10.0, ended=False, error="it took too long")
    assert explained(TEXT, ran) == Explained((), (), 0, 10.0, 0, 0, None, False, "it took too long")
