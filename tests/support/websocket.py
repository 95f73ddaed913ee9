"""A small WebSocket client (RFC 6455) on a bare connection: it can also be rude."""

import asyncio
import base64
import json
import os
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
SECONDS = 20.0


class Closed(Exception):
    """The server has closed the connection, with this code (None: with none)."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code


class Declined(Exception):
    """The server has not taken the connection."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class WebSocket:
    """One connection. Texts are JSON."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.subprotocol: str | None = None

    async def send(self, message: Any) -> None:
        await self.frame(TEXT, json.dumps(message).encode())

    async def frame(self, opcode: int, data: bytes, *, last: bool = True) -> None:
        """Send one frame as it is."""
        head = bytes([(0x80 if last else 0) | opcode])
        size = len(data)
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65_536:
            head += bytes([0xFE]) + struct.pack(">H", size)
        else:
            head += bytes([0xFF]) + struct.pack(">Q", size)
        mask = os.urandom(4)
        words = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(words, "big")).to_bytes(size, "big")
        self.writer.write(head + mask + masked)
        await self.writer.drain()

    async def receive(self) -> Any:
        """The next message that is no sign of life. Raises Closed, also where the connection is
        lost."""
        while True:
            message = await self._text()
            if message.get("type") != "ping":
                return message
            await self.send({"type": "pong"})

    async def until(self, kind: str) -> list[Any]:
        """All messages up to one of a kind."""
        found: list[Any] = []
        while not found or found[-1]["type"] != kind:
            found.append(await self.receive())
        return found

    async def _text(self) -> Any:
        async with asyncio.timeout(SECONDS):
            try:
                opcode, data = await self._frame()
                while opcode in {PING, PONG}:
                    opcode, data = await self._frame()
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise Closed(None, "lost") from error
        if opcode == CLOSE:
            code = struct.unpack(">H", data[:2])[0] if data else None
            raise Closed(code, data[2:].decode())
        return json.loads(data)

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack(">H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", await self.reader.readexactly(8))
        return first & 0x0F, await self.reader.readexactly(size)


@asynccontextmanager
async def connected(
    port: int, path: str = "/v1/live", headers: Mapping[str, str] | None = None
) -> AsyncIterator[WebSocket]:
    """A connection to a port of this machine. Raises Declined."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 26)
    try:
        socket = WebSocket(reader, writer)
        fields = {
            "host": f"127.0.0.1:{port}", "upgrade": "websocket", "connection": "Upgrade",
            "sec-websocket-key": base64.b64encode(os.urandom(16)).decode(),
            "sec-websocket-version": "13", **(headers or {}),
        }  # fmt: skip
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split()[1])
        if status != 101:
            raise Declined(status)
        for line in head.split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "sec-websocket-protocol":
                socket.subprotocol = value.strip()
        yield socket
    finally:
        writer.close()
