"""Settings on the command line, from the table of settings."""

import argparse
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from charter.serve.settings.configure import Configured, configure
from charter.serve.settings.options import OPTIONS, SECTIONS, Option, explanation, value_text

_MARK = "set "
"""Begins the names of the arguments that are settings."""


class _Truth(argparse.BooleanOptionalAction):
    """`--docs` and `--no-docs`, kept as the texts that every source of settings has."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        negative = option_string is not None and option_string.startswith("--no-")
        setattr(namespace, self.dest, "false" if negative else "true")


def add_settings(
    parser: argparse.ArgumentParser, sections: Collection[str] = tuple(SECTIONS)
) -> None:
    """Add `--config` and a flag for each setting of these sections."""
    _add_config(parser)
    groups = {name: parser.add_argument_group(f"settings: {name}") for name in sections}
    for option in OPTIONS:
        if option.section in groups:
            _add(groups[option.section], option)


def add_database(parser: argparse.ArgumentParser) -> None:
    """Add `--config` and `--database`, for commands that need no other setting."""
    _add_config(parser)
    for option in OPTIONS:
        if option.name == "database":
            _add(parser, option)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help="a TOML file (default: charter.toml, if there)"
    )


def _add(group: Any, option: Option) -> None:
    shared = {
        "dest": _MARK + option.name,
        "default": argparse.SUPPRESS,
        "help": _help(option).replace("%", "%%"),
    }
    if option.kind is bool:
        group.add_argument(option.flag, action=_Truth, **shared)
    else:
        metavar = option.type_name if option.choices else option.type_name.upper()
        group.add_argument(option.flag, metavar=metavar, **shared)


def _help(option: Option) -> str:
    default = value_text(option.default)
    return f"{explanation(option)} (default: {default})" if default else explanation(option)


def configured(arguments: argparse.Namespace) -> Configured:
    """The settings of this command line, the environment and the file. Raises BadSettings."""
    flags = {
        name.removeprefix(_MARK): text
        for name, text in vars(arguments).items()
        if name.startswith(_MARK)
    }
    return configure(flags, os.environ, arguments.config)
