"""Moves: a state that commands move is not open to clients."""

from charter.contract.resource import SetBy
from charter.language.drafts import Draft
from charter.language.rulecodes import MOVE_OPEN


def open_moves(draft: Draft) -> None:
    """A moved state that a client can set when it likes."""
    for command in draft.commands:
        if command.move is None or command.resource is None:
            continue
        resource = draft.resources[command.resource]
        field = resource.fields[command.move.field]
        if field.set_by is SetBy.CLIENT:
            draft.fault(MOVE_OPEN, f"{resource.name}.{field.name} is moved by {command.name}, and "
                        "clients can set it too", field.place)  # fmt: skip
