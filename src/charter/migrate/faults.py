"""Faults of migrations: what a developer must mend, each with a code that stays."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.contract.faults import FaultCode

_entries: list[FaultCode] = []


def _code(name: str, title: str, explanation: str, remedy: str) -> FaultCode:
    entry = FaultCode(name, title, explanation, remedy)
    _entries.append(entry)
    return entry


MIGRATION_UNREADABLE = _code(
    "migration_unreadable", "A migration's file cannot be read.",
    "The file is not TOML in UTF-8, or something in it is missing or of another kind.",
    "Take the file as it was committed; or delete it where it was applied nowhere, and plan anew.",
)  # fmt: skip
MIGRATION_CHANGED = _code(
    "migration_changed", "A migration's file was changed after it was planned.",
    "The fingerprint in the file is that of other content. What was applied somewhere must be "
    "the same everywhere.",
    "Take the file as it was committed. Where the change is meant, and the migration was applied "
    "nowhere yet, write the fingerprint that the message names.",
)  # fmt: skip
MIGRATION_MISSING = _code(
    "migration_missing", "A migration comes after one that is not there.",
    "Every migration names those that were the last ones when it was planned.",
    "Bring back the file that is missing, or delete the one that names it and plan anew.",
)  # fmt: skip
MIGRATION_CIRCLE = _code(
    "migration_circle", "Migrations come after each other in a circle.",
    "No order exists in which they could be applied.",
    "Delete the one that was applied nowhere, and plan anew.",
)  # fmt: skip
MIGRATIONS_CONFLICT = _code(
    "migrations_conflict", "Two migrations of different branches change one thing.",
    "Neither was planned after the other, so no order of them gives what both meant.",
    "Delete the one that was applied nowhere yet, and plan it anew after the other.",
)  # fmt: skip
RENAME_UNCLEAR = _code(
    "rename_unclear", "Something goes and something comes that could be the same.",
    "A rename keeps what is stored, a new field or table begins empty. It is never guessed.",
    "Say which it is, as the message spells it.",
)  # fmt: skip
RENAME_UNKNOWN = _code(
    "rename_unknown", "A rename names what is not there.",
    "What is renamed has to be in the migrations so far, and its new name in the contract.",
    "Correct the names.",
)  # fmt: skip
FILL_MISSING = _code(
    "fill_missing", "Rows that exist have no value for a field that needs one.",
    "A new field without a default, or one that becomes required, needs a value for the rows "
    "that exist.",
    "Give the field a default, make it optional, or say the value with --fill.",
)  # fmt: skip
FILL_UNFIT = _code(
    "fill_unfit", "A value for rows that exist does not fit.",
    "It names no field that needs one, or is not of the field's type.",
    "Correct the name or the value.",
)  # fmt: skip
CHANGE_UNSUPPORTED = _code(
    "change_unsupported", "A change has no way that keeps what is stored.",
    "The key of a table cannot change its type while other tables hold its values.",
    "Make a new resource and move the rows with a command of the service.",
)  # fmt: skip

CODES: Mapping[str, FaultCode] = MappingProxyType({entry.name: entry for entry in _entries})


class MigrationFault(Exception):
    """Something about migrations that must be mended first; the text has code and message."""

    def __init__(self, code: FaultCode, message: str, remedy: str | None = None) -> None:
        self.code = code
        self.message = message
        self.remedy = remedy or code.remedy
        super().__init__(f"{code.name}: {message}")
