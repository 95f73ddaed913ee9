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
from charter.serve.web.app import App, Gone, Headers
from charter.serve.web.limits import too_large
from charter.serve.web.rsgi import joined
from charter.wire.http import Request

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
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})


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
    items = _decoded(scope["headers"])
    headers = dict(items)
    if len(headers) != len(items):
        headers = joined(items)
    query = scope.get("query_string", b"").decode("latin-1")
    client = scope.get("client")
    return Request(
        scope["method"],
        quote(path, safe=_PATH_SAFE),
        query,
        headers,
        client=client[0] if client else None,
        scheme=scope.get("scheme", "http"),
    )


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root + "/")


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]


class AsgiApp:
    """An ASGI 3 application: HTTP and lifespan. WebSockets are refused.

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
                root = scope.get("root_path", "").rstrip("/")
                app = self._apps.get(root, lambda: self._process.app(quote(root, safe=_PATH_SAFE)))
                await app.handle(request_of(scope, root), AsgiLink(receive, send))
            case "lifespan":
                await self._lifespan(receive, send)
            case "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1000})
            case other:
                raise ValueError(f"ASGI scope {other!r} is not known")

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
