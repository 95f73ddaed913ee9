"""`charter accounts sign-out`: end the sessions of one account, or of all."""

import argparse
from pathlib import Path

from rich.console import Console

from charter.cli.arguments import add_settings, configured
from charter.cli.guard import Refused, guarded
from charter.cli.opening import run_opening
from charter.language.load import load_contract
from charter.serve.engine.service import Service
from charter.serve.identity.endings import Ended, end_sessions
from charter.serve.process import database_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["sign-out"], help="what to do")
    parser.add_argument("file", metavar="FILE", help="the contract")
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--email", metavar="ADDRESS", help="of the account with this address")
    whose.add_argument("--everybody", action="store_true", help="of all accounts")
    parser.add_argument("--with-keys", action="store_true", help="end their API keys as well")
    add_settings(parser, ["serve", "store"])


@guarded
def run(arguments: argparse.Namespace) -> int:
    """Nobody has to be told: the next request with such a session is refused."""
    settings = configured(arguments).settings
    contract = load_contract(Path(arguments.file))
    if contract.accounts is None:
        raise Refused(f"{contract.name} has no accounts")
    service = Service(contract, database_of(contract, settings), settings.store)
    ended: Ended | None = None

    async def end() -> None:
        nonlocal ended
        await service.open()
        try:
            database, dialect = service.database, service.dialect
            ended = await end_sessions(database, dialect, arguments.email, keys=arguments.with_keys)
        finally:
            await service.close()

    run_opening(end())
    if ended is None:
        raise Refused(f"no account has the address {arguments.email}")
    said = f"{ended.sessions:,} sessions ended"
    if arguments.with_keys:
        said += f", {ended.keys:,} API keys ended"
    Console(highlight=False).print(said)
    return 0
