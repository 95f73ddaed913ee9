"""Changes as they happen, over server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, Literal

import httpx2

from .http import Call, Http, Unreachable
from .rows import R, attributes, row_of

SILENCE: Final = 90.0
"""Seconds without a sign of life after which a connection counts as lost."""


@dataclass(frozen=True)
class Changed(Generic[R]):
    """A row came into the view, or is another now."""

    kind: Literal["created", "updated"]
    key: Any
    row: R


@dataclass(frozen=True)
class Removed:
    """A row fell out of the view."""

    key: Any


@dataclass(frozen=True)
class Ready:
    """Everything until now has been told: at the beginning, and after a lost connection."""


Change = Changed[R] | Removed | Ready


@dataclass(frozen=True)
class _Event:
    kind: str
    data: Any
    id: str | None


class _View(Generic[R]):
    """What has been told of a view: it turns events into changes, each of them told once."""

    def __init__(self, row: type[R]) -> None:
        self._row = row
        self._key = attributes(row)["id"][1]
        self._tags: dict[Any, str] = {}
        self._fresh: set[Any] | None = None
        self.position: str | None = None

    def connected(self) -> None:
        if self.position is None:
            self._fresh = set()

    def tell(self, event: _Event) -> list[Change[R]]:
        """The changes that an event comes to."""
        if event.id is not None:
            self.position = event.id
        match event.kind:
            case "reset":
                self.position, self._fresh = None, set()
            case "snapshot" | "created" | "updated":
                return self._changed(event.data)
            case "removed":
                return self._removed(event.data["key"])
            case "ready":
                return self._ready()
        return []

    def _changed(self, data: Mapping[str, Any]) -> list[Change[R]]:
        key, tag = data["key"], data["tag"]
        if self._fresh is not None:
            self._fresh.add(key)
        known = self._tags.get(key)
        if known == tag:
            return []
        self._tags[key] = tag
        row = row_of(self._row, data["row"])
        return [Changed("created" if known is None else "updated", self._key(key), row)]

    def _removed(self, key: Any) -> list[Change[R]]:
        return [] if self._tags.pop(key, None) is None else [Removed(self._key(key))]

    def _ready(self) -> list[Change[R]]:
        gone = (
            []
            if self._fresh is None
            else [key for key in self._tags if key not in self._fresh]
        )
        self._fresh = None
        return [*(change for key in gone for change in self._removed(key)), Ready()]


async def follow(http: Http, call: Call, row: type[R]) -> AsyncIterator[Change[R]]:
    """The rows of a list or a single row, then their changes, for as long as it is read.

    A lost connection is made again, and nothing is told twice or left out: what changed in
    between comes as changes. Raises Problem where the service refuses.
    """
    view, failures = _View(row), 0
    while True:
        try:
            async with http.stream(
                _subscribed(call, view.position), silence=SILENCE
            ) as answer:
                view.connected()
                async for event in _events(answer):
                    for change in view.tell(event):
                        failures = 0
                        yield change
        except (httpx2.TransportError, Unreachable):
            pass
        await asyncio.sleep(http.retries.wait(failures))
        failures += 1


def _subscribed(call: Call, position: str | None) -> Call:
    headers = {"accept": "text/event-stream"}
    if position is not None:
        headers["last-event-id"] = position
    return replace(call, headers=headers)


async def _events(answer: Any) -> AsyncIterator[_Event]:
    """The events of a stream (WHATWG HTML, section 9.2)."""
    kind, data, position = "", "", None
    async for line in answer.aiter_lines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data += value
        elif name == "id":
            position = value
        elif not line and kind:
            yield _Event(kind, json.loads(data or "null"), position)
            kind, data, position = "", "", None
