"""`charter design --proto`: the .proto of a contract, and the numbers of its fields."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from charter.cli.guard import Refused
from charter.contract.contract import Contract
from charter.plan.breaking.numbering import Numbered, Numbering
from charter.serve.settings.model import Settings
from charter.wire.grpc.common import QUERY
from charter.wire.grpc.describe import numbers_for, proto_of, wanted
from charter.wire.grpc.faults import NUMBERS_MISSING, NUMBERS_STALE, ProtoFault
from charter.wire.grpc.numbering import numbers_path, numbers_text, read_numbers
from charter.wire.grpc.numbers import NO_NUMBERS, Numbers, lacking
from charter.wire.grpc.text import proto_text

_TOLD = 3
"""Fields that a message names; the others are counted."""


def write_proto(contract: Contract, file: Path, folder: Path, console: Console) -> int:
    """Write the .proto below a folder, and the numbers beside the contract. Raises ProtoFault,
    and Refused where a file cannot be written."""
    path = numbers_path(file.parent, contract)
    numbers = numbers_for(contract, read_numbers(path) or NO_NUMBERS)
    made = proto_of(contract, numbers)
    texts = {folder / item.path: proto_text(item) for item in (made, QUERY)}
    for place, text in {path: numbers_text(contract, numbers), **texts}.items():
        console.print(Text(f"{_written(place, text)} {place}"))
    return 0


def numbers_of(folder: Path, contract: Contract) -> Numbering | None:
    """The numbers in a folder, for a comparison; None where there are none. Raises ProtoFault."""
    found = read_numbers(numbers_path(folder, contract))
    if found is None:
        return None
    return {
        name: Numbered(
            {one: (item.number, item.type) for one, item in table.names.items()},
            frozenset(table.gone),
        )
        for name, table in found.tables.items()
    }


def _written(path: Path, text: str) -> str:
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return "unchanged"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: {error}") from None
    return "written  "


def numbers_beside(file: Path, contract: Contract, settings: Settings) -> Numbers:
    """The numbers in the file beside a contract, where gRPC is to be served.

    In production everything has to have its number there already. Raises ProtoFault.
    """
    if settings.grpc.port is None:
        return NO_NUMBERS
    path = numbers_path(file.parent, contract)
    found = read_numbers(path)
    if settings.serve.in_production:
        if found is None:
            raise ProtoFault(NUMBERS_MISSING, f"there is no {path}")
        missing = tuple(lacking(wanted(contract), found))
        if missing:
            more = f" and {len(missing) - _TOLD} more" if len(missing) > _TOLD else ""
            raise ProtoFault(NUMBERS_STALE, f"{path} lacks {', '.join(missing[:_TOLD])}{more}")
    return numbers_for(contract, found or NO_NUMBERS)
