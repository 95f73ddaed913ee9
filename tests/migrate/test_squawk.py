"""squawk, a linter of PostgreSQL migrations, over every step: what it finds has a reason here."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from charter.migrate.step import Phase, Step, Work
from charter.sql.postgres import POSTGRES
from tests.migrate.cases import cases
from tests.migrate.test_walk import plan

Holds = Callable[[Step, bool], bool]
"""Whether a reason holds for a step, going up or back."""


def at_the_end(step: Step, back: bool) -> bool:
    return back or step.phase is Phase.CONTRACT


def rewrites(step: Step, back: bool) -> bool:
    return (step.work_down if back else step.work) is Work.REWRITE


def loosens(step: Step, back: bool) -> bool:
    return back or step.phase is not Phase.BACKFILL or "_present" in step.up[-1]


def said(*words: str) -> Holds:
    return lambda step, back: any(word in text for text in _run(step, back) for word in words)


def _run(step: Step, back: bool) -> tuple[str, ...]:
    return step.down if back else step.up


EXPLAINED: Mapping[str, tuple[Holds, str]] = {
    "ban-drop-column": (at_the_end, "no release that uses it runs, and it was named"),
    "ban-drop-table": (at_the_end, "no release that uses it runs, and it was named"),
    "ban-drop-view": (at_the_end, "the view stood for a table's name of before"),
    "ban-drop-function": (
        said("DROP TRIGGER", "DROP TABLE"),
        "the trigger that it was for goes as well",
    ),
    "ban-drop-constraint": (loosens, "what newer releases no longer hold, or a scaffold"),
    "ban-drop-not-null": (loosens, "newer releases leave it empty"),
    "ban-drop-default": (at_the_end, "it stood in for older releases, of which none runs"),
    "renaming-column": (said("_next", "_prev"), "the swap: both names are there afterwards"),
    "renaming-table": (said("VIEW"), "a view has the name of before"),
    "renaming-object": (said("RENAME CONSTRAINT", "ALTER INDEX"), "no query names them"),
    "adding-not-nullable-field": (said("_present"), "a valid check spares the reading"),
    "adding-field-with-default": (
        rewrites,
        "generated: it says so, and was named if it takes long",
    ),
    "changing-column-type": (said("TYPE numeric"), "more digits: no row is written; or back"),
    "prefer-robust-stmts": (said("DROP INDEX CONCURRENTLY IF EXISTS"), "one left behind goes"),
}
"""By the rule: for which steps its finding is right and no fault of theirs, and why."""


def squawk() -> str:
    beside = Path(sys.executable).parent / "squawk"
    found = str(beside) if beside.exists() else shutil.which("squawk")
    if found is None:
        pytest.skip("squawk-cli is not installed")
    return found


def text_of(step: Step, statements: tuple[str, ...]) -> str:
    """A step as it is run."""
    body = "".join(f"{statement};\n" for statement in statements)
    times = "lock_timeout = '1s';\n", "statement_timeout = '1h';\n"
    if not step.transaction:
        return "".join((*(f"SET {time}" for time in times), body))
    return "".join(("BEGIN;\n", *(f"SET LOCAL {time}" for time in times), body, "COMMIT;\n"))


def test_squawk_finds_nothing_that_is_not_explained(tmp_path: Path) -> None:
    program = squawk()
    files: dict[Path, tuple[Step, bool]] = {}
    for _, before, after in cases():
        change = plan(before, after, POSTGRES)
        for step in change.steps if change else ():
            for back in (False, True):
                if _run(step, back):
                    path = tmp_path / f"{len(files):04}.sql"
                    path.write_text(text_of(step, _run(step, back)), encoding="utf-8")
                    files[path] = (step, back)
    assert len(files) > 300
    command = [program, "--reporter", "json", "--pg-version", "14", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    findings = [(item["rule_name"], *files[Path(item["file"])]) for item in json.loads(done.stdout)]
    unexplained = [
        f"{rule}: {step.name}, {'down' if back else 'up'}: {_run(step, back)}"
        for rule, step, back in findings
        if rule not in EXPLAINED or not EXPLAINED[rule][0](step, back)
    ]
    assert not unexplained, "\n".join(unexplained[:20])
    assert {rule for rule, _, _ in findings} == EXPLAINED.keys()
