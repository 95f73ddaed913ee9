"""From news to messages. Bodies of rows are passed through as the database made them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from charter.core import codes
from charter.core.livecodes import TOO_SLOW
from charter.core.problems import Code, Problem
from charter.plan.news import Change, Changes, Ended, News, Reached, Rows, Shown
from charter.wire.live.closing import close_code
from charter.wire.live.messages import SUBPROTOCOL, read_message
from charter.wire.live.speech import Ending
from charter.wire.rest.headers import KEEP_NOT, SAFE, Headers
from charter.wire.rest.problems import details
from charter.wire.rest.settings import RestSettings

T = TypeVar("T")

MOST_CHARACTERS = 262_144
"""Characters of bodies after which another message begins."""
EVENTS = "text/event-stream"
EVENT_HEADERS: Headers = (
    ("content-type", EVENTS),
    KEEP_NOT,
    ("x-accel-buffering", "no"),
    *SAFE,
)


class Renderer:
    """How `charter.live.v1` says things. It keeps the last changes that it wrote: they go to many
    subscribers."""

    subprotocol = SUBPROTOCOL
    required = eager = False
    ping, pong = '{"type":"ping"}', '{"type":"pong"}'

    def __init__(self, settings: RestSettings) -> None:
        self._settings = settings
        self._last: Changes | None = None
        self._tails: tuple[str, ...] = ()

    def read(self, text: str | bytes) -> Any:
        return read_message(text)

    def connected(self, heartbeat: float) -> str:
        return _text({"type": "connected", "heartbeat": heartbeat})

    def news(self, name: str, news: News) -> Iterator[str]:
        """The messages that tell a subscription some news, made as they are asked for."""
        label = json.dumps(name)
        match news:
            case Changes(resumed=True):
                yield from (f'{{"type":"changes","id":{label},{tail}' for tail in _tails(news))
            case Changes():
                if news is not self._last:
                    self._last, self._tails = news, tuple(_tails(news))
                for tail in self._tails:
                    yield f'{{"type":"changes","id":{label},{tail}'
            case Rows():
                yield from self._rows(label, news)
            case Reached(position=position, ready=ready):
                kind = "ready" if ready else "position"
                yield f'{{"type":"{kind}","id":{label},"position":"{position}"}}'
            case Ended(problem=problem):
                yield self.problem(problem, name, kind="ended")

    def problem(self, problem: Problem, name: str | None = None, kind: str = "problem") -> str:
        """A problem: of a subscription (which `ended`, or never began), or of the connection."""
        members: dict[str, Any] = {"type": kind}
        if name is not None:
            members["id"] = name
        members["problem"] = details(problem, self._settings)
        return _text(members)

    def ending(self, problem: Problem) -> Ending:
        """The last message of a connection has the code of the close frame that follows. Who reads
        too slowly would not come to it."""
        code, name = close_code(problem.code), problem.code.name
        said = {"type": "closing", "code": code, "problem": details(problem, self._settings)}
        return Ending(None if problem.code is TOO_SLOW else _text(said), code, name)

    def taken(self, name: str) -> Problem:
        return Problem(codes.INVALID_VALUES, f"There is a subscription {name!r} already.")

    def _rows(self, label: str, news: Rows) -> Iterator[str]:
        if news.reset is not None:
            yield f'{{"type":"reset","id":{label},"code":"{news.reset.name}"}}'
        for part in _parts([_row(row) for row in news.rows]):
            yield f'{{"type":"snapshot","id":{label},"rows":[{part}]}}'


def events(news: News, settings: RestSettings) -> Iterator[str]:
    """The same as server-sent events (WHATWG HTML, section 9.2): their `id` is the position,
    which a browser sends again when it comes back."""
    match news:
        case Changes(changes=changes, position=position):
            for place, change in enumerate(changes, 1):
                at = position if place == len(changes) else None
                yield event(change.kind.value, _event_row(change), at)
        case Rows(rows=rows, reset=reset, position=position):
            if reset is not None:
                yield event("reset", _text(_reset(reset)))
            for row in rows:
                yield event("snapshot", _row(row))
        case Reached(position=position, ready=ready):
            yield event("ready" if ready else "position", "{}", position)
        case Ended(problem=problem):
            yield event("ended", _text(details(problem, settings)))


def event(kind: str, data: str, position: str | None = None) -> str:
    """One server-sent event."""
    at = "" if position is None else f"id: {position}\n"
    # JSON has no raw line ends inside.
    return f"{at}event: {kind}\ndata: {data}\n\n"


def _reset(code: Code) -> Mapping[str, str]:
    return {"code": code.name}


def _event_row(change: Change) -> str:
    return _text({"key": change.key}) if change.row is None else _row(change.row)


def _row(row: Shown) -> str:
    return f'{{"key":{json.dumps(row.key)},"tag":"{row.tag}","row":{row.body}}}'


def _change(change: Change) -> str:
    kind = change.kind.value
    if change.row is None:
        return f'{{"kind":"{kind}","key":{json.dumps(change.key)}}}'
    return f'{{"kind":"{kind}",{_row(change.row)[1:]}'


def _tails(news: Changes) -> Iterator[str]:
    """What follows the name of the subscription: only the last message has the position, so who
    misses one comes back to where it was before the first."""
    parts = list(_parts([_change(change) for change in news.changes]))
    for part in parts[:-1]:
        yield f'"changes":[{part}]}}'
    for part in parts[-1:]:
        yield f'"position":"{news.position}","changes":[{part}]}}'


def _parts(texts: Sequence[str]) -> Iterator[str]:
    """The texts with commas between them, some at a time."""
    return (",".join(some) for some in gathered(texts, len))


def gathered(items: Iterable[T], size_of: Callable[[T], int]) -> Iterator[list[T]]:
    """The items in their order, as many at a time as make a message of a good size."""
    some: list[T] = []
    size = 0
    for item in items:
        if some and size + size_of(item) > MOST_CHARACTERS:
            yield some
            some, size = [], 0
        some.append(item)
        size += size_of(item)
    if some:
        yield some


def _text(members: Mapping[str, Any]) -> str:
    return msgspec.json.encode(members).decode()
