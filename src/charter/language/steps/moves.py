"""Moves: changes of state, read from `draft | open -> placed`."""

import re

from charter.contract.command import Move, On
from charter.contract.resource import Field
from charter.contract.types import Scalar
from charter.core.names import nearest
from charter.language.declarations import CommandSaid
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import FIELD_UNKNOWN
from charter.language.rulecodes import MOVE_AMBIGUOUS, MOVE_MALFORMED, MOVE_UNKNOWN

_MOVE = re.compile(r"\s*(?:(?P<field>\w+)\s*:)?(?P<sources>[^:>]+)->(?P<target>[^|>]+)")


def move_of(draft: Draft, resource: ResourceDraft | None, said: CommandSaid, on: On) -> Move | None:
    """The move of a command, or None where it has a fault, which is noted."""
    read = _MOVE.fullmatch(said.moves or "")
    if read is None or resource is None or on is not On.ROW:
        why = f"{said.moves!r} is no move" if read is None else "only a row can be moved"
        draft.fault(MOVE_MALFORMED, why, said.place)
        return None
    sources = tuple(item.strip() for item in read["sources"].split("|"))
    target = read["target"].strip()
    fields = {name: field for name, field in resource.fields.items() if _is_choice(field)}
    if read["field"] is not None:
        name = read["field"]
        if name not in fields:
            likely = nearest(name, fields)
            draft.fault(FIELD_UNKNOWN, f"{resource.name} has no states called {name!r}", said.place,
                        f"Did you mean {likely!r}?" if likely else None)  # fmt: skip
            return None
        fields = {name: fields[name]}
    states = (*sources, target)
    found = [name for name, item in fields.items() if set(states) <= set(item.type.choices)]
    if len(found) == 1:
        return Move(found[0], sources, target)
    if found:
        draft.fault(MOVE_AMBIGUOUS, f"{said.moves!r} may be a move of {' or '.join(found)}",
                    said.place, f'Write `moves="{found[0]}: {said.moves}"`.')  # fmt: skip
        return None
    _refuse_unknown(draft, resource, fields, states, said)
    return None


def _is_choice(field: Field) -> bool:
    return field.type.scalar is Scalar.CHOICE and not field.type.many


def _refuse_unknown(
    draft: Draft,
    resource: ResourceDraft,
    fields: dict[str, Field],
    states: tuple[str, ...],
    said: CommandSaid,
) -> None:
    known = [choice for field in fields.values() for choice in field.type.choices]
    missing = [state for state in states if state not in known]
    likely = nearest(missing[0], known) if missing else None
    message = (
        f"{resource.name} has no state {missing[0]!r}"
        if missing
        else f"no field of {resource.name} has all the states of {said.moves!r}"
    )
    draft.fault(MOVE_UNKNOWN, message, said.place, f"Did you mean {likely!r}?" if likely else None)
