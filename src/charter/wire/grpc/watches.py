"""Watching rows: from a request to what its client has already, and from news to messages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from charter.plan.news import Change, Changes, News, Reached, Rows, Shown
from charter.wire.grpc.common import CHANGE_KINDS, SNAPSHOT
from charter.wire.grpc.render import Renderer, filler
from charter.wire.grpc.rows import FillRow
from charter.wire.grpc.shape import Rpc
from charter.wire.rest.call import Call

MOST_CHARACTERS = 262_144
"""Characters of bodies after which another message begins: clients take 4 MiB of one."""
_row = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Watched:
    """A call that watches. `have` has a tag, or None, for each key that the client has."""

    call: Call
    have: Mapping[str, str | None] | None
    after: str | None


def watched(call: Call, message: Any) -> Watched:
    """What a request says of its client."""
    have = None
    if message.HasField("have"):
        rows = message.have.rows
        have = {row.key: row.tag if row.HasField("tag") else None for row in rows}
    return Watched(call, have, message.after if message.HasField("after") else None)


class Telling:
    """Writes the messages of news. The last changes that it wrote are kept: they go to many."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._last: tuple[Changes, str, FillRow] | None = None
        self._messages: tuple[bytes, ...] = ()

    def news(self, rpc: Rpc, call: Call, news: News) -> Iterator[bytes]:
        """The messages that tell a call some news, made as they are asked for. The end is none:
        it is told by a status."""
        match news:
            case Changes(resumed=True):
                yield from self._changes(rpc, news, filler(self._renderer, call))
            case Changes():
                yield from self._shared(rpc, news, filler(self._renderer, call))
            case Rows(rows=rows, reset=reset):
                if reset is not None:
                    yield self._message(rpc, reset=reset.name.upper())
                for part in _parts([(row, SNAPSHOT, row.key) for row in rows]):
                    yield self._message(rpc, changes=_told(part, filler(self._renderer, call)))
            case Reached(position=position, ready=ready):
                yield self._message(rpc, position=position, ready=ready)

    def _shared(self, rpc: Rpc, news: Changes, fill: FillRow) -> Sequence[bytes]:
        """Subscribers of one view are told one after the other, and see the same; but what each
        asked for and may not see is told too, and may differ."""
        last = self._last
        if last is None or last[0] is not news or last[1:] != (rpc.path, fill):
            self._messages = tuple(self._changes(rpc, news, fill))
            self._last = news, rpc.path, fill
        return self._messages

    def _changes(self, rpc: Rpc, news: Changes, fill: FillRow) -> Iterator[bytes]:
        """Only the last of several messages has the position: who misses one comes back to where
        it was before the first."""
        parts = list(_parts([_change(change) for change in news.changes]))
        for place, part in enumerate(parts, 1):
            position = news.position if place == len(parts) else ""
            yield self._message(rpc, changes=_told(part, fill), position=position)

    def _message(self, rpc: Rpc, **values: Any) -> bytes:
        data: bytes = self._renderer.messages.of(rpc.response)(**values).SerializeToString()
        return data


_Told = tuple[Shown | None, int, str]
"""A row, what became of it, and its key."""


def _change(change: Change) -> _Told:
    return change.row, CHANGE_KINDS[change.kind], change.key


def _told(part: Sequence[_Told], fill: FillRow) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row, kind, key in part:
        told: dict[str, Any] = {"kind": kind, "key": key}
        if row is not None:
            told |= {"tag": row.tag, "row": fill(_row(row.body))}
        found.append(told)
    return found


def _parts(told: Sequence[_Told]) -> Iterator[Sequence[_Told]]:
    """What is told, some at a time."""
    some: list[_Told] = []
    size = 0
    for one in told:
        more = len(one[2]) + (0 if one[0] is None else len(one[0].body))
        if some and size + more > MOST_CHARACTERS:
            yield some
            some, size = [], 0
        some.append(one)
        size += more
    if some:
        yield some
