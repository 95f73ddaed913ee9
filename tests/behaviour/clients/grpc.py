"""The gRPC client: intents as messages, over a connection on the loopback address.

What a message cannot say (a text where a number has to be) is no test of this protocol: it is
skipped.
"""

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn

import grpc
import grpc.aio
import pytest
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2

from charter.contract.contract import Contract
from charter.contract.types import Scalar
from charter.core.names import pascal, plural, snake
from charter.plan.spelling import input_name, singular
from charter.wire.grpc.members import Slot, input_slots, row_slots
from charter.wire.grpc.names import plural_of, values_of
from charter.wire.grpc.parse import Parser
from charter.wire.grpc.problems import DETAILS
from charter.wire.grpc.shape import Rpc, Verb
from charter.wire.rest.problems import fragment
from tests.behaviour.clients.base import (
    PLAIN,
    Actor,
    Both,
    Either,
    Flaw,
    Has,
    How,
    Made,
    Page,
    Refused,
    Row,
    Step,
    Unless,
    Values,
    Where,
    Within,
)
from tests.behaviour.serving import Served, token

_NULL = 11
_COUNTS = {"": 0, "exact": 1, "estimated": 2}
_COMPARATORS = ("eq", "ne", "lt", "lte", "gt", "gte", "like", "ilike", "in", "nin", "null", "contains")


@asynccontextmanager
async def connect(served: Served) -> AsyncIterator["GrpcClient"]:
    """A client of a server in this process, which is there until the service goes."""
    found = served.kept.get("grpc")
    if found is None:
        found = served.kept["grpc"] = await _opened(served)
    yield found


async def _opened(served: Served) -> "GrpcClient":
    server: Any = served.process.grpc()
    await server.start()
    served.closing.push_async_callback(server.stop, 0)
    # Not a connection of before, to another server that had the same port.
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{server.port}", options)
    served.closing.push_async_callback(channel.close)
    return GrpcClient(channel, served.contract, server.parser, token)


def _unsayable(what: str) -> NoReturn:
    pytest.skip(f"a message cannot say {what}")


@dataclass(frozen=True)
class GrpcClient:
    """Speaks gRPC. `send` gives the bare answer, for what only gRPC has."""

    channel: grpc.aio.Channel
    contract: Contract
    parser: Parser
    token: Callable[[Any], str]

    def rpc(self, name: str) -> Rpc:
        found = next((rpc for rpc in self.parser.rpcs.values() if rpc.name == name), None)
        return found or _unsayable(f"{name}: there is no such method")

    def message(self, name: str, **values: Any) -> Any:
        return self.parser.messages.of(name)(**values)

    def metadata(self, actor: Actor, once: str | None = None) -> list[tuple[str, str]]:
        sent = [] if actor is None else [("authorization", f"Bearer {self.token(actor)}")]
        return sent if once is None else [*sent, ("idempotency-key", once)]

    async def send(
        self, rpc: Rpc, request: Any, actor: Actor = None, *, once: str | None = None,
        timeout: float | None = None,
    ) -> Any:  # fmt: skip
        raw = request if isinstance(request, bytes) else request.SerializeToString()
        answer = self.parser.messages.of(rpc.response).FromString
        metadata = self.metadata(actor, once)
        try:
            if rpc.verb is Verb.STREAM:
                streaming = self.channel.unary_stream(rpc.path, None, answer)
                return [row async for row in streaming(raw, metadata=metadata, timeout=timeout)]
            unary = self.channel.unary_unary(rpc.path, None, answer)
            return await unary(raw, metadata=metadata, timeout=timeout)
        except grpc.aio.AioRpcError as error:
            raise refused(rpc, error) from None

    async def create(
        self, resource: str, values: Values, actor: Actor = None, *, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row:  # fmt: skip
        rpc = self.rpc("Create" + subject(resource, within))
        request = self.creating(rpc, resource, values)
        written(request, how)
        below(request, within)
        answer = await self.send(rpc, request, actor, once=how.once)
        return self.row(self.shown(rpc), answer, how.fields, how.include)

    def shown(self, rpc: Rpc) -> str:
        assert rpc.resource is not None
        return rpc.resource.name

    def creating(self, rpc: Rpc, resource: str, values: Values) -> Any:
        request = self.message(rpc.request)
        shown = self.shown(rpc)
        self.fill(getattr(request, snake(shown)), shown, values)
        return request

    async def create_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        rpc, one = self.rpc(f"BatchCreate{plural_of(resource)}"), self.rpc(f"Create{resource}")
        request = self.message(rpc.request)
        request.requests.extend(self.creating(one, resource, row) for row in rows)
        written(request, how)
        answer = await self.send(rpc, request, actor, once=how.once)
        return [self.row(resource, item, how.fields, how.include) for item in answer.items]

    async def read(
        self, resource: str, key: Any, actor: Actor = None, *, fields: str = "",
        include: str = "", within: Within | None = None,
    ) -> Row:  # fmt: skip
        rpc = self.rpc("Get" + subject(resource, within))
        request = self.message(rpc.request)
        identify(request, key)
        request.read_mask.paths.extend(paths(fields, include))
        below(request, within)
        answer = await self.send(rpc, request, actor)
        return self.row(self.shown(rpc), answer, fields, include)

    async def page(
        self, resource: str, actor: Actor = None, *, where: Where | None = None,
        search: str | None = None, sort: str = "", limit: int | None = None, fields: str = "",
        include: str = "", count: str = "", within: Within | None = None,
    ) -> Page:  # fmt: skip
        rpc = self.rpc("List" + many(resource, within))
        request = self.message(rpc.request, order_by=sort, count=_COUNTS.get(count, 99))
        if limit is not None:
            request.page_size = -1 if limit == 0 else limit
        if search is not None:
            request.search = search
        if where is not None:
            request.filter.MergeFromString(self.filter(where).SerializeToString())
        request.read_mask.paths.extend(paths(fields, include))
        below(request, within)
        return await self.listed(rpc, request, actor, fields, include)

    async def listed(
        self, rpc: Rpc, request: Any, actor: Actor, fields: str, include: str
    ) -> Page:
        answer = await self.send(rpc, request, actor)
        items = [self.row(self.shown(rpc), item, fields, include) for item in answer.items]
        following = None
        if answer.next_page_token:
            raw = base64.b64encode(request.SerializeToString()).decode()
            tested = request.filter.condition
            shown = f"null]={','.join(tested.values)}" if tested.comparator == _NULL else ""
            name = rpc.name.removeprefix("List").lower()
            following = "|".join((name, shown, fields, include, raw, answer.next_page_token))
        return Page(items, following, answer.count if answer.HasField("count") else None)

    async def follow(self, page: Page, actor: Actor = None) -> Page:
        """What `next` says can be read, and changed, as an address over HTTP can be."""
        name, shown, fields, include, raw, following = (page.next or "").split("|")
        lists = (rpc for rpc in self.parser.rpcs.values() if rpc.verb is Verb.LIST)
        rpc = next(rpc for rpc in lists if rpc.name.removeprefix("List").lower() == name)
        request: Any = self.parser.messages.of(rpc.request).FromString(base64.b64decode(raw))
        if shown:
            request.filter.condition.values[:] = [shown.partition("=")[2]]
        request.page_token = following
        return await self.listed(rpc, request, actor, fields, include)

    async def summarize(
        self, resource: str, measures: str, actor: Actor = None, *, group: str = "",
        where: Where | None = None, sort: str = "",
    ) -> list[Row]:  # fmt: skip
        rpc = self.rpc("Summarize" + plural_of(resource))
        request = self.message(rpc.request, measures=measures.split(","), order_by=sort)
        request.group_by.extend(filter(None, group.split(",")))
        if where is not None:
            request.filter.MergeFromString(self.filter(where).SerializeToString())
        answer = await self.send(rpc, request, actor)
        return [json_format.MessageToDict(item) for item in answer.items]

    async def update(
        self, resource: str, key: Any, values: Values, actor: Actor = None, *,
        version: int | None = None, whole: bool = False, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row:  # fmt: skip
        rpc = self.rpc("Update" + subject(resource, within))
        request = self.updating(rpc, key, values, version, whole=whole)
        written(request, how)
        below(request, within)
        answer = await self.send(rpc, request, actor, once=how.once)
        return self.row(self.shown(rpc), answer, how.fields, how.include)

    def updating(
        self, rpc: Rpc, key: Any, values: Values, version: int | None, *, whole: bool = False
    ) -> Any:
        request = self.message(rpc.request)
        shown = self.shown(rpc)
        identify(request, key)
        if version is not None:
            request.version = version
        row = getattr(request, snake(shown))
        self.fill(row, shown, values)
        request.update_mask.paths.extend(["*"] if whole else values)
        return request

    async def update_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        rpc, one = self.rpc(f"BatchUpdate{plural_of(resource)}"), self.rpc(f"Update{resource}")
        request = self.message(rpc.request)
        for row in rows:
            rest = {name: value for name, value in row.items() if name not in {"id", "version"}}
            request.requests.append(
                self.updating(one, row.get("id", ""), rest, row.get("version"))
            )
        written(request, how)
        answer = await self.send(rpc, request, actor, once=how.once)
        return [self.row(resource, item, how.fields, how.include) for item in answer.items]

    async def delete(
        self, resource: str, key: Any, actor: Actor = None, *, version: int | None = None,
        how: How = PLAIN, within: Within | None = None,
    ) -> None:  # fmt: skip
        rpc = self.rpc("Delete" + subject(resource, within))
        request = self.message(rpc.request, validate_only=how.dry_run)
        identify(request, key)
        if version is not None:
            request.version = version
        below(request, within)
        await self.send(rpc, request, actor, once=how.once)

    async def delete_all(
        self, resource: str, keys: Sequence[Any], actor: Actor = None, *, how: How = PLAIN
    ) -> None:
        rpc = self.rpc("BatchDelete" + plural_of(resource))
        request = self.message(rpc.request, validate_only=how.dry_run)
        try:
            request.ids.extend(keys)
        except TypeError:
            _unsayable(f"the keys {keys}")
        await self.send(rpc, request, actor, once=how.once)

    async def call(
        self, command: str, actor: Actor = None, *, resource: str | None = None,
        key: Any = None, inputs: Values | None = None, version: int | None = None,
        how: How = PLAIN,
    ) -> Any:  # fmt: skip
        rpc = self.rpc(pascal(command) + (resource or ""))
        request = self.calling(rpc, key, inputs or {}, version)
        written(request, how)
        answer = await self.send(rpc, request, actor, once=how.once)
        return self.returned(rpc, answer, how)

    def calling(self, rpc: Rpc, key: Any, inputs: Values, version: int | None) -> Any:
        assert rpc.command is not None
        request = self.message(rpc.request)
        if key is not None:
            identify(request, key)
        if version is not None:
            request.version = version
        slots = {slot.name: slot for slot in input_slots(rpc.command)}
        required = {input_name(item): item.required for item in rpc.command.inputs}
        for name, value in inputs.items():
            if name not in slots:
                _unsayable(f"the input {name}")
            elif value is not None:
                self.put(request, slots[name], value)
            elif required[name]:
                _unsayable(f"null as {name}")
        return request

    def returned(self, rpc: Rpc, answer: Any, how: How) -> Any:
        assert rpc.command is not None
        result = rpc.command.result
        if result.resource is not None and result.many:
            resource = result.resource
            return [self.row(resource, item, how.fields, how.include) for item in answer.items]
        if result.resource is not None:
            return self.row(result.resource, answer, how.fields, how.include)
        if result.type is None:
            return None
        slot = Slot("value", result.type, many=result.many or result.type.many)
        return self.value(slot, answer)

    async def batch(
        self, steps: Sequence[Step], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row | None]:
        rpc = self.rpc("Batch")
        request = self.message(rpc.request, validate_only=how.dry_run)
        for step in steps:
            self.step(request.operations.add(), step)
        answer = await self.send(rpc, request, actor, once=how.once)
        return [self.result(step, item) for step, item in zip(steps, answer.results, strict=True)]

    def step(self, operation: Any, step: Step) -> None:
        if step.name is not None:
            operation.name = step.name
        values = step.values or {}
        if step.what == "create":
            rpc = self.rpc(f"Create{step.resource}")
            made = self.creating(rpc, step.resource, values)
        elif step.what == "update":
            rpc = self.rpc(f"Update{step.resource}")
            made = self.updating(rpc, step.key, values, step.version)
        elif step.what == "delete":
            rpc = self.rpc(f"Delete{step.resource}")
            made = self.message(rpc.request)
            identify(made, step.key)
            if step.version is not None:
                made.version = step.version
        else:
            rpc = self.rpc(pascal(step.what) + step.resource)
            made = self.calling(rpc, step.key, values, step.version)
        getattr(operation, snake(rpc.name)).CopyFrom(made)

    def result(self, step: Step, item: Any) -> Row | None:
        kind = item.WhichOneof("result")
        if kind == "nothing":
            return None
        if kind == "value":
            found: Any = json_format.MessageToDict(item.value)
            return found  # type: ignore[no-any-return]
        resource = next(one.name for one in self.contract.resources if snake(one.name) == kind)
        return self.row(resource, getattr(item, kind), "", "")

    async def export(
        self, resource: str, actor: Actor = None, *, where: Where | None = None, sort: str = ""
    ) -> list[Row]:
        rpc = self.rpc("Stream" + plural_of(resource))
        request = self.message(rpc.request, order_by=sort)
        if where is not None:
            request.filter.MergeFromString(self.filter(where).SerializeToString())
        return [self.row(resource, item, "", "") for item in await self.send(rpc, request, actor)]

    # -- messages and rows -------------------------------------------------------------------

    def slots(self, resource: str) -> dict[str, Slot]:
        found = self.contract.resource_named[resource]
        return {slot.name: slot for slot in row_slots(self.contract, found)}

    def fill(self, message: Any, resource: str, values: Any) -> None:
        """Set the values of a row. Those that are null, or that there are not, are named."""
        if not hasattr(values, "items"):
            _unsayable(f"{values!r} as a row")
        message.SetInParent()
        slots = self.slots(resource)
        for name, value in values.items():
            if value is None or name not in slots:
                message.null_fields.append(name)
            else:
                self.put(message, slots[name], value)

    def put(self, message: Any, slot: Slot, value: Any) -> None:
        if slot.many:
            if not isinstance(value, list):
                _unsayable(f"{value!r} as a list")
            for item in value:
                self.put_one(message, slot, item, many=True)
        else:
            self.put_one(message, slot, value, many=False)

    def put_one(self, message: Any, slot: Slot, value: Any, *, many: bool) -> None:
        at = getattr(message, slot.name)
        if slot.type is None:
            row = at.add() if many else at
            self.fill(row, slot.target or "", value)
            return
        scalar = slot.type.scalar
        if scalar is Scalar.JSON:
            if "18446744073709551616" in json.dumps(value):
                _unsayable("an integer that no double holds")
            json_format.ParseDict(value, at.add() if many else at)
        elif scalar is Scalar.DATETIME:
            moment = at.add() if many else at
            try:
                moment.FromJsonString(value)
            except (ValueError, AttributeError, TypeError):
                _unsayable(f"the moment {value!r}")
        elif many:
            at.append(self.plain(message, slot, value))
        else:
            setattr(message, slot.name, self.plain(message, slot, value))

    def plain(self, message: Any, slot: Slot, value: Any) -> Any:
        assert slot.type is not None
        scalar = slot.type.scalar
        if isinstance(value, Made):
            return f"{{{value.name}.id}}"
        if slot.choices and isinstance(value, str):
            name = values_of(slot.enum, slot.choices).get(value)
            enum = message.DESCRIPTOR.fields_by_name[slot.name].enum_type
            return 99_999 if name is None else enum.values_by_name[name].number
        if scalar is Scalar.DECIMAL and type(value) in {int, float, Decimal, str}:
            return f"{Decimal(str(value)):f}" if type(value) is not str else value
        wanted = {Scalar.INTEGER: {int}, Scalar.BOOLEAN: {bool}, Scalar.FLOAT: {int, float}}
        fits = type(value) in wanted.get(scalar, {str})
        if fits and scalar is Scalar.INTEGER and not -(2**63) <= value < 2**63:
            fits = False
        if fits and isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                fits = False
        return value if fits else _unsayable(f"{value!r} as {scalar}")

    def row(self, resource: str, message: Any, fields: str, include: str) -> Row:
        """The row in a message, as far as it was asked for."""
        tree = Branch.of(fields, include)
        return self.shown_row(resource, message, tree)

    def shown_row(self, resource: str, message: Any, branch: "Branch") -> Row:
        hidden = set(message.hidden_fields)
        if "*" in hidden:
            return {}
        slots, found = self.slots(resource), self.contract.resource_named[resource]
        names = branch.picks or ([item.name for item in found.readable] if branch.whole else [])
        row = {
            name: self.value(slots[name], message) for name in names if name not in hidden
        }
        for name, below_ in branch.below.items():
            slot = slots[name]
            if name in hidden:
                continue
            value = getattr(message, name)
            target = slot.target or ""
            if slot.many:
                row[name] = [self.shown_row(target, item, below_) for item in value]
                if getattr(message, f"{name}_cut", False):
                    row[f"{name}_cut"] = True
            else:
                there = message.HasField(name)
                row[name] = self.shown_row(target, value, below_) if there else None
        return row

    def value(self, slot: Slot, message: Any) -> Any:
        """A value as JSON has it."""
        assert slot.type is not None
        at = getattr(message, slot.name)
        if slot.many:
            nulls = getattr(message, "null_fields", ())
            return None if slot.name in nulls else [self.told(slot, item) for item in at]
        return self.told(slot, at) if message.HasField(slot.name) else None

    def told(self, slot: Slot, value: Any) -> Any:
        assert slot.type is not None
        if slot.choices:
            return slot.choices[value - 1]
        if slot.type.scalar is Scalar.JSON:
            return json_format.MessageToDict(value)
        if slot.type.scalar is Scalar.DATETIME:
            return told_moment(value)
        return value

    def filter(self, where: Where) -> Any:
        """A filter as messages."""
        message = self.message("charter.v1.Filter")
        match where:
            case Has(name, comparator, value):
                message.condition.field = name
                known = _COMPARATORS.index(comparator) + 1 if comparator in _COMPARATORS else 99
                message.condition.comparator = known
                listed = isinstance(value, list | tuple)
                message.condition.values.extend(map(text, value if listed else [value]))
            case Both(parts):
                getattr(message, "all").filters.extend(map(self.filter, parts))
            case Either(parts):
                getattr(message, "any").filters.extend(map(self.filter, parts))
            case Unless(part):
                getattr(message, "not").CopyFrom(self.filter(part))
        return message


@dataclass
class Branch:
    """What is asked for of one row."""

    whole: bool
    picks: list[str]
    below: dict[str, "Branch"]

    @staticmethod
    def of(fields: str, include: str) -> "Branch":
        top = Branch(not fields, [], {})
        for path in filter(None, include.split(",")):
            top.grow(path.split("."), whole=True)
        for path in filter(None, fields.split(",")):
            *way, last = path.split(".")
            branch = top.grow(way, whole=False)
            if last not in branch.picks:
                branch.picks.append(last)
        return top

    def grow(self, way: Iterable[str], *, whole: bool) -> "Branch":
        branch = self
        for name in way:
            branch = branch.below.setdefault(name, Branch(whole, [], {}))
        return branch


def told_moment(value: Any) -> str:
    """As the database has it: without zeros at the end of its fraction."""
    moment = value.ToDatetime(UTC)
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}{fraction}+00:00"


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def paths(fields: str, include: str) -> list[str]:
    """The mask that asks for the same."""
    if not fields and not include:
        return []
    named = [path for path in fields.split(",") if path]
    return [*(named or ["*"]), *(f"{path}.*" for path in include.split(",") if path)]


def subject(resource: str, within: Within | None) -> str:
    return resource if within is None else within.resource + pascal(singular(within.relation))


def many(resource: str, within: Within | None) -> str:
    return pascal(plural(snake(subject(resource, within))))


def identify(request: Any, key: Any) -> None:
    if isinstance(key, Made):
        key = f"{{{key.name}.id}}"
    try:
        request.id = key
    except (TypeError, ValueError):
        try:
            request.id = int(key)
        except (TypeError, ValueError):
            if isinstance(request.id, int):
                _unsayable(f"the key {key!r}")
            request.id = str(key)


def below(request: Any, within: Within | None) -> None:
    if within is not None:
        setattr(request, f"{snake(within.resource)}_id", within.key)


def written(request: Any, how: How) -> None:
    request.validate_only = how.dry_run
    mask = paths(how.fields, how.include)
    if mask and "read_mask" not in request.DESCRIPTOR.fields_by_name:
        _unsayable("what to read of no row")
    if mask:
        request.read_mask.paths.extend(mask)


def refused(rpc: Rpc, error: grpc.aio.AioRpcError) -> Refused:
    """The problem that a status is (google.rpc.Status)."""
    trailer: Mapping[str, Any] = dict(error.trailing_metadata() or ())
    assert DETAILS in trailer, error
    status = status_pb2.Status.FromString(trailer[DETAILS])
    assert status.code == error.code().value[0]
    info, flaws = error_details_pb2.ErrorInfo(), []
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            flaws = [
                Flaw(item.reason.lower(), pointer(rpc, item.field), item.description)
                for item in bad.field_violations
            ]
    members = {name: member(value) for name, value in info.metadata.items()}
    said = json_format.MessageToJson(status, ensure_ascii=False)
    said = "\n".join((said, *(flaw.code for flaw in flaws)))
    return Refused(info.reason.lower(), tuple(flaws), members, said)


def member(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def pointer(rpc: Rpc, path: str) -> str:
    """The JSON Pointer to the same place in a body over HTTP."""
    tokens = path.replace("[", ".").replace("]", "").split(".")
    row = snake(rpc.resource.name) if rpc.resource is not None else ""
    match rpc.verb, tokens:
        case (Verb.CREATE | Verb.UPDATE, [first, *rest]) if first == row:
            return pointed(rest)
        case (Verb.BATCH_CREATE | Verb.BATCH_UPDATE, ["requests", index, *rest]):
            return pointed([index, *(rest[1:] if rest[:1] == [row] else rest)])
        case (Verb.BATCH, ["operations", index, kind, *rest]):
            inside = rest[1:] if kind.startswith(("create_", "update_")) and rest[1:] else rest
            return pointed(["operations", index, *(["path"] if rest == ["id"] else ["body", *inside])])
        case (Verb.CALL, _):
            return pointed(tokens)
    return path


def pointed(tokens: list[str]) -> str:
    return fragment("".join(f"/{t.replace('~', '~0').replace('/', '~1')}" for t in tokens))[1:]
