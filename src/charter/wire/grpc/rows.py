"""Rows as messages: from the JSON that the database made to what a message is filled with.

The library fills a message from a dictionary in one call, all of what is inside included. So a
decoded row only has to be put right where a message holds other things than JSON does: choices are
numbers there, moments are seconds.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from charter.contract.contract import Contract
from charter.contract.types import Scalar
from charter.core.recent import Recent
from charter.plan.ask import EVERYTHING, Selection
from charter.plan.spelling import cut_name
from charter.wire.grpc.describe import HIDDEN, NULLS
from charter.wire.grpc.members import Slot, row_slots
from charter.wire.grpc.numbers import Numbers

Row = dict[str, Any]
FillRow = Callable[[Row], Row]
"""Turns a decoded row, in its place, into what its message is filled with."""
Turn = Callable[[Any], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT = 1024

UNSEEN: Mapping[str, Any] = {HIDDEN: ["*"]}
"""A row that its writer may not read."""


class RowFillers:
    """Makes a filler for each selection of a resource's fields."""

    def __init__(self, contract: Contract, numbers: Numbers) -> None:
        self._contract = contract
        self._made: Recent[tuple[str, Selection], FillRow] = Recent(_KEPT)
        self._turns = {
            resource.name: tuple(_turns(contract, resource.name, numbers))
            for resource in contract.resources
        }
        self._lists = {
            resource.name: tuple(
                item.name for item in resource.fields if item.type.many and item.optional
            )
            for resource in contract.resources
        }

    def of(self, resource: str, selection: Selection = EVERYTHING) -> FillRow:
        return self._made.get((resource, selection), lambda: self._make(resource, selection))

    def _make(self, resource: str, selection: Selection) -> FillRow:
        """A filler that tells, beside what it is given, what of the selection is not there."""
        found = self._contract.resource_named[resource]
        names = [item.name for item in found.readable]
        if selection.picks is not None:
            names = [pick.out for pick in selection.picks]
        turns = [(name, turn) for name, turn in self._turns[resource] if name in names]
        lists = [name for name in self._lists[resource] if name in names]
        uncertain = False
        for nest in selection.nests:
            relation = found.relation_named[nest.relation]
            inner = self.of(relation.target, nest.selection)
            turns.append((nest.out, inner if relation.to_one else _each(inner)))
            names.append(nest.out)
            uncertain |= not relation.to_one and cut_name(found, nest.out) is not None
        whole = len(names)

        def fill(row: Row) -> Row:
            count = len(row)
            for name, turn in turns:
                value = row.get(name)
                if value is not None:
                    row[name] = turn(value)
            if uncertain or count != whole:
                hidden = [name for name in names if name not in row]
                if hidden:
                    row[HIDDEN] = hidden
            if lists:
                row[NULLS] = [name for name in lists if row.get(name, ()) is None]
            return row

        return fill


def _turns(contract: Contract, resource: str, numbers: Numbers) -> list[tuple[str, Turn]]:
    """What has to be turned of a resource's own values."""
    found: list[tuple[str, Turn]] = []
    for slot in row_slots(contract, contract.resource_named[resource]):
        turn = _turn(resource, slot, numbers)
        if turn is not None:
            found.append((slot.name, _each(turn) if slot.many else turn))
    return found


def _turn(message: str, slot: Slot, numbers: Numbers) -> Turn | None:
    if slot.choices:
        table = numbers.tables[f"{message}.{slot.enum}"].names
        known = {choice: found.number for choice, found in table.items()}
        # What stands in an existing table and is no choice is told as what it is: none.
        return lambda choice: known.get(choice, 0)
    return None if slot.type is None else turn_of(slot.type.scalar)


def turn_of(scalar: Scalar) -> Turn | None:
    """What a value of this kind has to be turned by; None where a message holds it as JSON does."""
    return {Scalar.DATETIME: timestamp, Scalar.JSON: value}.get(scalar)


def _each(turn: Turn) -> Turn:
    return lambda items: [turn(item) for item in items]


def timestamp(text: str) -> dict[str, int]:
    """A google.protobuf.Timestamp, from the text of a moment in UTC."""
    since = datetime.fromisoformat(text) - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    return {"seconds": seconds, "nanos": since.microseconds * 1000}


def value(found: Any) -> dict[str, Any]:
    """A google.protobuf.Value."""
    match found:
        case None:
            return {"null_value": 0}
        case bool():
            return {"bool_value": found}
        case int() | float():
            return {"number_value": found}
        case str():
            return {"string_value": found}
        case dict():
            return {"struct_value": found}
        case _:
            return {"list_value": found}
