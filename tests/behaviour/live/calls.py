"""Calls over gRPC that are told of changes: they keep what they are told, and refuse what makes no
sense, as all watchers of the tests do."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio

from charter.plan.news import Kind, Shown
from charter.wire.grpc.shape import Rpc
from tests.behaviour.clients.base import Refused, Someone, Where, Within
from tests.behaviour.clients.grpc import GrpcClient, below, many, paths, refused
from tests.behaviour.live.watching import Watcher

KINDS = (None, None, Kind.CREATED, Kind.UPDATED, Kind.REMOVED)
SNAPSHOT = 1


@dataclass(frozen=True)
class Watched:
    """What is watched of a contract, and as whom."""

    resource: str
    who: Someone | None = None
    where: Where | None = None
    fields: str = ""
    include: str = ""
    key: Any = None
    within: Within | None = None
    search: str | None = None

    async def fresh(self, client: GrpcClient) -> dict[str, Any]:
        """The rows by their keys, as a list shows them."""
        page = await client.page(
            self.resource, self.who, where=self.where, limit=200, fields=self.fields,
            include=self.include, within=self.within, search=self.search,
        )  # fmt: skip
        assert page.next is None
        return {row["id"]: row for row in page.items}


@dataclass
class Calling:
    """A call under way. `take` reads its messages while it goes on."""

    watched: Watched
    client: GrpcClient
    rpc: Rpc
    call: Any
    watcher: Watcher = field(default_factory=Watcher)
    resets: list[str] = field(default_factory=list)
    refused: Refused | None = None

    async def take(self) -> None:
        try:
            async for message in self.call:
                self.tell(message)
        except asyncio.CancelledError:
            if not self.call.cancelled():
                raise
        except grpc.aio.AioRpcError as error:
            self.refused = refused(self.rpc, error)

    def tell(self, message: Any) -> None:
        watcher, watched = self.watcher, self.watched
        watcher.messages += 1
        if message.reset:
            self.resets.append(message.reset)
            watcher.rows, watcher.tags = {}, {}
        for change in message.changes:
            row = None
            if change.HasField("row"):
                shown = self.client.shapes.row(
                    watched.resource, change.row, watched.fields, watched.include
                )
                row = Shown(change.key, change.tag, json.dumps(shown))
            if change.kind == SNAPSHOT:
                assert row is not None
                assert change.key not in watcher.rows
                watcher.rows[row.key], watcher.tags[row.key] = json.loads(row.body), row.tag
            else:
                kind = KINDS[change.kind]
                assert kind is not None
                watcher._take(kind, change.key, row)
        watcher.position = message.position or watcher.position
        watcher.ready += message.ready

    async def until_ready(self) -> "Calling":
        await self.watcher.until(lambda: bool(self.watcher.ready) or self.refused is not None)
        if self.refused is not None:
            raise self.refused
        return self

    async def agrees(self) -> None:
        """Wait until it has been told what a read shows."""
        fresh = await self.watched.fresh(self.client)
        await self.watcher.until(lambda: self.watcher.rows == fresh)


def begin(client: GrpcClient, watched: Watched, **more: Any) -> Calling:
    """Begin a call. `more` are further fields of its request; `have` is a mapping."""
    rpc = client.rpc("Watch" + many(watched.resource, watched.within))
    have, seconds = more.pop("have", None), more.pop("timeout", None)
    metadata = more.pop("metadata", client.metadata(watched.who))
    request = client.shapes.message(rpc.request, **more)
    below(request, watched.within)
    if watched.search is not None:
        request.search = watched.search
    if have is not None:
        request.have.SetInParent()
        for key, tag in have.items():
            request.have.rows.add(key=key, **({} if tag is None else {"tag": tag}))
    if watched.key is not None:
        request.id = watched.key
    if watched.where is not None:
        request.filter.MergeFromString(client.shapes.filter(watched.where).SerializeToString())
    request.read_mask.paths.extend(paths(watched.fields, watched.include))
    answer = client.parser.messages.of(rpc.response).FromString
    streaming: Any = client.channel.unary_stream(rpc.path, None, answer)
    call = streaming(request.SerializeToString(), metadata=metadata, timeout=seconds)
    return Calling(watched, client, rpc, call)


@asynccontextmanager
async def calling(client: GrpcClient, watched: Watched, **more: Any) -> AsyncIterator[Calling]:
    """A call whose messages are read, until the block ends."""
    found = begin(client, watched, **more)
    task = asyncio.create_task(found.take())
    try:
        yield await found.until_ready()
    finally:
        found.call.cancel()
        await task
