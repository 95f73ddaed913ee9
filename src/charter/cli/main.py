"""The command `charter`.

Exit codes: 0 done, 1 a fault, 2 wrong usage or settings, 3 something is left to do (`migrate`).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version

SAY_HOW = "charter COMMAND --help says more about a command."


@dataclass(frozen=True, slots=True)
class Command:
    """A command, in a module of its own that is imported only when the command is given.

    The module has `add_arguments(parser)` and `run(arguments) -> int`.
    """

    name: str
    help: str

    @property
    def module(self) -> str:
        return f"charter.cli.{self.name}"


COMMANDS = (
    Command("new", "make a directory with a contract to begin with"),
    Command("understand", "draft a contract from a live database"),
    Command("run", "serve a contract"),
    Command("design", "check a contract, and show what it comes to"),
    Command("client", "write typed clients of a contract, in Python and TypeScript"),
    Command("migrate", "bring a database in step with its contract, and back"),
    Command("verify", "verify a contract on databases that are filled for it: its query plans"),
    Command("load", "load rows from NDJSON files into the database of a contract"),
    Command("token", "make a token, to try a service with"),
    Command("keys", "make a file of signing keys, or rotate them"),
    Command("accounts", "end the sessions of one account, or of all"),
    Command("audit", "verify that the audit log is what was written"),
    Command("settings", "list every setting, its value and where that comes from"),
)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(f"charter {version('charter')}\n")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="charter",
        description="Write the contract; get the backend a senior engineer would have built.",
        epilog=SAY_HOW,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which version this is")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((item for item in given if not item.startswith("-")), None)
    for command in COMMANDS:
        sub = commands.add_parser(
            command.name, help=command.help, description=f"{command.help.capitalize()}."
        )
        if command.name == chosen:
            module = import_module(command.module)
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    arguments = parser.parse_args(given)
    try:
        code: int = arguments.run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; what is left must not be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code
