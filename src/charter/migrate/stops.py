"""What keeps a migration from being applied or rolled back, each with a code that stays."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.contract.faults import FaultCode

_entries: list[FaultCode] = []


def _code(name: str, title: str, explanation: str, remedy: str) -> FaultCode:
    entry = FaultCode(name, title, explanation, remedy)
    _entries.append(entry)
    return entry


HISTORY_CHANGED = _code(
    "history_changed", "A migration is another one than was applied here.",
    "The history of the database has it with another fingerprint than the file.",
    "Take the file as it was when it was applied; plan what is to be different as a migration of "
    "its own.",
)  # fmt: skip
HISTORY_UNKNOWN = _code(
    "history_unknown", "The database knows a migration of which there is no file.",
    "It was applied from another branch, or its file was deleted since.",
    "Bring back the file, or roll the migration back from the branch that has it.",
)  # fmt: skip
DIALECT_MISSING = _code(
    "dialect_missing", "A migration says nothing about this kind of database.",
    "It was planned for other databases only.",
    "Plan it anew with this database among the dialects of the project.",
)  # fmt: skip
STEP_REFUSED = _code(
    "step_refused", "A step has to be named before it runs.",
    "It loses data, or would keep others waiting for longer than the lock timeout.",
    'Run the same command with --allow "STEP NAME" for each step that the message names.',
)  # fmt: skip
STEP_FAILED = _code(
    "step_failed", "The database refused a step.",
    "The step was undone; the steps before it stay, and releases go on to be served.",
    "Mend what the message says and apply again, or roll back.",
)  # fmt: skip
ROWS_UNFIT = _code(
    "rows_unfit", "Rows that exist do not fit what a step asks of them.",
    "A key that is to be unique is not, a value is missing, or a condition does not hold.",
    "Correct these rows and apply again, or roll back.",
)  # fmt: skip
LOCK_TIMEOUT = _code(
    "lock_timeout", "A lock was not had, however often it was tried.",
    "Every try waited for the lock timeout and was undone, so that nobody waits behind it for "
    "longer. Somebody holds the table in a transaction that does not end.",
    "End the transaction that the message names, or try again when there is less to do.",
)  # fmt: skip
ALREADY_RUNNING = _code(
    "already_running", "Another `charter migrate` is at work on this database.",
    "Only one at a time changes a schema.",
    "Wait until it has ended; what it was killed in the midst of goes on with the next one.",
)  # fmt: skip
DATABASE_GONE = _code(
    "database_gone", "The database went away, and did not come back in time.",
    "What was not committed is undone. The history knows which steps are done.",
    "Run the same command again once the database is back: it goes on where it was.",
)  # fmt: skip
EXTENSION_MISSING = _code(
    "extension_missing", "An extension of the database cannot be created.",
    "An index of the contract wants it. The server does not have it, or the role may not create "
    "it.",
    "Let an administrator install it and run CREATE EXTENSION in this database, and apply again.",
)  # fmt: skip
RELEASES_RUN = _code(
    "releases_run", "Running releases still need what would go.",
    "They have said that they are there within the last seconds.",
    "Deploy the release that does without, or stop these; `--force` goes ahead regardless.",
)  # fmt: skip
NOTHING_TO_ROLL_BACK = _code(
    "nothing_to_roll_back", "There is no such migration to roll back.",
    "The history of this database is empty, or does not have the migration that was named.",
    "Look at `charter migrate status`.",
)  # fmt: skip
NO_BASELINE = _code(
    "no_baseline", "The database has tables, but no migration leads to them.",
    "Its tables were not made by these migrations, and are not as any of them leaves them.",
    "Plan a first migration from the contract as it was when this database was made, apply "
    "that, and go on with the later ones; or take an empty database.",
)  # fmt: skip

STOPS: Mapping[str, FaultCode] = MappingProxyType({entry.name: entry for entry in _entries})
