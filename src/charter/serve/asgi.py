"""The app as an ASGI 3 application: for mounting in other apps, for other servers, for tests."""

import os
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from charter.contract.contract import Contract
from charter.core.recent import Recent
from charter.core.signals import Listener
from charter.language.contract import Contract as Draft
from charter.language.load import load_contract
from charter.serve.process import Process
from charter.serve.settings.configure import configure
from charter.serve.settings.model import Settings
from charter.serve.web.app import App
from charter.serve.web.limits import too_large
from charter.serve.web.link import Gone, Headers
from charter.serve.web.rsgi import joined
from charter.wire.http import Request, Response

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_PATH_SAFE = "/-._~!$&'()*+,;=:@"
_MOST_ROOTS = 16


class AsgiLink:
    """One ASGI exchange as a link."""

    __slots__ = ("_receive", "_send")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def read(self, most: int, length: int | None) -> bytes:
        chunks, size, more = [], 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Gone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise too_large(most)
            chunks.append(chunk)
            more = message.get("more_body", False)
        if length is not None and size != length:
            raise Gone
        return b"".join(chunks)

    async def send(self, status: int, headers: Headers, body: bytes) -> None:
        await self._begin(status, headers)
        await self._send({"type": "http.response.body", "body": body})

    async def stream(self, status: int, headers: Headers) -> Callable[[bytes], Awaitable[None]]:
        await self._begin(status, headers)
        return self._piece

    async def finish(self) -> None:
        await self._send({"type": "http.response.body", "body": b""})

    async def gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _piece(self, piece: bytes) -> None:
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _begin(self, status: int, headers: Headers) -> None:
        fields = encoded(headers)
        await self._send({"type": "http.response.start", "status": status, "headers": fields})


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


class AsgiSocket:
    """One ASGI WebSocket as a link. `answers` is whether the server passes on the answer to a
    request that is refused (the extension `websocket.http.response`)."""

    __slots__ = ("_answers", "_receive", "_send")
    subprotocols = True

    def __init__(self, receive: Receive, send: Send, *, answers: bool = False) -> None:
        self._receive = receive
        self._send = send
        self._answers = answers

    async def accept(self, subprotocol: str | None) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol})

    async def refuse(self, response: Response) -> None:
        """Without the extension it is a close before the handshake: servers answer 403 then."""
        await self._receive()
        body = response.body
        if not self._answers or not isinstance(body, bytes):
            await self._send({"type": "websocket.close", "code": 1008})
            return
        start, end = "websocket.http.response.start", "websocket.http.response.body"
        headers = encoded(response.headers)
        await self._send({"type": start, "status": response.status, "headers": headers})
        await self._send({"type": end, "body": body})

    async def receive(self) -> str | bytes | None:
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return None
        text: str | bytes | None = message.get("text")
        return message.get("bytes") if text is None else text

    async def send(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def close(self, code: int, reason: str) -> None:
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


def request_of(scope: Scope, root: str) -> Request:
    """The request line and header of a scope, with the whole path, that of the mount included.

    Older servers and frameworks leave the root path out of `path`; the specification has it in.
    Behind a proxy that strips a path of its own, Starlette leaves out that one alone, and names
    it in `app_root_path`.
    """
    path = scope["path"]
    if root and not _is_below(path, root):
        outer = scope.get("app_root_path", "").rstrip("/")
        inner = root.removeprefix(outer)
        path = (outer if inner and _is_below(path, inner) else root) + path
    items = _decoded(scope.get("headers", ()))
    headers = dict(items)
    if len(headers) != len(items):
        headers = joined(items)
    query = scope.get("query_string", b"").decode("latin-1")
    client = scope.get("client")
    return Request(
        scope.get("method", "GET"),
        quote(path, safe=_PATH_SAFE),
        query,
        headers,
        client=client[0] if client else None,
        scheme=scope.get("scheme", "http"),
    )


def _root(scope: Scope) -> str:
    root: str = scope.get("root_path", "")
    return root.rstrip("/")


def _request(scope: Scope) -> Request:
    return request_of(scope, _root(scope))


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root + "/")


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]


class AsgiApp:
    """An ASGI 3 application: HTTP, WebSocket and lifespan.

    Where it is mounted below a path, links and locations have that path in them. Where the
    server, or the app it is mounted in, passes on no lifespan events, `await app.open()` and
    `await app.close()` do their work.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._apps: Recent[str, App] = Recent(_MOST_ROOTS)

    async def open(self) -> None:
        """Connect, and create the schema on an empty database."""
        await self._process.start()

    async def close(self) -> None:
        """Wait for the requests under way, and disconnect."""
        await self._process.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._app(scope).handle(_request(scope), AsgiLink(receive, send))
            case "lifespan":
                await self._lifespan(receive, send)
            case "websocket":
                answers = "websocket.http.response" in (scope.get("extensions") or {})
                await self._socket(scope, AsgiSocket(receive, send, answers=answers))
            case other:
                raise ValueError(f"ASGI scope {other!r} is not known")

    def _app(self, scope: Scope) -> App:
        root = _root(scope)
        return self._apps.get(root, lambda: self._process.app(quote(root, safe=_PATH_SAFE)))

    async def _socket(self, scope: Scope, link: AsgiSocket) -> None:
        live = self._app(scope).live
        if live is None:
            await link.refuse(Response(404))
        else:
            await live.socket(_request(scope), link)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.open()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})


def application(
    contract: Contract | Draft | str | Path,
    settings: Settings | None = None,
    *,
    listener: Listener | None = None,
) -> AsgiApp:
    """A contract, or the one in a file, as an ASGI application.

    Without settings, those of the environment and of `charter.toml` hold. The listener hears
    what happens: logs are the host's. Raises BadSettings, ContractFaulty and BadKey.
    """
    if isinstance(contract, Draft):
        contract = contract.build()
    elif isinstance(contract, str | Path):
        contract = load_contract(Path(contract))
    settings = settings or configure({}, os.environ).settings
    return AsgiApp(Process(contract, settings, listener=listener))
