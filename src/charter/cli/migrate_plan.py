"""`charter migrate plan`: write a migration for what the contract has changed."""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from charter.cli.arguments import configured
from charter.cli.guard import Refused
from charter.contract.contract import Contract
from charter.core.names import snake
from charter.language.load import load_contract
from charter.migrate.events import nobody
from charter.migrate.file import SUFFIX, written
from charter.migrate.folder import FOLDER, read_folder
from charter.migrate.live import Live, blocking, live, using
from charter.migrate.migration import Change, Migration
from charter.migrate.objects import COLUMN, TABLE
from charter.migrate.pace import Pace
from charter.migrate.planning import Said, planned
from charter.migrate.releases import releases
from charter.migrate.renames import Answers
from charter.migrate.step import Step, Work
from charter.migrate.steps.registry import BUILDERS
from charter.migrate.turn import Target, looking
from charter.serve.process import database_of
from charter.sql.dialects import DIALECTS
from charter.sql.feasible import infeasible
from charter.sql.own.history import RELEASES, Release
from charter.store.schema import found_schema

LEFT = 3
_COSTS = {
    Work.CATALOG: "constant",
    Work.ROWS: "in batches",
    Work.BUILD: "builds an index beside",
    Work.SCAN: "reads the table",
    Work.REWRITE: "writes the table anew",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="some words on what it is for")
    parser.add_argument(
        "--rename",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="TABLE.OLD=NEW for a column, OLD=NEW for a table: what is stored is kept",
    )
    parser.add_argument(
        "--drop",
        action="append",
        default=[],
        metavar="NAME",
        help="TABLE.COLUMN or TABLE goes, and is not what something new was",
    )
    parser.add_argument(
        "--fill",
        action="append",
        default=[],
        metavar="TABLE.COLUMN=VALUE",
        help="what rows that exist have in a field that is new or becomes required",
    )
    parser.add_argument(
        "--for",
        dest="dialects",
        action="append",
        choices=sorted(BUILDERS),
        help="a kind of database to plan for; may be given again (default: those of the "
        "migrations so far, and else all that can hold the contract)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help=f"write nothing; exit with {LEFT} where there is something to plan",
    )
    parser.add_argument(
        "--live",
        action="store_true",
        help="look at the database for how large its tables are, and how long steps take",
    )


def run(arguments: argparse.Namespace) -> int:
    contract = load_contract(Path(arguments.file))
    folder = Path(arguments.file).parent / FOLDER
    so_far = read_folder(folder)
    dialects = arguments.dialects or _dialects(contract, so_far)
    answers = Answers(tuple(arguments.rename), frozenset(arguments.drop))
    said = Said(answers, dict(map(_fill, arguments.fill)))
    migration = planned(contract, so_far, dialects, _name(arguments.name, so_far), said)
    console = Console()
    if migration is None:
        console.print("The migrations lead to the contract as it is: nothing to plan.")
        return 0
    facts = _facts(arguments, contract, migration) if arguments.live else {}
    show_plan(migration, facts, console)
    if arguments.check:
        return LEFT
    path = folder / f"{migration.name}{SUFFIX}"
    if path.exists():
        raise Refused(f"{path} is there already: give the migration another name")
    try:
        folder.mkdir(exist_ok=True)
        path.write_text(written(migration), encoding="utf-8")
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}") from None
    console.print(f"Wrote {path}. Commit it with the contract.", highlight=False, soft_wrap=True)
    return 0


def _dialects(contract: Contract, so_far: Sequence[Migration]) -> list[str]:
    """Those of the migrations so far; else all that can hold the contract."""
    known = dict.fromkeys(name for item in so_far for name in item.changes)
    if known:
        return list(known)
    able = [name for name in BUILDERS if not infeasible(contract, DIALECTS[name])]
    if not able:
        raise Refused("no kind of database can hold this contract: see `charter design`")
    return able


def _name(words: str | None, so_far: Sequence[Migration]) -> str:
    text = words or ("change" if so_far else "first")
    found = snake("_".join(part for part in text.replace("-", " ").split() if part))
    if not found.replace("_", "").isalnum() or not found.isascii():
        raise Refused(f"{text!r} does not make a name for a migration: letters, digits, spaces")
    return f"{datetime.now(UTC):%Y%m%d_%H%M}_{found}"


def _fill(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Refused(f"TABLE.COLUMN=VALUE is expected, not {text!r}")
    return name, value


@dataclass(frozen=True, slots=True)
class Known:
    """What a live database adds to a plan: its tables, and the releases that run on it."""

    live: Live
    releases: tuple[Release, ...]


def _facts(
    arguments: argparse.Namespace, contract: Contract, migration: Migration
) -> Mapping[str, Known]:
    """What the database that is set adds, by its dialect."""
    url = database_of(contract, configured(arguments).settings)
    target = Target(url, Pace(), nobody)
    change = migration.changes.get(target.dialect.name)
    tables = [step.table for step in change.steps] if change else []

    async def look() -> Known:
        async with looking(target) as session:
            facts = await live(session, target.dialect, tables)
            there = (await found_schema(target.dialect, session.fetch)).table_named
            noted = RELEASES.name in there
            return Known(facts, await releases(session, target.dialect) if noted else ())

    return {target.dialect.name: asyncio.run(look())}


def show_plan(migration: Migration, known: Mapping[str, Known], console: Console) -> None:
    """All steps, for each database; `known` is what live databases add."""
    console.print(f"[bold]{escape(migration.name)}[/bold]", highlight=False)
    for dialect, change in migration.changes.items():
        database = known.get(dialect)
        facts = None if database is None else database.live
        title = dialect if facts is None else f"{dialect} (server {facts.version})"
        table = Table("", "phase", "step", "lock", "work", title=title, title_justify="left")
        table.columns[2].overflow = "fold"
        for number, step in enumerate(change.steps, 1):
            table.add_row(
                str(number), str(step.phase), escape(step.name), step.lock or "rows",
                _cost(step, facts),
            )  # fmt: skip
        console.print(table)
        for step in change.steps:
            if step.loses:
                _say(console, step, step.loses)
            if facts is not None and blocking(step, facts, Pace().lock_timeout):
                seconds = facts.seconds(step)
                _say(console, step, f"others wait about {seconds:.0f} s")
        if database is not None:
            _show_users(change, database.releases, console)


def _show_users(change: Change, running: Sequence[Release], console: Console) -> None:
    """Which releases use what goes: its last phase waits for them."""
    for name in change.effects.removed:
        column = name.name if name.kind == COLUMN else ""
        if name.kind in {COLUMN, TABLE} and (found := using(running, name.table, column)):
            what = f"{name.table}.{column}" if column else name.table
            said = ", ".join(item.name for item in found)
            console.print(
                f"  {escape(what)} is used by {escape(said)}", highlight=False, soft_wrap=True
            )


def _say(console: Console, step: Step, why: str) -> None:
    text = f'  needs --allow "{escape(step.name)}": {escape(why)}'
    console.print(text, highlight=False, soft_wrap=True)


def _cost(step: Step, facts: Live | None) -> str:
    cost = _COSTS[step.work]
    if facts is None or step.table not in facts.sizes or step.work is Work.CATALOG:
        return cost
    rows = facts.sizes[step.table].rows
    return f"{cost}, {rows:,} rows, about {facts.seconds(step):.1f} s"
