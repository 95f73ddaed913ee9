"""Faults of field numbers and of names in the .proto, each with a code that stays."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.contract.faults import FaultCode

_entries: list[FaultCode] = []


def _code(name: str, title: str, explanation: str, remedy: str) -> FaultCode:
    entry = FaultCode(name, title, explanation, remedy)
    _entries.append(entry)
    return entry


NUMBERS_UNREADABLE = _code(
    "numbers_unreadable", "The file of field numbers cannot be read.",
    "The file is not TOML in UTF-8, or something in it is missing or of another kind.",
    "Take the file as it was committed. `charter design --proto` writes what is new into it.",
)  # fmt: skip
NUMBER_REUSED = _code(
    "number_reused", "A field number is used a second time.",
    "Two fields of one message have one number, or a field has a number that another one had "
    "before. A client that was built before would read the one as the other.",
    "Take the file as it was committed, and let `charter design --proto` give the numbers.",
)  # fmt: skip
NUMBERS_MISSING = _code(
    "numbers_missing", "There is no file of field numbers.",
    "Without it numbers would follow the order of fields in the contract, and a field between "
    "two others would move them. In production gRPC is not served so.",
    "Call `charter design FILE --proto FOLDER`, and commit the file that it writes beside the "
    "contract.",
)  # fmt: skip
NUMBERS_STALE = _code(
    "numbers_stale", "The file of field numbers lacks something that the contract has.",
    "What is new in a contract gets its numbers when it is designed, not when it is served: two "
    "releases could give one number to different fields.",
    "Call `charter design FILE --proto FOLDER`, and commit the file.",
)  # fmt: skip
PROTO_NAME_TAKEN = _code(
    "proto_name_taken", "Two things in the .proto would have one name.",
    "Names of messages are made from those of resources, relations and commands: a command `get` "
    "of Order is `GetOrder`, as the method that reads one is. Every row has the fields "
    "`null_fields` and `hidden_fields`.",
    "Rename the resource, the relation, the command or the field.",
)  # fmt: skip

CODES: Mapping[str, FaultCode] = MappingProxyType({entry.name: entry for entry in _entries})


class ProtoFault(Exception):
    """The .proto cannot be made; `remedy` says what to do about it."""

    def __init__(self, code: FaultCode, message: str) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code

    @property
    def remedy(self) -> str:
        return self.code.remedy
