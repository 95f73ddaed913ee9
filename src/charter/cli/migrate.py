"""`charter migrate`: bring a database in step with its contract, and back.

Exit codes: 0 well, 1 a fault, 2 wrong usage, 3 something is left to do: `plan --check` would write
a migration; `apply` has left something, or the contract is ahead of its migrations; `status` and
`check` have found what is not settled.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from rich.console import Console

from charter.cli import migrate_plan
from charter.cli.arguments import add_database, configured
from charter.cli.guard import Refused, guarded
from charter.cli.migrate_show import Show, show_applied, show_check, show_status
from charter.contract.contract import Contract
from charter.language.load import load_contract
from charter.migrate.apply import Request, apply
from charter.migrate.check import check, unplanned_in
from charter.migrate.folder import FOLDER, read_folder
from charter.migrate.migration import Migration
from charter.migrate.pace import Pace
from charter.migrate.rollback import Back, rollback
from charter.migrate.status import status
from charter.migrate.turn import Target
from charter.serve.engine.startup import require_feasible
from charter.serve.process import database_of
from charter.serve.settings.model import Settings
from charter.sql.derive import schema_of
from charter.store.address import shown

LEFT = 3
"""Exit code: nothing is wrong, but something is left to do."""


@dataclass(frozen=True, slots=True)
class Action:
    """One of the words after `charter migrate`."""

    help: str
    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, action in ACTIONS.items():
        sub = actions.add_parser(name, help=action.help, description=f"{action.help.capitalize()}.")
        sub.add_argument("file", metavar="FILE", help="the contract")
        action.add(sub)
        add_database(sub)


@guarded
def run(arguments: argparse.Namespace) -> int:
    return ACTIONS[arguments.action].run(arguments)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    _add_allow(parser)
    parser.add_argument(
        "--force-contract",
        dest="force",
        action="store_true",
        help="take away what releases that run still use: they fail from then on",
    )
    _add_pace(parser)


def _apply(arguments: argparse.Namespace) -> int:
    contract = load_contract(Path(arguments.file))
    allowed = frozenset(arguments.allow)
    with Show(Console(stderr=True)) as show:
        target = _target(arguments, contract, show)
        request = _request(contract, target, Path(arguments.file), allowed)
        applied = asyncio.run(apply(target, replace(request, force=arguments.force)))
    unplanned = unplanned_in(contract, request.migrations, target.dialect)
    show_applied(applied, unplanned, Console())
    return LEFT if applied.refused or applied.pending or unplanned else 0


def _request(
    contract: Contract, target: Target, file: Path, allowed: frozenset[str] = frozenset()
) -> Request:
    require_feasible(contract, target.dialect)
    return Request(schema_of(contract, target.dialect), _migrations(file), allowed)


def _migrations(file: Path) -> tuple[Migration, ...]:
    """Those beside a contract."""
    return read_folder(file.parent / FOLDER)


def migrate_first(contract: Contract, settings: Settings, file: Path) -> None:
    """Apply what is pending before a service starts, where that is developed: elsewhere several
    of them start at once, and what a release needs is there before it. Raises Refused."""
    if settings.serve.in_production:
        raise Refused("--migrate is for development: `charter migrate apply` comes before a start")
    with Show(Console(stderr=True)) as show:
        target = Target(database_of(contract, settings), Pace(), show.tell)
        applied = asyncio.run(apply(target, _request(contract, target, file)))
    if applied.waits is not None:
        show_applied(applied, (), Console(stderr=True))


def _add_status(_: argparse.ArgumentParser) -> None:
    pass


def _status(arguments: argparse.Namespace) -> int:
    file = Path(arguments.file)
    migrations = _migrations(file)
    with Show(Console(stderr=True)) as show:
        target = _target(arguments, load_contract(file), show)
        found = asyncio.run(status(target, migrations))
    show_status(found, shown(target.url), Console())
    return 0 if found.settled else LEFT


def _add_rollback(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="undo this migration and all after it (default: the last one)",
    )
    _add_allow(parser)
    parser.add_argument(
        "--force", action="store_true", help="also where releases that run have the migration"
    )
    _add_pace(parser)


def _rollback(arguments: argparse.Namespace) -> int:
    file = Path(arguments.file)
    allowed = frozenset(arguments.allow)
    request = Back(_migrations(file), arguments.name, allowed, arguments.force)
    with Show(Console(stderr=True)) as show:
        gone = asyncio.run(rollback(_target(arguments, load_contract(file), show), request))
    Console(highlight=False).print(f"Rolled back: {', '.join(gone)}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    file = Path(arguments.file)
    contract = load_contract(file)
    migrations = _migrations(file)
    with Show(Console(stderr=True)) as show:
        found = asyncio.run(check(_target(arguments, contract, show), contract, migrations))
    show_check(found, Console())
    return 0 if found.well else LEFT


def _add_allow(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="STEP",
        help="run this step though it loses data or blocks others; may be given again",
    )


def _add_pace(parser: argparse.ArgumentParser) -> None:
    pace = Pace()
    parser.add_argument(
        "--lock-timeout",
        type=float,
        default=pace.lock_timeout,
        metavar="SECONDS",
        help=f"how long to wait for a lock, and others behind it (default: {pace.lock_timeout:g})",
    )
    parser.add_argument(
        "--tries",
        type=int,
        default=pace.tries,
        metavar="COUNT",
        help=f"how often to try for a lock (default: {pace.tries})",
    )
    parser.add_argument(
        "--batch-seconds",
        type=float,
        default=pace.batch_seconds,
        metavar="SECONDS",
        help=f"how long a batch of a backfill takes (default: {pace.batch_seconds:g})",
    )


def _target(arguments: argparse.Namespace, contract: Contract, show: Show) -> Target:
    """The database. Raises Refused for numbers that make no sense."""
    settings = configured(arguments).settings
    pace = Pace()
    if "tries" in arguments:
        given = (arguments.lock_timeout, arguments.tries, arguments.batch_seconds)
        if min(given) <= 0:
            raise Refused("--lock-timeout, --tries and --batch-seconds are more than 0")
        pace = Pace(
            lock_timeout=arguments.lock_timeout,
            tries=arguments.tries,
            batch_seconds=arguments.batch_seconds,
        )
    try:
        target = Target(database_of(contract, settings), pace, show.tell)
        target.dialect  # noqa: B018 - a bad URL is refused here
    except ValueError as error:
        raise Refused(str(error)) from None
    return target


ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "plan": Action(
            "write a migration for what the contract has changed",
            migrate_plan.add_arguments,
            migrate_plan.run,
        ),
        "apply": Action("apply all migrations that are pending", _add_apply, _apply),
        "status": Action("show where a database stands", _add_status, _status),
        "rollback": Action("undo the last migration, or several", _add_rollback, _rollback),
        "check": Action(
            "compare the contract, its migrations and the database", _add_status, _check
        ),
    }
)
