"""`charter client`: write typed clients of a contract, or say which are out of date."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from charter.cli.arguments import add_settings, configured
from charter.cli.guard import USAGE, Refused, complain, guarded
from charter.client.model import Model
from charter.client.python.module import python_client
from charter.client.reading import model_of
from charter.client.source import MARK
from charter.client.typescript.module import typescript_client
from charter.language.load import load_contract

STALE = 3
"""The exit code where a client is not what would be written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the contract")
    parser.add_argument(
        "--python",
        metavar="FOLDER",
        type=Path,
        help="write a Python package into this folder; it needs httpx2",
    )
    parser.add_argument(
        "--typescript",
        metavar="FOLDER",
        type=Path,
        help="write TypeScript modules into this folder; they need nothing",
    )
    parser.add_argument(
        "--sync", action="store_true", help="with --python: a client that awaits nothing"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; the exit code is "
        f"{STALE} where a file in the folder is not what would be written",
    )
    add_settings(parser, ["rest"])


@guarded
def run(arguments: argparse.Namespace) -> int:
    rest = configured(arguments).settings.rest
    if arguments.python is None and arguments.typescript is None:
        return complain("say what to write: --python FOLDER, --typescript FOLDER", code=USAGE)
    if arguments.sync and arguments.python is None:
        return complain("--sync goes with --python", code=USAGE)
    model = model_of(load_contract(Path(arguments.file)), rest)
    console = Console(soft_wrap=True)
    texts = dict(_texts(model, arguments))
    if arguments.check:
        stale = [path for path, text in texts.items() if _found(path) != text]
        for path in stale:
            console.print(Text(f"stale      {path}"))
        return STALE if stale else 0
    for path in texts:
        if found := _found(path):
            _require_ours(path, found)
    for path, text in texts.items():
        console.print(Text(f"{_written(path, text)}  {path}"))
    return 0


def _texts(model: Model, arguments: argparse.Namespace) -> Iterator[tuple[Path, str]]:
    """What is to stand in which file."""
    if arguments.python is not None:
        for path, text in python_client(model, sync=arguments.sync).items():
            yield arguments.python / path, text
    if arguments.typescript is not None:
        for path, text in typescript_client(model).items():
            yield arguments.typescript / path, text


def _require_ours(path: Path, found: str) -> None:
    """Raises Refused where somebody else wrote a file."""
    if MARK not in found.partition("\n")[0]:
        raise Refused(f"{path} was not written by `charter client`: take another folder")


def _found(path: Path) -> str | None:
    """What stands in a file; None where there is none, or no text."""
    try:
        return path.read_bytes().decode()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None


def _written(path: Path, text: str) -> str:
    if _found(path) == text:
        return "unchanged"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    return "written  "
