"""The file of field numbers beside a contract: `shop.numbers.toml`."""

import json
import tomllib
from pathlib import Path
from typing import Any

from charter.contract.contract import Contract
from charter.wire.grpc.faults import NUMBERS_UNREADABLE, ProtoFault
from charter.wire.grpc.numbers import MOST, NOT_OURS, Numbered, Numbers, Table, check

LARGEST_FILE = 4 << 20
_HEAD = """\
# The field numbers of {name} for gRPC. `charter design --proto` writes this file: commit it, and
# change nothing by hand. A number belongs to its field for ever; what is gone is reserved.
"""


def numbers_path(folder: Path, contract: Contract) -> Path:
    return folder / f"{contract.name}.numbers.toml"


def read_numbers(path: Path) -> Numbers | None:
    """The numbers in a file; None where there is none. Raises ProtoFault."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be read") from None
    if len(raw) > LARGEST_FILE:
        raise _unreadable(path, "it is too large")
    try:
        document = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unreadable(path, str(error)) from None
    try:
        numbers = Numbers({name: _table(found) for name, found in document.items()})
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _unreadable(path, str(error)) from None
    check(numbers)
    return numbers


def _unreadable(path: Path, why: str) -> ProtoFault:
    return ProtoFault(NUMBERS_UNREADABLE, f"{path}: {why}")


def _table(found: dict[str, Any]) -> Table:
    if found.keys() - {"numbers", "reserved"}:
        raise ValueError("a table has `numbers` and `reserved`")
    names = {
        name: Numbered(_number(item["number"]), _text(item.get("type", "")))
        for name, item in found.get("numbers", {}).items()
    }
    gone = {_number(int(key)): _text(name) for key, name in found.get("reserved", {}).items()}
    return Table(names, gone)


def _number(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MOST or value in NOT_OURS:
        raise ValueError(f"{value!r} is no field number")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"{value!r} is no text")
    return value


def numbers_text(contract: Contract, numbers: Numbers) -> str:
    """The text of the file: the same for the same numbers."""
    lines = [_HEAD.format(name=contract.name)]
    for name, table in sorted(numbers.tables.items()):
        if table.names:
            lines.append(f"\n[{_quoted(name)}.numbers]\n")
        for field, found in sorted(table.names.items(), key=lambda item: item[1].number):
            kind = f", type = {_quoted(found.type)}" if found.type else ""
            lines.append(f"{_quoted(field)} = {{ number = {found.number}{kind} }}\n")
        if table.gone:
            lines.append(f"\n[{_quoted(name)}.reserved]\n")
        lines.extend(f"{number} = {_quoted(was)}\n" for number, was in sorted(table.gone.items()))
    return "".join(lines)


def _quoted(text: str) -> str:
    """A basic string of TOML, which escapes as JSON does."""
    return json.dumps(text).replace("\x7f", "\\u007f")
