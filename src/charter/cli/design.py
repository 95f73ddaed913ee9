"""`charter design`: check a contract, and show what it comes to."""

import argparse
import linecache
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from charter.access.extras import MissingExtra, needing
from charter.cli.arguments import add_settings, configured
from charter.cli.design_access import FORMATS, TERMINAL, WIDENED, show_access, show_changes
from charter.cli.design_breaking import JSON, show_breaking
from charter.cli.design_old import old_contract
from charter.cli.design_proto import numbers_of, write_proto
from charter.cli.guard import USAGE, Refused, complain, guarded
from charter.contract.canonical import canonical_json
from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core.places import Place
from charter.language.load import load_contract
from charter.serve.engine.startup import require_feasible
from charter.sql.postgres import POSTGRES
from charter.sql.rls import rls_script
from charter.sql.rls_actor import NotExpressible
from charter.wire.live.describe import asyncapi
from charter.wire.rest.describe.document import openapi
from charter.wire.rest.routes import routes_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the contract")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument(
        "--json",
        action="store_true",
        help="print the contract as canonical JSON (contract.json); with --against, the changes",
    )
    shape.add_argument("--openapi", action="store_true", help="print the OpenAPI document")
    shape.add_argument("--sdl", action="store_true", help="print the GraphQL schema")
    shape.add_argument(
        "--asyncapi", action="store_true", help="print the AsyncAPI document of live changes"
    )
    shape.add_argument(
        "--access", action="store_true", help="print who may do what, role by role, field by field"
    )
    shape.add_argument(
        "--rls", action="store_true", help="print row-level security for PostgreSQL, as SQL"
    )
    shape.add_argument(
        "--proto",
        metavar="FOLDER",
        type=Path,
        help="write the .proto for gRPC below this folder, and the numbers of its fields into "
        "NAME.numbers.toml beside the contract",
    )
    parser.add_argument(
        "--format", choices=FORMATS, default=TERMINAL, help="how to print --access and --against"
    )
    parser.add_argument(
        "--against",
        metavar="OLD",
        type=Path,
        help="print what the change since this contract (a file, or a contract.json that --json "
        "made) breaks, and for whom; the exit code is 1 where the version does not say so. With "
        f"--access: what changed in it; {WIDENED} where it became wider, or may have",
    )
    add_settings(parser, ["rest"])


@guarded
def run(arguments: argparse.Namespace) -> int:
    rest = configured(arguments).settings.rest
    apart = (arguments.openapi, arguments.sdl, arguments.asyncapi, arguments.rls, arguments.proto)
    if arguments.against and any(apart):
        return complain("--against goes alone, or with --access or --json", code=USAGE)
    if arguments.format != TERMINAL and not (arguments.access or arguments.against):
        return complain("--format goes with --access or --against", code=USAGE)
    contract = load_contract(Path(arguments.file))
    if arguments.against and not arguments.access:
        form = JSON if arguments.json else arguments.format
        old, before = old_contract(arguments.against), arguments.against.parent
        numbers = numbers_of(before, old), numbers_of(Path(arguments.file).parent, contract)
        known = None if numbers[0] is None or numbers[1] is None else (numbers[0], numbers[1])
        return show_breaking(old, contract, form, Console(), known)
    if arguments.access:
        return _access(contract, arguments)
    if arguments.proto:
        return write_proto(contract, Path(arguments.file), arguments.proto, Console())
    if arguments.json:
        sys.stdout.write(canonical_json(contract).decode())
    elif arguments.openapi:
        sys.stdout.write(openapi(contract, rest).decode() + "\n")
    elif arguments.sdl:
        sys.stdout.write(_sdl(contract))
    elif arguments.asyncapi:
        sys.stdout.write(asyncapi(contract, rest).decode() + "\n")
    elif arguments.rls:
        sys.stdout.write(_row_level_security(contract))
    else:
        _summarize(contract, rest.prefix, Console())
    return 0


def _sdl(contract: Contract) -> str:
    try:
        module = needing("graphql", "graphql", "--sdl", "charter.wire.graphql.describe.schema")
    except MissingExtra as missing:
        raise Refused(str(missing)) from None
    sdl: Callable[[Contract], str] = module.sdl
    return sdl(contract)


def _access(contract: Contract, arguments: argparse.Namespace) -> int:
    if arguments.against is not None:
        old = old_contract(arguments.against)
        return show_changes(old, contract, arguments.format, Console())
    show_access(contract, arguments.format, Console())
    return 0


def _row_level_security(contract: Contract) -> str:
    require_feasible(contract, POSTGRES)
    try:
        return rls_script(contract)
    except NotExpressible as error:
        raise Refused(f"a policy cannot be held by PostgreSQL alone: {error}") from None


def _summarize(contract: Contract, prefix: str, console: Console) -> None:
    console.print(Text(f"{contract.name} {contract.version}: no faults", "bold"))
    tables = [
        _table("Resources", ("resource", "fields", "relations", "computed"), _resources(contract)),
        _table("Who may do what", ("resource", "action", "rules"), _policies(contract)),
        _table("Fields that policies guard", ("resource", "field", "rule"), _guards(contract)),
        _table("Routes", ("path", "methods"), _routes(contract, prefix)),
    ]
    for table in tables:
        if table.row_count:
            console.print()
            console.print(table)


def _table(title: str, headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _resources(contract: Contract) -> Iterator[tuple[str, ...]]:
    for item in contract.resources:
        name = item.name if item.owner is None else f"{item.name} (part of {item.owner})"
        fields = ", ".join(one.name for one in item.fields if one.references is None)
        relations = ", ".join(
            f"{one.name} → {one.target}{'' if one.to_one else ' (many)'}" for one in item.relations
        )
        yield name, fields, relations, ", ".join(one.name for one in item.computed)


def actions_of(contract: Contract, resource: Resource) -> tuple[str, ...]:
    """Everything that a policy can allow on a resource."""
    commands = (command.name for command in contract.commands_of[resource.name])
    return ("read", "create", "update", "delete", *commands)


def _policies(contract: Contract) -> Iterator[tuple[str, ...]]:
    for item in contract.resources:
        follows = item.owner is not None and not item.policy.allows
        for action in actions_of(contract, item):
            rules = [
                rule for rule in item.policy.allows if action in rule.actions or "*" in rule.actions
            ]
            said = "\n".join(_said(rule.place) for rule in rules) or "nobody"
            yield item.name, action, f"as its {item.owner}" if follows else said
    for command in contract.commands_of[None]:
        yield "–", command.name, "\n".join(_said(rule.place) for rule in command.allows)


def _said(place: Place) -> str:
    """A line of the contract, with its number."""
    if not place.file:
        return "built in"
    text = linecache.getline(place.file, place.line).strip().removeprefix("yield ")
    return f"{place.line}: {text}"


def _guards(contract: Contract) -> Iterator[tuple[str, ...]]:
    for item in contract.resources:
        for hide in item.policy.hides:
            yield item.name, hide.field, _said(hide.place)
        for freeze in item.policy.freezes:
            yield item.name, freeze.field, _said(freeze.place)


def _routes(contract: Contract, prefix: str) -> Iterator[tuple[str, ...]]:
    for route in routes_of(contract, prefix):
        yield route.template, ", ".join(route.methods)
