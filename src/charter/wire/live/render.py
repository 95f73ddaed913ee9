"""From news to messages. Bodies of rows are passed through as the database made them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from charter.core.problems import Code, Problem
from charter.plan.news import Change, Changes, Ended, News, Reached, Rows, Shown
from charter.wire.live.closing import close_code
from charter.wire.rest.problems import details
from charter.wire.rest.settings import RestSettings

MOST_CHARACTERS = 262_144
"""Characters of bodies after which another message begins."""
PING, PONG = '{"type":"ping"}', '{"type":"pong"}'


class Renderer:
    """Writes messages. It keeps the last changes that it wrote: they go to many subscribers."""

    def __init__(self, settings: RestSettings) -> None:
        self._settings = settings
        self._last: Changes | None = None
        self._tails: tuple[str, ...] = ()

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

    def closing(self, problem: Problem) -> str:
        """The last message of a connection, with the code of the close frame that follows."""
        said = details(problem, self._settings)
        code = close_code(problem.code)
        return _text({"type": "closing", "code": code, "problem": said})

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
                yield _event(change.kind.value, _event_row(change), at)
        case Rows(rows=rows, reset=reset, position=position):
            if reset is not None:
                yield _event("reset", _text(_reset(reset)))
            for row in rows:
                yield _event("snapshot", _row(row))
        case Reached(position=position, ready=ready):
            yield _event("ready" if ready else "position", "{}", position)
        case Ended(problem=problem):
            yield _event("ended", _text(details(problem, settings)))


def _event(kind: str, data: str, position: str | None = None) -> str:
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
    some: list[str] = []
    size = 0
    for text in texts:
        if some and size + len(text) > MOST_CHARACTERS:
            yield ",".join(some)
            some, size = [], 0
        some.append(text)
        size += len(text)
    if some:
        yield ",".join(some)


def _text(members: Mapping[str, Any]) -> str:
    return msgspec.json.encode(members).decode()
