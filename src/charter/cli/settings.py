"""`charter settings`: every setting, its value, and where that comes from."""

import argparse
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from charter.cli.arguments import add_settings, configured
from charter.cli.guard import guarded
from charter.serve.settings.configure import DEFAULT, Configured
from charter.serve.settings.options import OPTIONS, SECTIONS, Option, explanation, value_text
from charter.store.address import shown

_HOW = Text(
    "A setting is given on the command line (`auth.leeway` as --auth-leeway), in the environment "
    "(CHARTER_AUTH_LEEWAY) or in charter.toml; --json shows each with what it means."
)
_LONGEST = max(len(option.variable) for option in OPTIONS)
"""Characters; of the texts that say where a value comes from, only paths are longer."""
_NARROWEST = 8
_LINES = 10
"""Characters between and around three columns."""
_TITLES = {
    "serve": "The process",
    "store": "The database",
    "auth": "Who is asking",
    "rest": "The REST interface",
    "graphql": "The GraphQL interface",
    "grpc": "The gRPC interface",
    "identity": "Accounts and sessions",
    "rates": "Rate limits",
    "cors": "Pages of other origins",
    "live": "Live changes",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON, with explanations")
    add_settings(parser)


@guarded
def run(arguments: argparse.Namespace) -> int:
    found = configured(arguments)
    if arguments.json:
        json.dump([_document(found, item) for item in OPTIONS], sys.stdout, indent=2)
        sys.stdout.write("\n")
        return 0
    console = Console()
    for section in SECTIONS:
        console.print(_table(found, section, console.width))
    console.print(_HOW)
    return 0


def value_shown(found: Configured, option: Option) -> str:
    """The value for people to read; of a secret only that there is one."""
    value = found.value(option)
    if value is None or value == ():
        return "–"
    if option.name == "database":
        return shown(str(value))
    if option.secret:
        return "(set)"
    return value_text(value)


def _table(found: Configured, section: str, width: int) -> Table:
    """The settings of a section. Where it is too wide, values go on in the next line, and what
    is said of where they come from does at its spaces: names stay whole."""
    table = Table(title=_TITLES[section], title_justify="left", title_style="bold", expand=False)
    words = [word for source in found.sources.values() for word in source.split()]
    name = max(len(option.name) for option in OPTIONS)
    source = min(_LONGEST, max(map(len, words)))
    table.add_column("setting", width=name)
    table.add_column(
        "value", overflow="fold", max_width=max(_NARROWEST, width - name - source - _LINES)
    )
    table.add_column("from", overflow="fold", width=source)
    for option in OPTIONS:
        if option.section == section:
            origin = found.sources[option.name]
            style = "dim" if origin == DEFAULT else "bold"
            cells = (option.name, value_shown(found, option), origin)
            table.add_row(*(Text(cell) for cell in cells), style=style)
    return table


def _document(found: Configured, option: Option) -> dict[str, Any]:
    return {
        "name": option.name,
        "flag": option.flag,
        "environment": option.variable,
        "type": option.type_name,
        "value": value_shown(found, option),
        "from": found.sources[option.name],
        "explanation": explanation(option),
    }
