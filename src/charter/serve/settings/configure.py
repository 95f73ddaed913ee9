"""Settings from flags, environment and a TOML file, each value with where it came from."""

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import Any

from charter.access.secrets.resolve import resolved_within
from charter.core.names import nearest
from charter.serve.settings.model import Settings
from charter.serve.settings.options import OPTION_NAMED, OPTIONS, SECTIONS, Option

DEFAULT_FILE = Path("charter.toml")
LARGEST_FILE = 1 << 20
PREFIX = "CHARTER_"
DEFAULT = "default"

_TRUTHS = {"true": True, "yes": True, "on": True, "1": True}
_TRUTHS |= {"false": False, "no": False, "off": False, "0": False}


class BadSettings(Exception):
    """Settings that cannot be used: all that is wrong with them, each with its source."""

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages = tuple(messages)
        super().__init__("\n".join(self.messages))


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it was given, and where: `--port`, `CHARTER_PORT` or `charter.toml: port`."""

    source: str
    value: Any


@dataclass(frozen=True, slots=True)
class Configured:
    """The settings, and the source of each by its name; `DEFAULT` where nobody set it."""

    settings: Settings
    sources: Mapping[str, str]

    def value(self, option: Option) -> Any:
        return getattr(getattr(self.settings, option.section), option.field)


def configure(
    flags: Mapping[str, str], environment: Mapping[str, str], file: Path | None = None
) -> Configured:
    """The settings that these sources make; flags come before environment before file.

    `flags` are texts by the names of options. Without `file`, `charter.toml` is read where it
    is there. Raises BadSettings.
    """
    faults: list[str] = []
    given = _from_file(file, faults)
    given.update(_from_environment(environment, faults))
    given.update({name: Given(OPTION_NAMED[name].flag, text) for name, text in flags.items()})
    values: dict[str, Any] = {}
    for name, item in given.items():
        try:
            option = OPTION_NAMED[name]
            value = _typed(option, item.value)
            if option.secret:
                # It may name where it is kept, and what comes from there is to be typed as well.
                value = _typed(option, resolved_within(value, environment))
            values[name] = value
        except ValueError as error:
            faults.append(f"{item.source}: {error}")
    settings = _composed(values, given, faults)
    if faults or settings is None:
        raise BadSettings(faults)
    sources = {name: item.source for name, item in given.items()}
    return Configured(settings, {o.name: sources.get(o.name, DEFAULT) for o in OPTIONS})


def _composed(
    values: Mapping[str, Any], given: Mapping[str, Given], faults: list[str]
) -> Settings | None:
    parts: dict[str, Any] = {}
    for section, cls in SECTIONS.items():
        options = [item for item in OPTIONS if item.section == section and item.name in values]
        try:
            parts[section] = cls(**{item.field: values[item.name] for item in options})
        except ValueError as error:
            # The class knows the field only: the source is that of the option it names.
            words = str(error).replace(",", " ").split()
            named = [o for o in options if o.field in words or o.variable in words]
            where = ", ".join(given[item.name].source for item in named or options)
            faults.append(f"{where}: {error}")
    return Settings(**parts) if not faults else None


def _from_environment(environment: Mapping[str, str], faults: list[str]) -> dict[str, Given]:
    known = {option.variable: option for option in OPTIONS}
    found: dict[str, Given] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX):
            continue
        option = known.get(variable)
        if option is None:
            faults.append(f"{variable}: there is no such setting{_like(variable, known)}")
        else:
            found[option.name] = Given(variable, text)
    return found


def _from_file(file: Path | None, faults: list[str]) -> dict[str, Given]:
    path = file or DEFAULT_FILE
    if file is None and not path.is_file():
        return {}
    try:
        with path.open("rb") as handle:
            data = handle.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise ValueError(f"larger than {LARGEST_FILE} bytes")
        document = tomllib.loads(data.decode())
    except OSError as error:
        faults.append(f"{path}: {error.strerror or 'cannot be read'}")
        return {}
    except ValueError as error:
        faults.append(f"{path}: {error}")
        return {}
    found: dict[str, Given] = {}
    for name, value in _flattened(document):
        if name in OPTION_NAMED:
            found[name] = Given(f"{path}: {name}", value)
        else:
            faults.append(f"{path}: there is no setting {name!r}{_like(name, OPTION_NAMED)}")
    return found


def _flattened(document: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in document.items():
        if isinstance(value, dict) and name in SECTIONS and name != "serve":
            found += [(f"{name}.{key}", item) for key, item in value.items()]
        else:
            found.append((name, value))
    return found


def _like(name: str, known: Mapping[str, Any]) -> str:
    found = nearest(name, known)
    return f"; did you mean {found}?" if found else ""


def _typed(option: Option, value: Any) -> Any:
    """The value of an option, from text or from TOML. Raises ValueError."""
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a value has no NUL in it")
    if issubclass(option.kind, StrEnum):
        return _choice(option, value)
    read = _READERS[option.kind]
    try:
        return read(value)
    except (ValueError, TypeError):
        shown = "" if option.secret else f", not {value!r}"
        raise ValueError(f"{_EXPECTED[option.kind]} is expected{shown}") from None


def _choice(option: Option, value: Any) -> Any:
    if value not in option.choices:
        raise ValueError(f"one of {', '.join(option.choices)} is expected, not {value!r}")
    return option.kind(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _integer(value: Any) -> int:
    if isinstance(value, str):
        return int(value)
    if type(value) is not int:
        raise TypeError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not isfinite(number):
        raise ValueError
    return number


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    truth = _TRUTHS.get(_text(value).lower())
    if truth is None:
        raise ValueError
    return truth


def _path(value: Any) -> Path:
    return Path(_text(value))


def _texts(value: Any) -> tuple[str, ...]:
    """A list: in one text with commas between its items, or a list of TOML."""
    if isinstance(value, str):
        value = [item.strip() for item in value.split(",")] if value.strip() else []
    if not isinstance(value, list):
        raise TypeError
    return tuple(_text(item) for item in value)


def _tables(value: Any) -> dict[str, Any]:
    """Tables by their names: of TOML, or as one JSON object."""
    if isinstance(value, str):
        value = json.loads(value)
    if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
        raise TypeError
    return value


_READERS: Mapping[type[Any], Callable[[Any], Any]] = {
    str: _text, int: _integer, float: _number, bool: _truth, Path: _path, tuple: _texts,
    dict: _tables,
}  # fmt: skip
_EXPECTED: Mapping[type[Any], str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    tuple: "a list of texts",
    dict: "tables by their names (in one text: a JSON object of objects)",
}
