"""`charter understand`: draft a contract from a live database."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from charter.cli.guard import USAGE, Refused, complain, guarded
from charter.store.address import split
from charter.understand.draft import Concern, Draft
from charter.understand.drafting import drafted
from charter.understand.reading import read_database
from charter.understand.source import plain
from charter.understand.writing import written


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "url",
        metavar="URL",
        help="the database: sqlite:///file.db, postgresql://user:password@host/name or mysql://…; "
        "it is only read",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="where to write the contract (default: standard output); no file is overwritten",
    )
    parser.add_argument("--name", help="what to call the contract (default: as the database)")


@guarded
def run(arguments: argparse.Namespace) -> int:
    output: Path | None = arguments.output
    if output is not None and output.exists():
        raise Refused(f"{output} is there already: name another file")
    try:
        draft = _draft(arguments.url, arguments.name)
    except ValueError as bad:
        return complain(str(bad), code=USAGE)
    text = written(draft)
    if output is None:
        sys.stdout.write(text)
    else:
        _write(output, text)
    _tell(draft, output, Console(stderr=True))
    return 0


def _draft(url: str, name: str | None) -> Draft:
    today = datetime.now(UTC).date().isoformat()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bars = {"catalog": progress.add_task("Reading the catalog", total=1)}

        def advance(what: str, done: int, of: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(f"Looking at the {what}", total=of)
            progress.update(bars[what], completed=done, total=of)

        found = asyncio.run(read_database(url, today, advance))
    return drafted(found, name or _named(url))


def _named(url: str) -> str:
    """What a database is called: the file without its ending, or the last part of the path."""
    return unquote(Path(split(url).path).stem)


def _write(output: Path, text: str) -> None:
    try:
        # "x": what has come to be meanwhile is not overwritten either.
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{output} is there already: name another file") from None
    except OSError as error:
        raise Refused(f"{output}: {error.strerror}") from None


def _tell(draft: Draft, output: Path | None, console: Console) -> None:
    if draft.concerns:
        console.print(_table(draft.concerns))
    where = "" if output is None else f" in {output}"
    number = len(draft.resources)
    resources = f"{number} resource{'' if number == 1 else 's'}"
    looks = len(draft.concerns)
    console.print(
        Text(f"{resources}{where}; {looks} place{'' if looks == 1 else 's'} to look at. "
             "Nobody may do anything until the policies say so."),
        soft_wrap=True,
    )  # fmt: skip


def _table(concerns: tuple[Concern, ...]) -> Table:
    table = Table(title="To look at", title_justify="left", title_style="bold")
    for heading in ("where", "what", "why"):
        table.add_column(heading, overflow="fold")
    for item in concerns:
        # Texts of the database: nothing in them is markup, or moves the cursor.
        table.add_row(*(Text(plain(part)) for part in (item.place, item.what, item.why)))
    return table
