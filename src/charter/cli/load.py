"""`charter load`: rows from NDJSON files into the database of a contract."""

import argparse
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from charter.cli.arguments import add_settings, configured
from charter.cli.guard import Refused, guarded
from charter.cli.opening import noted_beside, run_on
from charter.contract.contract import Contract
from charter.core.names import kebab, nearest
from charter.core.problems import Flaw, Problem
from charter.language.load import load_contract
from charter.serve.engine.load import MAX_LINE, Loader
from charter.serve.engine.service import Service
from charter.serve.process import database_of
from charter.serve.signing import signer_for

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Input:
    """The rows of one resource. `size` is in bytes, None where it cannot be known."""

    resource: str
    file: BinaryIO
    size: int | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the contract")
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="RESOURCE=PATH",
        help="a resource and a file with one JSON object a line, `-` for standard input; "
        "they are loaded in this order",
    )
    add_settings(parser, ["serve", "store", "auth"])


@guarded
def run(arguments: argparse.Namespace) -> int:
    settings = configured(arguments).settings
    contract = load_contract(Path(arguments.file))
    with ExitStack() as stack:
        inputs = [_input(contract, text, stack) for text in arguments.inputs]
        try:
            service = Service(
                contract,
                database_of(contract, settings),
                settings.store,
                signer=signer_for(contract, settings),
            )
        except ValueError as error:
            raise Refused(str(error)) from None
        run_on(service, partial(_load, service, inputs), noted_beside(Path(arguments.file)))
    return 0


def _input(contract: Contract, text: str, stack: ExitStack) -> Input:
    name, equals, path = text.partition("=")
    if not equals or not path:
        raise Refused(f"RESOURCE=PATH is expected, not {text!r}")
    resource = _resource(contract, name)
    if path == STANDARD_INPUT:
        return Input(resource, sys.stdin.buffer, None)
    file = stack.enter_context(_opened(Path(path)))
    size = file.seek(0, 2)
    file.seek(0)
    return Input(resource, file, size)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None


def _resource(contract: Contract, name: str) -> str:
    """The resource that is meant by its name, table or path."""
    for item in contract.resources:
        if name in {item.name, item.table, item.path, kebab(item.name)}:
            return item.name
    near = nearest(name, [item.name for item in contract.resources])
    hint = f"; did you mean {near}?" if near else ""
    raise Refused(f"{contract.name} has no resource {name!r}{hint}")


async def _load(service: Service, inputs: list[Input]) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    try:
        loader = Loader(service.pipeline)
        with Progress(*columns, console=console) as progress:
            for item in inputs:
                await _load_one(loader, item, progress)
    except Problem as problem:
        raise Refused(_told(problem)) from None


async def _load_one(loader: Loader, item: Input, progress: Progress) -> None:
    task = progress.add_task(item.resource, total=item.size, rows=0)
    rows = 0

    def loaded(more: int) -> None:
        nonlocal rows
        rows += more
        progress.update(task, rows=rows)

    async def lines() -> AsyncIterator[bytes]:
        for line in _lines(item.file):
            progress.advance(task, len(line))
            yield line

    await loader.load(item.resource, lines(), loaded)
    progress.update(task, total=item.size or rows, completed=item.size or rows)


def _told(problem: Problem) -> str:
    """What is wrong, flaw by flaw, each with its line."""
    said = problem.detail.message
    flaws = [f"{_place(flaw)}{flaw.message or said}" for flaw in problem.detail.flaws]
    return "\n  ".join(flaws if len(flaws) == 1 else [said, *flaws])


def _place(flaw: Flaw) -> str:
    """`line 2, /title: ` for the pointer `/2/title`."""
    line, slash, path = (flaw.pointer or "").removeprefix("/").partition("/")
    if not line:
        return ""
    return f"line {line}, {slash}{path}: " if slash else f"line {line}: "


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; one that is too long comes cut off, just beyond what is accepted."""
    while line := file.readline(MAX_LINE + 2):
        yield line
