"""A proxy on loopback that loses answers, and whole connections, when it is told to."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

LOST = b""
"""In place of an answer: the service has done its work, and nobody hears of it."""


def answer(status: int, *fields: str) -> bytes:
    """An answer of the proxy's own; the service hears of no request."""
    lines = [f"HTTP/1.1 {status} Busy", *fields, "content-length: 0", "connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class Proxy:
    """What is still to go wrong (None: nothing), and the requests that came, by line and key."""

    port: int = 0
    upstream: int = 0
    faults: list[bytes | None] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    open: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Lose every connection."""
        for connection in self.open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def carry(self, client: socket.socket) -> None:
        """One request and its answer; each has a connection of its own."""
        head, body = _request(client)
        lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        self.requests.append((lines[0], fields.get("idempotency-key", "")))
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            client.sendall(fault)
            return
        kept = [line for line in lines if not line.lower().startswith("connection:") and line]
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=30) as service:
            sent = "\r\n".join([*kept, "connection: close", "", ""]).encode("latin-1")
            service.sendall(sent + body)
            self.open += [client, service]
            while data := service.recv(65536):
                if fault == LOST:
                    return
                client.sendall(data)


def _request(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(client)
    head, _, body = data.partition(b"\r\n\r\n")
    sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    size = int(sizes[0].split(b":")[1]) if sizes else 0
    while len(body) < size:
        body += _received(client)
    return head, body


def _received(client: socket.socket) -> bytes:
    data = client.recv(65536)
    if not data:
        raise ConnectionError("the client is gone")
    return data


@contextmanager
def proxied(upstream: int) -> Iterator[Proxy]:
    """A proxy in front of a port of this machine."""
    proxy = Proxy(upstream=upstream)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                proxy.carry(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        proxy.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.cut()
            server.shutdown()
            thread.join()
