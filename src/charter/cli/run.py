"""`charter run`: serve a contract."""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from charter.access.issue import Grant, issue_token
from charter.cli.arguments import add_settings, configured
from charter.cli.design_proto import numbers_beside
from charter.cli.guard import Refused, guarded, supports_colour
from charter.cli.migrate import migrate_first
from charter.cli.opening import noted_beside, run_opening
from charter.language.load import load_contract
from charter.serve.identity.opening import public_url
from charter.serve.process import Process, cursor_key_of, database_of
from charter.serve.server import (
    CannotListen,
    Job,
    address_of,
    check_address,
    check_grpc,
    grpc_host,
    quiet_interrupt,
    serve,
)
from charter.serve.web.graphql import is_served
from charter.store.address import shown
from charter.wire.pages.account import PATH as ACCOUNT

TRIAL = "ada"
"""Who the trial token that is shown in development is for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the contract")
    parser.add_argument(
        "--migrate",
        action="store_true",
        help="apply the migrations that are pending first (in development only)",
    )
    add_settings(parser)


@guarded
def run(arguments: argparse.Namespace) -> int:
    settings = configured(arguments).settings
    contract = load_contract(Path(arguments.file))
    noted = noted_beside(Path(arguments.file))
    numbers = numbers_beside(Path(arguments.file), contract, settings)
    try:
        process = Process(contract, settings, noted=noted)
        check_address(settings.serve)
        check_grpc(settings)
    except (ValueError, CannotListen) as error:
        raise Refused(str(error)) from None
    with quiet_interrupt():
        if arguments.migrate:
            migrate_first(contract, settings, Path(arguments.file))
        # Whatever keeps the service from starting is found here, once, and not in each worker.
        run_opening(_opened_once(process))
        job = Job(
            arguments.file,
            settings,
            cursor_key_of(settings, process.keys),
            address_of(settings.serve),
            supports_colour(sys.stderr),
            noted=noted,
            numbers=numbers,
        )
        serve(job, partial(welcome, process))
    return 0


async def _opened_once(process: Process) -> None:
    await process.start()
    await process.stop()


def welcome(process: Process) -> None:
    """Where to look, and what to try. In production the log says all that is needed.

    It is written at once, for the workers' log lines not to come between its own.
    """
    contract, settings = process.contract, process.settings
    if settings.serve.in_production:
        return
    address = address_of(settings.serve)
    table = Table.grid(padding=(0, 2))
    # Cookies and passkeys belong to a name, and letters lead to this one.
    pages = public_url(settings)
    if settings.serve.public is not None:
        table.add_row("pages", pages + "/")
    if contract.accounts is not None and settings.serve.account_page:
        table.add_row("account", pages + ACCOUNT)
    if settings.serve.docs:
        table.add_row("docs", address + "/docs")
        if settings.live.enabled:
            table.add_row("live", address + "/docs/live")
    table.add_row("openapi", address + "/openapi.json")
    if is_served(settings):
        table.add_row("graphql", address + settings.graphql.path)
    if settings.grpc.port is not None:
        table.add_row("grpc", f"{grpc_host(settings)}:{settings.grpc.port}")
    table.add_row("database", shown(database_of(contract, settings)))
    table.add_row("stop", "Ctrl+C")
    console = Console()
    with console.capture() as captured:
        console.print(Text(f"\n{contract.name} is served at {address} (development)\n", "bold"))
        console.print(table)
    sys.stdout.write(captured.get() + _trial(process))
    sys.stdout.flush()


def _trial(process: Process) -> str:
    """A token and a command to try it with, as they are to be copied: never wrapped."""
    contract, settings = process.contract, process.settings
    own = (item for item in contract.resources if item.owner is None)
    listed = [item for item in own if item.name != contract.user]
    if not listed:
        return "\n"
    url = f"{address_of(settings.serve)}{settings.rest.prefix}/{listed[-1].path}"
    return (
        f"\nTry it as {TRIAL}, for an hour with this token:\n\n"
        f"TOKEN={_trial_token(process)}\n"
        f'curl -H "Authorization: Bearer $TOKEN" {url}\n\n'
    )


def _trial_token(process: Process) -> str:
    auth, now = process.settings.auth, time.time()
    grant = Grant(
        TRIAL,
        audience=auth.audience,
        issuer=auth.issuer,
        lifetime=3600,
        roles_claim=auth.roles_claim or "roles",
    )
    return issue_token(process.keys.current(now).signing_key(), grant, now=now)
