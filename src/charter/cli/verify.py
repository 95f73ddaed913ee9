"""`charter verify --plans`: the query plans of a contract, and the indexes that would help."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from charter.cli.arguments import add_settings, configured
from charter.cli.guard import FAULT, USAGE, Refused, complain, guarded
from charter.cli.verify_apply import applied
from charter.cli.verify_live import show_live
from charter.cli.verify_plans import as_document, show_plans
from charter.contract.contract import Contract
from charter.language.load import load_contract
from charter.serve.engine.startup import require_feasible
from charter.sql.dialects import dialect_named
from charter.store.address import Dialect, dialect_of
from charter.store.errors import MissingDriver
from charter.verify.data.fill import SEED
from charter.verify.data.sizes import ROWS, sizes_of
from charter.verify.data.values import CannotMake
from charter.verify.plans.live import live_report
from charter.verify.plans.verify import Asked, Report, Stage, verified_plans


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the contract")
    parser.add_argument(
        "--plans",
        action="store_true",
        required=True,
        help="run every shape of statement on scratch databases that are filled for it",
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="make the scratch databases beside this one, and touch nothing else: by default "
        "temporary SQLite files; on a server databases that are dropped in the end",
    )
    parser.add_argument(
        "--rows",
        default=str(ROWS),
        metavar="N|NAME=N,...",
        help=f"how many rows (default: {ROWS}); by name for single resources",
    )
    parser.add_argument("--seed", type=int, default=SEED, help="make other rows of the same kind")
    parser.add_argument(
        "--filters",
        action="store_true",
        help="look for indexes for what clients choose to filter and sort by as well",
    )
    parser.add_argument(
        "--apply", action="store_true", help="write the indexes that help into the contract"
    )
    parser.add_argument(
        "--live",
        metavar="URL",
        help="look at the database of a running service instead: indexes that nobody uses, "
        "indexes that others make unnecessary, tables without statistics",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="exit with 1 for every finding, not only for those that an index would end",
    )
    add_settings(parser, ["rest"])


@guarded
def run(arguments: argparse.Namespace) -> int:
    """0 where all is well, 1 where an index is missing."""
    rest = configured(arguments).settings.rest
    contract = load_contract(Path(arguments.file))
    try:
        if arguments.live:
            return _live(contract, arguments)
        sizes = _sizes(contract, arguments.rows)
        _require_dialect(contract, arguments.database)
        asked = Asked(contract, arguments.database, sizes, arguments.seed, arguments.filters, rest)
        report = _verified(asked)
    except (ValueError, CannotMake) as error:
        return complain(str(error), code=USAGE)
    except MissingDriver as error:
        raise Refused(str(error)) from None
    if arguments.json:
        sys.stdout.write(json.dumps(as_document(report), indent=2, ensure_ascii=False) + "\n")
    else:
        show_plans(report, Console())
    if arguments.apply and report.advice:
        for line in applied(Path(arguments.file), [one.words for one in report.advice]):
            Console(stderr=True).print(line, highlight=False, soft_wrap=True)
    return _verdict(report, strict=arguments.strict)


def _verdict(report: Report, *, strict: bool) -> int:
    helped = any(report.helped(finding) for finding in report.own)
    return FAULT if helped or report.failed or (strict and report.findings) else 0


def _live(contract: Contract, arguments: argparse.Namespace) -> int:
    found = asyncio.run(live_report(contract, arguments.live))
    if arguments.json:
        sys.stdout.write(json.dumps(found.as_document(), indent=2, ensure_ascii=False) + "\n")
    else:
        show_live(found, Console())
    return FAULT if found.findings else 0


def _require_dialect(contract: Contract, url: str | None) -> None:
    dialect = dialect_named(Dialect.SQLITE if url is None else dialect_of(url))
    require_feasible(contract, dialect)


def _sizes(contract: Contract, text: str) -> Mapping[str, int]:
    """`20000`, `Order=100000,Customer=500`, or both. Raises ValueError."""
    rows, given = ROWS, {}
    for item in text.split(","):
        name, equals, number = item.strip().rpartition("=")
        if not number.replace("_", "").isdecimal():
            raise ValueError(f"--rows: a number or NAME=NUMBER is expected, not {item!r}")
        if equals:
            given[name] = int(number)
        else:
            rows = int(number)
    return sizes_of(contract, rows, given)


class _Bars:
    """A progress bar for each stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[Stage, TaskID] = {}

    def begin(self, stage: Stage, total: int | None) -> None:
        self._tasks[stage] = self._progress.add_task(stage.value, total=total)

    def advance(self, stage: Stage, more: int) -> None:
        self._progress.advance(self._tasks[stage], more)


def _verified(asked: Asked) -> Report:
    columns = (TextColumn("{task.description:>15}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        return asyncio.run(verified_plans(asked, _Bars(progress)))
