"""The messages of requests and answers, but for rows."""

from collections.abc import Iterator

from charter.contract.command import On
from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.wire.grpc.common import CHANGE_KIND, COUNTING, FILTER, HAVE
from charter.wire.grpc.fields import enums_of, members_of
from charter.wire.grpc.members import input_slots
from charter.wire.grpc.names import parent_field, result_field, row_field, spelt_type
from charter.wire.grpc.numbers import Numbers, Table
from charter.wire.grpc.shape import Label, Member, Message, Rpc, Verb

MASK = "google.protobuf.FieldMask"
OPERATION, RESULT = "BatchRequest.Operation", "BatchResponse.Result"

_READ_MASK = "What to show, by paths: `name`, `customer.name`; `*` is all fields of the row."
_VALIDATE = "Do all but keep it."
_VERSION = "The version that the change is based on."


def _key(resource: Resource | None) -> str:
    return "string" if resource is None else spelt_type(resource.key.type, "string")


def messages_of(contract: Contract, rpc: Rpc, numbers: Numbers) -> Iterator[Message]:
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
            number, key = _PARENT[rpc.verb], _key(rpc.route.owner)
            fixed = (*fixed, Member(parent, number, key, doc="The row that it belongs to."))
        yield Message(rpc.request, fixed, doc)
    if rpc.verb is Verb.WATCH:
        yield _told(rpc)
    elif rpc.response == f"{rpc.name}Response":
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


def single(rpc: Rpc) -> bool:
    """Whether a method that watches can be asked for one row."""
    relation = rpc.route.relation
    return relation is None or relation.owned


def _watch(rpc: Rpc) -> tuple[Member, ...]:
    key = _key(rpc.resource)
    one = Member(
        "id", 1, key, Label.OPTIONAL, "Only this row, which has to be there to begin with."
    )
    return (
        *((one,) if single(rpc) else ()),
        Member("filter", 3, FILTER, doc="Which rows."),
        Member("search", 5, "string", Label.OPTIONAL, "Words that the rows have."),
        Member("read_mask", 6, MASK, doc=_READ_MASK),
        Member("have", 7, HAVE, doc="Only what is different from these rows is told at first."),
        Member(
            "after", 8, "string", Label.OPTIONAL,
            "A `position`: nothing is told at first, if nothing happened since.",
        ),
    )  # fmt: skip


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
    Verb.WATCH: _watch,
    Verb.SUMMARIZE: _summarize,
    Verb.CREATE: _create,
    Verb.UPDATE: _update,
    Verb.DELETE: _delete,
    Verb.BATCH_CREATE: _bulk,
    Verb.BATCH_UPDATE: _bulk,
    Verb.BATCH_DELETE: _bulk_delete,
}
_PARENT = {
    Verb.GET: 3, Verb.LIST: 8, Verb.STREAM: 7, Verb.WATCH: 9, Verb.CREATE: 4, Verb.UPDATE: 7,
    Verb.DELETE: 4,
}  # fmt: skip
"""The numbers of the key of the row above."""


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
        for member in members_of(slots, table)
    ]
    enums = tuple(enums_of(rpc.request, slots, numbers))
    doc = command.doc or f"Asks for {rpc.name}."
    return Message(rpc.request, (*fixed, *inputs), doc, enums, gone=table.gone)


def input_field(name: str, taken: set[str]) -> str:
    """The field of an input: another where every command has a field of its name. An underscore
    would not do: `version_` and `version` are the same in JSON."""
    return f"input_{name}" if name in taken else name


def _told(rpc: Rpc) -> Message:
    row = rpc.resource.name if rpc.resource is not None else ""
    change = Message(
        "Change",
        (
            Member("kind", 1, CHANGE_KIND),
            Member("key", 2, "string", doc="That of the row, as text."),
            Member("tag", 3, "string", doc="The same for a row that is shown the same."),
            Member("row", 4, row, doc="As it is now; not set where it was removed."),
        ),
    )
    members = (
        Member("changes", 1, ".Change", Label.REPEATED, "In the order in which they came about."),
        Member(
            "position", 2, "string",
            doc="All up to here has been told. Empty where more of it follows.",
        ),
        Member("ready", 3, "bool", doc="All there is at the beginning has been told."),
        Member(
            "reset", 4, "string",
            doc="Set where all that the client had before counts for nothing: the reason.",
        ),
    )  # fmt: skip
    return Message(rpc.response, members, f"Tells what {rpc.name} asks for.", messages=(change,))


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
        Member(result_field(item), found.number, found.type, oneof="result")
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
