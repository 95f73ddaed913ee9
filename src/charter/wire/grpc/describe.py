"""The .proto of a contract, as values."""

from collections.abc import Iterator, Sequence

from charter.contract.command import On
from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core.names import snake
from charter.wire.grpc.calls import services_of
from charter.wire.grpc.common import COUNTING, FILTER, PATH
from charter.wire.grpc.members import Slot, input_slots, row_slots
from charter.wire.grpc.names import (
    file_of,
    package_of,
    parent_field,
    row_field,
    spelt_type,
    values_of,
)
from charter.wire.grpc.numbers import NO_NUMBERS, Numbers, Table, Wanted, assigned
from charter.wire.grpc.shape import Enum, File, Label, Member, Message, Rpc, Service, Verb

MASK = "google.protobuf.FieldMask"
HIDDEN = "hidden_fields"
HIDDEN_NUMBER = 18_999
NULLS = "null_fields"
NULLS_NUMBER = 18_998
OPERATION, RESULT = "BatchRequest.Operation", "BatchResponse.Result"
FIRST_INPUT = 10
"""Numbers below are those of what every command takes."""
FIRST_OPERATION = 2
FIRST_RESULT = 3
IN_BATCH = frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE, Verb.CALL})

_READ_MASK = "What to show, by paths: `name`, `customer.name`; `*` is all fields of the row."
_VALIDATE = "Do all but keep it."
_VERSION = "The version that the change is based on."


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
            made.extend(_of_rpc(contract, rpc, numbers))
    imports = (
        PATH,
        "google/protobuf/empty.proto",
        "google/protobuf/field_mask.proto",
        "google/protobuf/struct.proto",
        "google/protobuf/timestamp.proto",
    )
    documented = tuple(Service(item.name, item.rpcs, item.doc) for item in services)
    return File(
        file_of(contract), package_of(contract), imports, tuple(made), documented, doc=contract.doc
    )


def _row(contract: Contract, resource: Resource, numbers: Numbers) -> Message:
    slots = row_slots(contract, resource)
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
    members = (*_members(slots, table), nulls, hidden)
    enums = tuple(_enums(resource.name, slots, numbers))
    return Message(resource.name, members, resource.doc, enums, gone=table.gone)


def _members(slots: Sequence[Slot], table: Table) -> Iterator[Member]:
    for slot in slots:
        label = Label.OPTIONAL
        if slot.many:
            label = Label.REPEATED
        elif slot.target is not None or slot.spelt.startswith("google."):
            label = Label.PLAIN
        yield Member(slot.name, table.names[slot.name].number, slot.spelt, label, slot.doc)


def _enums(message: str, slots: Sequence[Slot], numbers: Numbers) -> Iterator[Enum]:
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


def _key(resource: Resource | None) -> str:
    return "string" if resource is None else spelt_type(resource.key.type, "string")


def _of_rpc(contract: Contract, rpc: Rpc, numbers: Numbers) -> Iterator[Message]:
    doc = f"Asks for {rpc.name}."
    if rpc.verb is Verb.BATCH:
        yield from _batch(contract, numbers)
        return
    if rpc.verb is Verb.CALL:
        yield _call(rpc, numbers)
    else:
        parent = parent_field(rpc.route)
        fixed = _FIXED[rpc.verb](rpc)
        if parent is not None:
            number = 1 + max(member.number for member in fixed)
            key = _key(rpc.route.owner)
            fixed = (*fixed, Member(parent, number, key, doc="The row that it belongs to."))
        yield Message(rpc.request, fixed, doc)
    if rpc.response == f"{rpc.name}Response":
        yield Message(rpc.response, tuple(_answer(rpc)), f"Answers {rpc.name}.")


def _get(rpc: Rpc) -> tuple[Member, ...]:
    return (
        Member("id", 1, _key(rpc.resource), doc="The key of the row."),
        Member("read_mask", 2, MASK, doc=_READ_MASK),
    )


def _filtering(*, listed: bool) -> tuple[Member, ...]:
    paged = (
        Member("page_size", 1, "int32", doc="Rows of a page."),
        Member("page_token", 2, "string", doc="`next_page_token` of the page before."),
    )
    counted = (Member("count", 7, COUNTING, doc="Whether to count all rows."),)
    return (
        *(paged if listed else ()),
        Member("filter", 3, FILTER, doc="Which rows."),
        Member("order_by", 4, "string", doc="Fields to sort by: `status,-created_at`."),
        Member("search", 5, "string", Label.OPTIONAL, "Words that the rows have."),
        Member("read_mask", 6, MASK, doc=_READ_MASK),
        *(counted if listed else ()),
    )


def _summarize(_: Rpc) -> tuple[Member, ...]:
    return (
        Member("measures", 1, "string", Label.REPEATED, "What to work out: `count`, `sum(total)`."),
        Member("group_by", 2, "string", Label.REPEATED, "Fields to group by."),
        Member("filter", 3, FILTER, doc="Which rows."),
        Member("order_by", 4, "string", doc="Names of measures and groups to sort by."),
        Member("search", 5, "string", Label.OPTIONAL, "Words that the rows have."),
        Member("limit", 6, "int32", doc="Groups at most."),
    )


def _writing(rpc: Rpc) -> Member:
    if rpc.resource is None:
        raise ValueError(f"{rpc.name} writes no rows")
    return Member(row_field(rpc.resource), 1, rpc.resource.name, doc="The values.")


def _create(rpc: Rpc) -> tuple[Member, ...]:
    return (
        _writing(rpc),
        Member("read_mask", 2, MASK, doc=_READ_MASK),
        Member("validate_only", 3, "bool", doc=_VALIDATE),
    )


def _update(rpc: Rpc) -> tuple[Member, ...]:
    row = _writing(rpc)
    return (
        Member("id", 1, _key(rpc.resource), doc="The key of the row."),
        Member(row.name, 2, row.type, doc=row.doc),
        Member(
            "update_mask", 3, MASK,
            doc="What to change: a field that is named and not set loses its value. Without it, "
            "what is set is changed; `*` gives all fields a value anew.",
        ),
        Member("version", 4, "int64", Label.OPTIONAL, _VERSION),
        Member("read_mask", 5, MASK, doc=_READ_MASK),
        Member("validate_only", 6, "bool", doc=_VALIDATE),
    )  # fmt: skip


def _delete(rpc: Rpc) -> tuple[Member, ...]:
    return (
        Member("id", 1, _key(rpc.resource), doc="The key of the row."),
        Member("version", 2, "int64", Label.OPTIONAL, _VERSION),
        Member("validate_only", 3, "bool", doc=_VALIDATE),
    )


def _bulk(rpc: Rpc) -> tuple[Member, ...]:
    one = rpc.verb.removeprefix("batch_").capitalize()
    name = rpc.resource.name if rpc.resource is not None else ""
    return (
        Member("requests", 1, f"{one}{name}Request", Label.REPEATED, "In one transaction."),
        Member("read_mask", 2, MASK, doc=_READ_MASK),
        Member("validate_only", 3, "bool", doc=_VALIDATE),
    )


def _bulk_delete(rpc: Rpc) -> tuple[Member, ...]:
    return (
        Member("ids", 1, _key(rpc.resource), Label.REPEATED, "The keys of the rows."),
        Member("validate_only", 2, "bool", doc=_VALIDATE),
    )


_FIXED = {
    Verb.GET: _get,
    Verb.LIST: lambda rpc: _filtering(listed=True),
    Verb.STREAM: lambda rpc: _filtering(listed=False),
    Verb.SUMMARIZE: _summarize,
    Verb.CREATE: _create,
    Verb.UPDATE: _update,
    Verb.DELETE: _delete,
    Verb.BATCH_CREATE: _bulk,
    Verb.BATCH_UPDATE: _bulk,
    Verb.BATCH_DELETE: _bulk_delete,
}


def _call(rpc: Rpc, numbers: Numbers) -> Message:
    command = rpc.command
    if command is None:
        raise ValueError(f"{rpc.name} calls no command")
    fixed: list[Member] = []
    if command.on is On.ROW:
        fixed.append(Member("id", 1, _key(rpc.route.owner), doc="The key of the row."))
        fixed.append(Member("version", 2, "int64", Label.OPTIONAL, _VERSION))
    if rpc.resource is not None:
        fixed.append(Member("read_mask", 3, MASK, doc=_READ_MASK))
    fixed.append(Member("validate_only", 4, "bool", doc=_VALIDATE))
    slots = input_slots(command)
    table = numbers.tables.get(rpc.request, Table())
    taken = {member.name for member in fixed}
    inputs = [
        Member(
            input_field(member.name, taken), member.number, member.type, member.label, member.doc
        )
        for member in _members(slots, table)
    ]
    enums = tuple(_enums(rpc.request, slots, numbers))
    doc = command.doc or f"Asks for {rpc.name}."
    return Message(rpc.request, (*fixed, *inputs), doc, enums, gone=table.gone)


def input_field(name: str, taken: set[str]) -> str:
    """The field of an input: with an underscore where every command has such a field."""
    return f"{name}_" if name in taken else name


def _answer(rpc: Rpc) -> Iterator[Member]:
    command = rpc.command
    if command is not None and command.result.type is not None:
        found = command.result.type
        many = found.many or command.result.many
        spelt = spelt_type(found, "string")
        label = Label.REPEATED if many else Label.OPTIONAL
        plain = spelt.startswith("google.") and not many
        yield Member("value", 1, spelt, Label.PLAIN if plain else label)
        return
    row = rpc.resource.name if rpc.resource is not None else ""
    yield Member("items", 1, row, Label.REPEATED)
    if rpc.verb is Verb.LIST:
        yield Member("next_page_token", 2, "string", doc="Empty on the last page.")
        yield Member("count", 3, "int64", Label.OPTIONAL, "All rows, where they were counted.")
        yield Member("count_exact", 4, "bool", Label.OPTIONAL, "False: there are at least as many.")


def _batch(contract: Contract, numbers: Numbers) -> Iterator[Message]:
    operations, results = numbers.tables[OPERATION], numbers.tables[RESULT]
    name = Member(
        "name", 1, "string", doc="For operations behind it: `{name.id}` is the key of its row."
    )
    parts = tuple(
        Member(item, found.number, found.type, oneof="operation")
        for item, found in operations.names.items()
    )
    rows = tuple(
        Member(item, found.number, found.type, oneof="result")
        for item, found in results.names.items()
    )
    operation = Message("Operation", (name, *parts), gone=operations.gone)
    result = Message(
        "Result",
        (
            Member("nothing", 1, "google.protobuf.Empty", oneof="result"),
            Member("value", 2, "google.protobuf.Value", oneof="result"),
            *rows,
        ),
        gone=results.gone,
    )
    yield Message(
        "BatchRequest",
        (
            Member("operations", 1, ".Operation", Label.REPEATED, "In order, in one transaction."),
            Member("validate_only", 2, "bool", doc=_VALIDATE),
        ),
        "Several operations in one transaction.",
        messages=(operation,),
    )
    yield Message(
        "BatchResponse",
        (Member("results", 1, ".Result", Label.REPEATED, "One for each operation."),),
        "Answers Batch.",
        messages=(result,),
    )
