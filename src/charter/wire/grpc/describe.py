"""The .proto of a contract, as values."""

from collections.abc import Sequence

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core.names import snake
from charter.wire.grpc.calls import services_of
from charter.wire.grpc.common import PATH
from charter.wire.grpc.faults import PROTO_NAME_TAKEN, ProtoFault
from charter.wire.grpc.fields import enums_of, members_of
from charter.wire.grpc.members import Slot, input_slots, row_slots
from charter.wire.grpc.names import file_of, package_of, row_field
from charter.wire.grpc.numbers import NO_NUMBERS, Numbers, Wanted, assigned
from charter.wire.grpc.requests import OPERATION, RESULT, messages_of
from charter.wire.grpc.shape import File, Label, Member, Message, Rpc, Verb

HIDDEN = "hidden_fields"
HIDDEN_NUMBER = 18_999
NULLS = "null_fields"
NULLS_NUMBER = 18_998
FIRST_INPUT = 10
"""Numbers below are those of what every command takes."""
FIRST_OPERATION = 2
FIRST_RESULT = 3
IN_BATCH = frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE, Verb.CALL})


def numbers_for(contract: Contract, old: Numbers = NO_NUMBERS) -> Numbers:
    """The numbers of a contract: those that it has, and new ones for what is new."""
    first = {rpc.request: FIRST_INPUT for rpc in _rpcs(contract) if rpc.verb is Verb.CALL}
    return assigned(
        wanted(contract), old, first | {OPERATION: FIRST_OPERATION, RESULT: FIRST_RESULT}
    )


def wanted(contract: Contract) -> Wanted:
    """All that needs a number: fields of rows, inputs, choices, and what a batch can hold."""
    found: dict[str, dict[str, str]] = {}

    def add(message: str, slots: Sequence[Slot]) -> None:
        found[message] = {
            slot.name: ("repeated " if slot.many else "") + slot.spelt.removeprefix(".")
            for slot in slots
        }
        for slot in slots:
            if slot.choices:
                found[f"{message}.{slot.enum}"] = dict.fromkeys(slot.choices, "")

    for resource in contract.resources:
        add(resource.name, row_slots(contract, resource))
    rpcs = _rpcs(contract)
    for rpc in rpcs:
        if rpc.command is not None and rpc.command.inputs:
            add(rpc.request, input_slots(rpc.command))
    parts = [rpc for rpc in rpcs if rpc.verb in IN_BATCH]
    found[OPERATION] = {snake(rpc.name): rpc.request for rpc in parts}
    found[RESULT] = {row_field(item): item.name for item in contract.resources}
    return found


def _rpcs(contract: Contract) -> list[Rpc]:
    return [rpc for service in services_of(contract) for rpc in service.rpcs]


def proto_of(contract: Contract, numbers: Numbers) -> File:
    """The file. Raises ProtoFault where names clash."""
    services = services_of(contract)
    made: list[Message] = [_row(contract, item, numbers) for item in contract.resources]
    for service in services:
        for rpc in service.rpcs:
            made.extend(messages_of(contract, rpc, numbers))
    imports = (
        PATH,
        "google/protobuf/empty.proto",
        "google/protobuf/field_mask.proto",
        "google/protobuf/struct.proto",
        "google/protobuf/timestamp.proto",
    )
    return File(
        file_of(contract), package_of(contract), imports, tuple(made), services, doc=contract.doc
    )


def _row(contract: Contract, resource: Resource, numbers: Numbers) -> Message:
    slots = row_slots(contract, resource)
    for slot in slots:
        if slot.name in {NULLS, HIDDEN}:
            raise ProtoFault(PROTO_NAME_TAKEN, f"{resource.name}.{slot.name} is there already")
    table = numbers.tables[resource.name]
    nulls = Member(
        NULLS,
        NULLS_NUMBER,
        "string",
        Label.REPEATED,
        "Lists that have no value, which is not the same as none in it. In a write: fields of any "
        "kind that are to have no value.",
    )
    hidden = Member(
        HIDDEN, HIDDEN_NUMBER, "string", Label.REPEATED, "What was asked for and may not be seen."
    )
    members = (*members_of(slots, table), nulls, hidden)
    enums = tuple(enums_of(resource.name, slots, numbers))
    return Message(resource.name, members, resource.doc, enums, gone=table.gone)
