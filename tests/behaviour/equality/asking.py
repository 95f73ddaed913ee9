"""One ask over each protocol, and what each of them says to it, in the same words."""

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from tests.behaviour.clients import rest
from tests.behaviour.clients.base import Client, How, Refused, Row, Someone, Within
from tests.behaviour.clients.grpc import GrpcClient
from tests.behaviour.clients.rest import filters, given
from tests.behaviour.equality.drawn import Looking, Reading, Writing
from tests.behaviour.live.calls import Watched, calling
from tests.behaviour.live.sockets import joined
from tests.behaviour.serving import Served
from tests.behaviour.test_laws import plain

NOWHERE = "0199e0a0-0000-7000-8000-000000000000"
MADE = frozenset({"created_at", "updated_at"})
TRIAL = How(dry_run=True)


@dataclass(frozen=True)
class Denied:
    """A refusal: its code, and what is wrong with what."""

    code: str
    flaws: tuple[str, ...] = ()


Keys = Mapping[str, Sequence[str]]
"""The keys of the rows of each resource, in their order."""


def key_of(keys: Keys, resource: str, at: int) -> str:
    found = keys[resource]
    return found[at] if at < len(found) else NOWHERE


async def told(answer: Awaitable[Any]) -> Any:
    """An answer, or its refusal."""
    try:
        return await answer
    except Refused as refused:
        return denied(refused)


def denied(refused: Refused) -> Denied:
    return Denied(refused.code, tuple(sorted({flaw.code for flaw in refused.flaws})))


def within(reading: Reading, keys: Keys) -> Within | None:
    if reading.below is None:
        return None
    above, relation = {"Book": ("Shelf", "books"), "Remark": ("Book", "remarks")}[reading.resource]
    return Within(above, key_of(keys, above, reading.below), relation)


# -- reads -------------------------------------------------------------------------------------
async def pages(client: Client, reading: Reading, who: Someone | None, keys: Keys) -> Any:
    """The rows of each page, and how many there are."""
    page = await client.page(
        reading.resource, who, where=reading.where, search=reading.search, sort=reading.sort,
        limit=reading.limit, fields=reading.fields, include=reading.include, count=reading.count,
        within=within(reading, keys),
    )  # fmt: skip
    found = [(page.items, page.count)]
    while page.next is not None:
        page = await client.follow(page, who)
        found.append((page.items, page.count))
    return found


async def look(client: Client, looking: Looking, who: Someone | None, keys: Keys) -> Any:
    key = key_of(keys, looking.resource, looking.at)
    return await client.read(
        looking.resource, key, who, fields=looking.fields, include=looking.include
    )


async def shown(client: Client, asked: Reading | Looking, who: Someone | None, keys: Keys) -> Any:
    """What a read gives."""
    if isinstance(asked, Looking):
        return await look(client, asked, who, keys)
    return await pages(client, asked, who, keys)


def pictured(asked: Reading | Looking, fields: str, include: str) -> Reading | Looking:
    """The same with other fields and relations."""
    if isinstance(asked, Looking):
        return replace(asked, fields=fields, include=include)
    return replace(asked, fields=fields, include=include)


async def listed(client: Client, asked: Reading | Looking, who: Someone | None, keys: Keys) -> Any:
    """The rows by their keys: what who follows them is told at first."""
    if isinstance(asked, Looking):
        row = await look(client, asked, who, keys)
        return {key_of(keys, asked.resource, asked.at): row}
    whole = replace(asked, sort="", limit=None, count="")
    return {row["id"]: row for items, _ in await pages(client, whole, who, keys) for row in items}


async def watched(
    client: GrpcClient, asked: Reading | Looking, who: Someone | None, keys: Keys
) -> Any:
    """The same of a call over gRPC."""
    what = Watched(asked.resource, who, fields=asked.fields, include=asked.include)
    if isinstance(asked, Looking):
        what = replace(what, key=key_of(keys, asked.resource, asked.at))
    else:
        above = within(asked, keys)
        what = replace(what, where=asked.where, search=asked.search, within=above)
    async with calling(client, what) as call:
        return call.watcher.rows


async def followed(
    served: Served, asked: Reading | Looking, who: Someone | None, keys: Keys
) -> Any:
    """The same over WebSocket."""
    params = given({"fields": asked.fields, "include": asked.include})
    if isinstance(asked, Looking):
        path = rest.one(asked.resource, key_of(keys, asked.resource, asked.at), None)
    else:
        above = within(asked, keys)
        path = rest.top(asked.resource) if above is None else rest.below(above)
        params += filters(asked.where)
        params += [] if asked.search is None else [("search", asked.search)]
    async with joined(served, who) as socket:
        message = {"type": "subscribe", "id": "a", "path": f"{path}?{urlencode(params)}"}
        await socket.send(message)
        rows: dict[str, Row] = {}
        while (said := await socket.receive())["type"] != "ready":
            if said["type"] == "problem":
                problem = said["problem"]
                flaws = tuple(sorted({flaw["code"] for flaw in problem.get("flaws", ())}))
                return Denied(problem["code"], flaws)
            rows |= {row["key"]: row["row"] for row in said["rows"]}
        return rows


# -- writes ------------------------------------------------------------------------------------
def values_of(writing: Writing, keys: Keys) -> dict[str, Any]:
    """Values with the keys that places stand for."""
    targets = {"shelf_id": "Shelf", "book_id": "Book"}
    return {
        name: key_of(keys, targets[name], value)
        if name in targets and value is not None
        else plain(value)
        for name, value in writing.values.items()
    }


async def write(
    client: Client, writing: Writing, who: Someone | None, keys: Keys, how: How = TRIAL
) -> Any:
    """The row as it is after a write, but for what no two writes make the same."""
    key, values = key_of(keys, writing.resource, writing.at), values_of(writing, keys)
    match writing.what:
        case "create":
            row = await client.create(writing.resource, values, who, how=how)
            return {name: value for name, value in row.items() if name not in MADE | {"id"}}
        case "delete":
            return await client.delete(writing.resource, key, who, how=how)
        case "update" | "replace":
            whole = writing.what == "replace"
            row = await client.update(writing.resource, key, values, who, whole=whole, how=how)
        case command:
            row = await client.call(command, who, resource=writing.resource, key=key, how=how)
    return {name: value for name, value in row.items() if name not in MADE}


@dataclass(frozen=True)
class Protocols:
    """A client of each protocol, on one service."""

    served: Served
    clients: Mapping[str, Client]

    @property
    def grpc(self) -> GrpcClient:
        found = self.clients["grpc"]
        assert isinstance(found, GrpcClient)
        return found

    async def read(self, asked: Reading | Looking, who: Someone | None, keys: Keys) -> Any:
        """What all protocols say to a read."""
        found = {
            name: await told(shown(client, asked, who, keys))
            for name, client in self.clients.items()
        }
        first = await told(listed(self.clients["rest"], asked, who, keys))
        snapshots = {
            "rest": first,
            "websocket": await told(followed(self.served, asked, who, keys)),
            "watched over grpc": await told(watched(self.grpc, asked, who, keys)),
        }
        if not too_much(snapshots):
            agreed(snapshots)
        if isinstance(found["rest"], Denied) and found["rest"] != found["graphql"]:
            await self._excused(asked, who, keys, found["rest"], found.pop("graphql"))
        return agreed(found)

    async def _excused(
        self, asked: Reading | Looking, who: Someone | None, keys: Keys, rest: Denied, said: Any
    ) -> None:
        """What GraphQL says may be another thing in two ways. It has one schema for everybody: a
        field that an actor never sees is null and hidden, and not unknown. And rows below a row
        are part of that: those that nobody like this actor sees are none."""
        below = isinstance(asked, Reading) and asked.below is not None
        if below and rest.code in {"forbidden", "unauthenticated"}:
            assert isinstance(said, Denied) or not any(rows for rows, _ in said), (rest, said)
            return
        assert rest == Denied("unknown_parameter", ("unknown_field",)), (rest, said)
        fields = [one for one in asked.fields.split(",") if await self._known(asked, who, one, "")]
        include = [
            one for one in asked.include.split(",") if await self._known(asked, who, "", one)
        ]
        less = pictured(asked, ",".join(fields), ",".join(include))
        assert less != asked, (rest, said)
        again = await told(shown(self.clients["rest"], less, who, keys))
        assert said == again, (said, again)

    async def _known(
        self, asked: Reading | Looking, who: Someone | None, fields: str, include: str
    ) -> bool:
        """Whether a field or a relation is there for somebody."""
        alone = Reading(asked.resource, limit=1, fields=fields, include=include)
        said = await told(pages(self.clients["rest"], alone, who, {}))
        return bool(said != Denied("unknown_parameter", ("unknown_field",)))

    async def write(self, writing: Writing, who: Someone | None, keys: Keys) -> Any:
        """What all protocols say to a write. One that is denied is tried in earnest as well."""
        said = agreed(
            {
                name: await told(write(client, writing, who, keys))
                for name, client in self.clients.items()
            }
        )
        if isinstance(said, Denied):
            for name, client in self.clients.items():
                again = await told(write(client, writing, who, keys, How()))
                assert again == said, (name, again, said)
        return said


def too_much(said: Mapping[str, Any]) -> bool:
    """Whether it is more than can be followed: that is decided before who asks, and for all the
    rows of a list, where a page is bounded."""
    refused = Denied("too_complex", ("too_complex",))
    return bool(said["websocket"] == said["watched over grpc"] == refused)


def agreed(said: Mapping[str, Any]) -> Any:
    """What all say."""
    first, *others = said.values()
    assert all(other == first for other in others), said
    return first


async def connected(
    served: Served, protocols: Mapping[str, Any], closing: AsyncExitStack
) -> Protocols:
    clients = {
        name: await closing.enter_async_context(connect(served))
        for name, connect in protocols.items()
    }
    return Protocols(served, clients)
