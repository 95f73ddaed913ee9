"""Rows as messages: from what the database made as JSON to the bytes of a message."""

from collections.abc import Callable, Mapping
from typing import Any

from charter.contract.contract import Contract
from charter.contract.types import Scalar, Type
from charter.core.recent import Recent
from charter.plan.ask import EVERYTHING, Selection
from charter.plan.spelling import cut_name
from charter.wire.grpc.describe import HIDDEN_NUMBER, NULLS_NUMBER
from charter.wire.grpc.encode import (
    Put,
    blocks,
    each,
    enums,
    floats,
    integers,
    moments,
    packed,
    packed_floats,
    text_field,
    texts,
    values,
    varint,
)
from charter.wire.grpc.members import Slot, row_slots
from charter.wire.grpc.numbers import Numbers

WriteRow = Callable[[Mapping[str, Any]], bytes]
_KEPT = 1024

UNSEEN = text_field(HIDDEN_NUMBER, "*")
"""A row that its writer may not read."""


class RowWriters:
    """Makes a writer for each selection of a resource's fields."""

    def __init__(self, contract: Contract, numbers: Numbers) -> None:
        self._contract = contract
        self._numbers = numbers
        self._made: Recent[tuple[str, Selection], WriteRow] = Recent(_KEPT)
        self._puts: dict[str, dict[str, Put]] = {
            resource.name: {
                slot.name: self._put(resource.name, slot)
                for slot in row_slots(contract, resource)
                if slot.target is None
            }
            for resource in contract.resources
        }

    def of(self, resource: str, selection: Selection = EVERYTHING) -> WriteRow:
        return self._made.get((resource, selection), lambda: self._make(resource, selection))

    def _make(self, resource: str, selection: Selection) -> WriteRow:
        """A writer that tells, beside what it is given, what of the selection is not there."""
        found = self._contract.resource_named[resource]
        table = self._numbers.tables[resource].names
        puts = dict(self._puts[resource])
        picked = selection.picks
        names = [item.name for item in found.readable]
        if picked is not None:
            names = [pick.out for pick in picked]
        uncertain = False
        for nest in selection.nests:
            relation = found.relation_named[nest.relation]
            inner = _nested(self.of(relation.target, nest.selection), table[nest.out].number)
            puts[nest.out] = inner if relation.to_one else each(inner)
            names.append(nest.out)
            uncertain |= cut_name(found, nest.out) is not None and not relation.to_one
        lists = frozenset(item.name for item in found.fields if item.type.many and item.optional)
        hides, nulls = texts(HIDDEN_NUMBER), texts(NULLS_NUMBER)
        whole = len(names)

        def write(row: Mapping[str, Any]) -> bytes:
            out: list[bytes] = []
            for name, value in row.items():
                if value is not None:
                    puts[name](value, out)
                elif name in lists:
                    nulls(name, out)
            if uncertain or len(row) != whole:
                for name in names:
                    if name not in row:
                        hides(name, out)
            return b"".join(out)

        return write

    def _put(self, message: str, slot: Slot) -> Put:
        number = self._numbers.tables[message].names[slot.name].number
        if slot.type is None:
            raise ValueError(f"{slot.name} is no value")
        known = {}
        if slot.choices:
            table = self._numbers.tables[f"{message}.{slot.enum}"].names
            known = {choice: found.number for choice, found in table.items()}
        return put_value(number, slot.type, known)


def put_value(number: int, type_: Type, known: Mapping[str, int]) -> Put:
    """Writes a value of a type; `known` has the numbers of choices."""
    if not type_.many:
        if type_.scalar is Scalar.CHOICE and known:
            return enums(number, known)
        return _ONE.get(type_.scalar, texts)(number)
    if type_.scalar is Scalar.CHOICE and known:
        return packed(number, lambda choice: varint(known[choice]))
    make = _MANY.get(type_.scalar)
    return make(number) if make else each(_ONE.get(type_.scalar, texts)(number))


def _nested(write: WriteRow, number: int) -> Put:
    block = blocks(number)
    return lambda row, out: block(write(row), out)


_ONE: Mapping[Scalar, Callable[[int], Put]] = {
    Scalar.INTEGER: integers,
    Scalar.BOOLEAN: integers,
    Scalar.FLOAT: floats,
    Scalar.DATETIME: moments,
    Scalar.JSON: values,
}
_MANY: Mapping[Scalar, Callable[[int], Put]] = {
    Scalar.INTEGER: lambda number: packed(number, varint),
    Scalar.BOOLEAN: lambda number: packed(number, varint),
    Scalar.FLOAT: packed_floats,
}
