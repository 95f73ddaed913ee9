"""The gRPC client: intents as messages, over a connection on the loopback address."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2

from charter.core.names import pascal, plural, snake
from charter.plan.spelling import input_name, singular
from charter.wire.grpc.members import Slot, input_slots
from charter.wire.grpc.names import plural_of
from charter.wire.grpc.parse import Parser
from charter.wire.grpc.problems import DETAILS
from charter.wire.grpc.shape import Rpc, Verb
from charter.wire.rest.problems import fragment
from tests.behaviour.clients.base import (
    PLAIN,
    Actor,
    Flaw,
    How,
    Made,
    Page,
    Refused,
    Row,
    Step,
    Values,
    Where,
    Within,
)
from tests.behaviour.clients.messages import Shapes, unsayable
from tests.behaviour.serving import Served, token

_NULL = 11
_COUNTS = {"": 0, "exact": 1, "estimated": 2}


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
    return GrpcClient(
        channel, server.parser, Shapes(served.contract, server.parser.messages), token
    )


@dataclass(frozen=True)
class GrpcClient:
    """Speaks gRPC. `send` gives the bare answer, for what only gRPC has."""

    channel: grpc.aio.Channel
    parser: Parser
    shapes: Shapes
    token: Callable[[Any], str]

    def rpc(self, name: str) -> Rpc:
        found = next((rpc for rpc in self.parser.rpcs.values() if rpc.name == name), None)
        return found or unsayable(f"{name}: there is no such method")

    def metadata(self, actor: Actor, once: str | None = None) -> list[tuple[str, str]]:
        sent = [] if actor is None else [("authorization", f"Bearer {self.token(actor)}")]
        return sent if once is None else [*sent, ("idempotency-key", once)]

    async def send(
        self, rpc: Rpc, request: Any, actor: Actor = None, *, once: str | None = None,
        seconds: float | None = None,
    ) -> Any:  # fmt: skip
        raw = request if isinstance(request, bytes) else request.SerializeToString()
        answer = self.parser.messages.of(rpc.response).FromString
        metadata = self.metadata(actor, once)
        try:
            if rpc.verb is Verb.STREAM:
                streaming: Any = self.channel.unary_stream(rpc.path, None, answer)
                return [row async for row in streaming(raw, metadata=metadata, timeout=seconds)]
            unary: Any = self.channel.unary_unary(rpc.path, None, answer)
            return await unary(raw, metadata=metadata, timeout=seconds)
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
        return self.shapes.row(self.shown(rpc), answer, how.fields, how.include)

    def shown(self, rpc: Rpc) -> str:
        assert rpc.resource is not None
        return rpc.resource.name

    def creating(self, rpc: Rpc, resource: str, values: Values) -> Any:
        request = self.shapes.message(rpc.request)
        shown = self.shown(rpc)
        self.shapes.fill(getattr(request, snake(shown)), shown, values)
        return request

    async def create_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        rpc, one = self.rpc(f"BatchCreate{plural_of(resource)}"), self.rpc(f"Create{resource}")
        request = self.shapes.message(rpc.request)
        request.requests.extend(self.creating(one, resource, row) for row in rows)
        written(request, how)
        answer = await self.send(rpc, request, actor, once=how.once)
        return [self.shapes.row(resource, item, how.fields, how.include) for item in answer.items]

    async def read(
        self, resource: str, key: Any, actor: Actor = None, *, fields: str = "",
        include: str = "", within: Within | None = None,
    ) -> Row:  # fmt: skip
        rpc = self.rpc("Get" + subject(resource, within))
        request = self.shapes.message(rpc.request)
        identify(request, key)
        request.read_mask.paths.extend(paths(fields, include))
        below(request, within)
        answer = await self.send(rpc, request, actor)
        return self.shapes.row(self.shown(rpc), answer, fields, include)

    async def page(
        self, resource: str, actor: Actor = None, *, where: Where | None = None,
        search: str | None = None, sort: str = "", limit: int | None = None, fields: str = "",
        include: str = "", count: str = "", within: Within | None = None,
    ) -> Page:  # fmt: skip
        rpc = self.rpc("List" + many(resource, within))
        request = self.shapes.message(rpc.request, order_by=sort, count=_COUNTS.get(count, 99))
        if limit is not None:
            request.page_size = -1 if limit == 0 else limit
        if search is not None:
            request.search = search
        if where is not None:
            request.filter.MergeFromString(self.shapes.filter(where).SerializeToString())
        request.read_mask.paths.extend(paths(fields, include))
        below(request, within)
        return await self.listed(rpc, request, actor, fields, include)

    async def listed(self, rpc: Rpc, request: Any, actor: Actor, fields: str, include: str) -> Page:
        answer = await self.send(rpc, request, actor)
        items = [self.shapes.row(self.shown(rpc), item, fields, include) for item in answer.items]
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
        request = self.shapes.message(rpc.request, measures=measures.split(","), order_by=sort)
        request.group_by.extend(filter(None, group.split(",")))
        if where is not None:
            request.filter.MergeFromString(self.shapes.filter(where).SerializeToString())
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
        return self.shapes.row(self.shown(rpc), answer, how.fields, how.include)

    def updating(
        self, rpc: Rpc, key: Any, values: Values, version: int | None, *, whole: bool = False
    ) -> Any:
        request = self.shapes.message(rpc.request)
        shown = self.shown(rpc)
        identify(request, key)
        if version is not None:
            request.version = version
        row = getattr(request, snake(shown))
        self.shapes.fill(row, shown, values)
        request.update_mask.paths.extend(["*"] if whole else values)
        return request

    async def update_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        rpc, one = self.rpc(f"BatchUpdate{plural_of(resource)}"), self.rpc(f"Update{resource}")
        request = self.shapes.message(rpc.request)
        for row in rows:
            rest = {name: value for name, value in row.items() if name not in {"id", "version"}}
            request.requests.append(self.updating(one, row.get("id", ""), rest, row.get("version")))
        written(request, how)
        answer = await self.send(rpc, request, actor, once=how.once)
        return [self.shapes.row(resource, item, how.fields, how.include) for item in answer.items]

    async def delete(
        self, resource: str, key: Any, actor: Actor = None, *, version: int | None = None,
        how: How = PLAIN, within: Within | None = None,
    ) -> None:  # fmt: skip
        rpc = self.rpc("Delete" + subject(resource, within))
        request = self.shapes.message(rpc.request, validate_only=how.dry_run)
        identify(request, key)
        if version is not None:
            request.version = version
        below(request, within)
        await self.send(rpc, request, actor, once=how.once)

    async def delete_all(
        self, resource: str, keys: Sequence[Any], actor: Actor = None, *, how: How = PLAIN
    ) -> None:
        rpc = self.rpc("BatchDelete" + plural_of(resource))
        request = self.shapes.message(rpc.request, validate_only=how.dry_run)
        try:
            request.ids.extend(keys)
        except TypeError:
            unsayable(f"the keys {keys}")
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
        request = self.shapes.message(rpc.request)
        if key is not None:
            identify(request, key)
        if version is not None:
            request.version = version
        slots = {slot.name: slot for slot in input_slots(rpc.command)}
        required = {input_name(item): item.required for item in rpc.command.inputs}
        for name, value in inputs.items():
            if name not in slots:
                unsayable(f"the input {name}")
            elif value is not None:
                self.shapes.put(request, slots[name], value)
            elif required[name]:
                unsayable(f"null as {name}")
        return request

    def returned(self, rpc: Rpc, answer: Any, how: How) -> Any:
        assert rpc.command is not None
        result = rpc.command.result

        if result.resource is not None and result.many:
            resource = result.resource
            return [
                self.shapes.row(resource, item, how.fields, how.include) for item in answer.items
            ]
        if result.resource is not None:
            return self.shapes.row(result.resource, answer, how.fields, how.include)
        if result.type is None:
            return None
        slot = Slot("value", result.type, many=result.many or result.type.many)
        return self.shapes.value(slot, answer)

    async def batch(
        self, steps: Sequence[Step], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row | None]:
        rpc = self.rpc("Batch")
        request = self.shapes.message(rpc.request, validate_only=how.dry_run)
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
            made = self.shapes.message(rpc.request)
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
        resource = next(
            one.name for one in self.shapes.contract.resources if snake(one.name) == kind
        )
        return self.shapes.row(resource, getattr(item, kind), "", "")

    async def export(
        self, resource: str, actor: Actor = None, *, where: Where | None = None, sort: str = ""
    ) -> list[Row]:
        rpc = self.rpc("Stream" + plural_of(resource))
        request = self.shapes.message(rpc.request, order_by=sort)
        if where is not None:
            request.filter.MergeFromString(self.shapes.filter(where).SerializeToString())
        return [
            self.shapes.row(resource, item, "", "") for item in await self.send(rpc, request, actor)
        ]


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
                unsayable(f"the key {key!r}")
            request.id = str(key)


def below(request: Any, within: Within | None) -> None:
    if within is not None:
        setattr(request, f"{snake(within.resource)}_id", within.key)


def written(request: Any, how: How) -> None:
    request.validate_only = how.dry_run
    mask = paths(how.fields, how.include)
    if mask and "read_mask" not in request.DESCRIPTOR.fields_by_name:
        unsayable("what to read of no row")
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
            return pointed(
                ["operations", index, *(["path"] if rest == ["id"] else ["body", *inside])]
            )
        case (Verb.CALL, _):
            return pointed(tokens)
    return path


def pointed(tokens: list[str]) -> str:
    return fragment("".join(f"/{t.replace('~', '~0').replace('/', '~1')}" for t in tokens))[1:]
