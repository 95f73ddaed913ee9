"""WebSocket clients of the tests, on the app without a network between them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

from tests.behaviour.clients.base import Someone
from tests.behaviour.serving import token
from tests.support.websocket import Closed, Declined

SECONDS = 10.0
ENDED = {"type": "websocket.close", "code": 1006}
"""What a server makes of an app that has ended without a word."""


class Serving(Protocol):
    """Whatever has an ASGI app."""

    @property
    def app(self) -> Any: ...


class AsgiSocket:
    """One WebSocket connection. While it is `slow`, the server's messages are not taken."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self.got: asyncio.Queue[Any] = asyncio.Queue()
        self.takes = asyncio.Event()
        self.takes.set()
        self.subprotocol: str | None = None

    async def send(self, message: Any) -> None:
        await self.text(json.dumps(message))

    async def text(self, text: str | bytes) -> None:
        kind = "text" if isinstance(text, str) else "bytes"
        await self.sent.put({"type": "websocket.receive", kind: text})

    async def receive(self) -> Any:
        """The next message. Raises Closed."""
        async with asyncio.timeout(SECONDS):
            message = await self.got.get()
        if message["type"] == "websocket.close":
            raise Closed(message["code"], message.get("reason", ""))
        return json.loads(message["text"])

    async def until(self, kind: str) -> list[Any]:
        """All messages up to one of a kind."""
        found: list[Any] = []
        while not found or found[-1]["type"] != kind:
            found.append(await self.receive())
        return found

    async def ending(self) -> tuple[str, int]:
        """The code that is said last, and that of the close frame."""
        said = ""
        try:
            while True:
                message = await self.receive()
                if message["type"] == "closing":
                    said = message["problem"]["code"]
        except Closed as closed:
            return said, closed.code or 0

    async def _take(self, message: Any) -> None:
        await self.takes.wait()
        await self.got.put(message)


@asynccontextmanager
async def opened(
    served: Serving, headers: Mapping[str, str] | None = None, path: str = "/v1/live"
) -> AsyncIterator[AsgiSocket]:
    """A connection. Raises Declined."""
    socket = AsgiSocket()
    fields: dict[str, str] = {"host": "studio", **(headers or {})}
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "path": path, "query_string": b"",
        "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
    }  # fmt: skip
    await socket.sent.put({"type": "websocket.connect"})
    task = asyncio.ensure_future(served.app(scope, socket.sent.get, socket._take))
    task.add_done_callback(lambda _: socket.got.put_nowait(ENDED))
    try:
        async with asyncio.timeout(SECONDS):
            first = await socket.got.get()
        if first["type"] != "websocket.accept":
            raise Declined(first["code"])
        socket.subprotocol = first["subprotocol"]
        yield socket
    finally:
        await socket.sent.put({"type": "websocket.disconnect", "code": 1005})
        socket.takes.set()
        async with asyncio.timeout(SECONDS):
            await task


@asynccontextmanager
async def joined(served: Serving, someone: Someone | None = None) -> AsyncIterator[AsgiSocket]:
    """A connection that has said who it is."""
    async with opened(served) as socket:
        message = {"type": "connect"}
        if someone is not None:
            message["token"] = token(someone)
        await socket.send(message)
        assert (await socket.receive())["type"] == "connected"
        yield socket
