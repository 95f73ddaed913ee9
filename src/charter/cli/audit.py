"""`charter audit verify`: whether the audit log of a database is what was written."""

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from charter.access.settings import keys_from
from charter.cli.arguments import add_settings, configured
from charter.cli.guard import Refused, guarded
from charter.cli.opening import noted_beside, run_on
from charter.language.load import load_contract
from charter.serve.engine.auditing import Verified, verified
from charter.serve.engine.service import Service
from charter.serve.process import database_of
from charter.serve.signing import signers

MOST_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["verify"], help="what to do")
    parser.add_argument("file", metavar="FILE", help="the contract")
    add_settings(parser, ["serve", "store", "auth"])


@guarded
def run(arguments: argparse.Namespace) -> int:
    """0 where the log is whole, 1 where it is not."""
    settings = configured(arguments).settings
    contract = load_contract(Path(arguments.file))
    if not contract.audits:
        raise Refused(f"{contract.name} audits nothing: write {contract.name}.audited()")
    keys = keys_from(settings.auth, production=settings.serve.in_production)
    known = {signer.name: signer.key for signer in signers(settings, keys)}
    service = Service(contract, database_of(contract, settings), settings.store)
    noted = noted_beside(Path(arguments.file))
    found = run_on(service, partial(_verify, service, known), noted)
    _show(found, Console())
    return 1 if found.damages else 0


async def _verify(service: Service, known: Mapping[str, bytes]) -> Verified:
    found = Verified()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading the audit log")
        async for found in verified(service.database, service.dialect, known):
            progress.update(task, description=f"{found.rows:,} rows read")
    return found


def _show(found: Verified, console: Console) -> None:
    table = Table("lane", "rows", "ends with", title="audit log", title_justify="left")
    for lane, (number, digest) in sorted(found.heads.items()):
        table.add_row(str(lane), f"{number:,}", digest[:16])
    console.print(table)
    for damage in found.damages[:MOST_SHOWN]:
        console.print(f"[red]lane {damage.lane}, row {damage.number}[/red]: {damage.what}")
    if len(found.damages) > MOST_SHOWN:
        console.print(f"… and {len(found.damages) - MOST_SHOWN:,} more")
    if found.unsigned:
        console.print(
            f"[yellow]{found.unsigned:,} rows are chained, but not signed[/yellow]: "
            "set CHARTER_AUDIT_KEY"
        )
    if not found.damages:
        console.print(f"[green]{found.rows:,} rows, all as they were written[/green]")
