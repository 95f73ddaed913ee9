"""Fields and enums of messages, with their numbers."""

from collections.abc import Iterator, Sequence

from charter.core.names import snake
from charter.wire.grpc.members import Slot
from charter.wire.grpc.names import values_of
from charter.wire.grpc.numbers import Numbers, Table
from charter.wire.grpc.shape import Enum, Label, Member


def members_of(slots: Sequence[Slot], table: Table) -> Iterator[Member]:
    for slot in slots:
        label = Label.OPTIONAL
        if slot.many:
            label = Label.REPEATED
        elif slot.target is not None or slot.spelt.startswith("google."):
            label = Label.PLAIN
        yield Member(slot.name, table.names[slot.name].number, slot.spelt, label, slot.doc)


def enums_of(message: str, slots: Sequence[Slot], numbers: Numbers) -> Iterator[Enum]:
    for slot in slots:
        if slot.choices:
            yield enum_of(message, slot, numbers)


def enum_of(message: str, slot: Slot, numbers: Numbers) -> Enum:
    """The enum of a choice, with the names and numbers of its values."""
    table = numbers.tables[f"{message}.{slot.enum}"]
    names = values_of(slot.enum, slot.choices)
    values = {name: table.names[choice].number for choice, name in names.items()}
    zero = f"{snake(slot.enum).upper()}_UNSPECIFIED"
    return Enum(slot.enum, {zero: 0} | values, gone=dict.fromkeys(table.gone, ""))
