"""`charter accounts`: end the sessions of one account, or of all; import passwords."""

import argparse
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from charter.cli.arguments import add_settings, configured
from charter.cli.guard import Refused, guarded
from charter.cli.opening import noted_beside, run_on
from charter.language.load import load_contract
from charter.serve.engine.service import Service
from charter.serve.identity.endings import end_sessions
from charter.serve.identity.importing import BadLine, import_passwords
from charter.serve.process import database_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["sign-out", "import"], help="what to do")
    parser.add_argument("file", metavar="FILE", help="the contract")
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--email", metavar="ADDRESS", help="sign out: of the account with it")
    whose.add_argument("--everybody", action="store_true", help="sign out: of all accounts")
    whose.add_argument(
        "--passwords",
        metavar="PATH",
        type=Path,
        help="import: a file with one JSON object a line, `email` and `password_hash`",
    )
    parser.add_argument(
        "--with-keys", action="store_true", help="sign out: end their API keys as well"
    )
    add_settings(parser, ["serve", "store"])


@guarded
def run(arguments: argparse.Namespace) -> int:
    """Nobody has to be told: the next request with an ended session is refused."""
    settings = configured(arguments).settings
    contract = load_contract(Path(arguments.file))
    if contract.accounts is None:
        raise Refused(f"{contract.name} has no accounts")
    if (arguments.action == "import") != (arguments.passwords is not None):
        raise Refused("import takes --passwords, and sign-out --email or --everybody")
    service = Service(contract, database_of(contract, settings), settings.store)
    noted = noted_beside(Path(arguments.file))
    work = _import if arguments.passwords else _sign_out
    Console(highlight=False).print(run_on(service, partial(work, service, arguments), noted))
    return 0


async def _sign_out(service: Service, arguments: argparse.Namespace) -> str:
    database, dialect = service.database, service.dialect
    ended = await end_sessions(database, dialect, arguments.email, keys=arguments.with_keys)
    if ended is None:
        raise Refused(f"no account has the address {arguments.email}")
    keys = f", {ended.keys:,} API keys ended" if arguments.with_keys else ""
    return f"{ended.sessions:,} sessions ended{keys}"


async def _import(service: Service, arguments: argparse.Namespace) -> str:
    try:
        with arguments.passwords.open("rb") as lines:
            found = await import_passwords(
                service.database, service.dialect, service.contract, lines, datetime.now(UTC)
            )
    except OSError as error:
        raise Refused(f"{arguments.passwords}: {error.strerror}") from None
    except BadLine as bad:
        raise Refused(f"{arguments.passwords}, {bad}") from None
    kept = f"; {found.kept:,} accounts have kept theirs" if found.kept else ""
    return f"{found.passwords:,} passwords imported{kept}"
