"""How long until all subscribers are told of a change? One writer, many WebSockets."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from uuid import UUID

import psycopg

from bench.dataset import LAST_DAY
from bench.servers import Running
from bench.workloads import Caller, Shop

LIMIT_SECONDS = 30.0
PAUSE_SECONDS = 0.05
CHUNK = 1 << 16
TEXT, PING, PONG = 1, 9, 10
SHORT, MEDIUM = 126, 127
PATH = f"/v1/orders?created_at[gt]={LAST_DAY:%Y-%m-%dT%H:%M:%SZ}"
"""The orders that are made from now on: a subscriber begins with none."""

Write = Callable[[], str]
"""Makes an order and gives its key; returns when it is committed."""


class NotTold(Exception):
    """A subscriber was not told in time, or its connection was closed."""


@dataclass(frozen=True, slots=True)
class Told:
    """Milliseconds from the writer's answer until the last subscriber was told, one a write."""

    server: str
    subscribers: int
    each_ms: tuple[float, ...]


class Subscriber:
    """One WebSocket (RFC 6455), its messages those of Charter's own protocol."""

    def __init__(self, port: int, bearer: str) -> None:
        """Returns when the server has said that it is ready."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.socket.sendall(
            b"GET /v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        while b"\r\n\r\n" not in self._received:
            self._more()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        if b" 101 " not in head:
            raise NotTold(head.decode())
        self._send(TEXT, json.dumps({"type": "connect", "token": bearer}).encode())
        self._send(TEXT, json.dumps({"type": "subscribe", "id": "new", "path": PATH}).encode())
        while not any(b'"ready"' in text for text in self.texts()):
            self._more()

    def is_told(self, key: bytes) -> bool:
        """Read what has come; whether it speaks of this key."""
        self._more()
        return any(key in text for text in self.texts())

    def texts(self) -> Iterator[bytes]:
        """The whole messages that have come. Signs of life are answered."""
        while (frame := self._frame()) is not None:
            opcode, payload = frame
            if opcode == PING:
                self._send(PONG, payload)
            elif payload == b'{"type":"ping"}':
                self._send(TEXT, b'{"type":"pong"}')
            else:
                yield payload

    def _frame(self) -> tuple[int, bytes] | None:
        found = self._received
        if len(found) < 2:
            return None
        size, start = found[1], 2
        if size == SHORT and len(found) >= 4:
            (size,), start = struct.unpack_from(">H", found, 2), 4
        elif size == MEDIUM and len(found) >= 10:
            (size,), start = struct.unpack_from(">Q", found, 2), 10
        if len(found) < start + size:
            return None
        self._received = found[start + size :]
        return found[0] & 0x0F, found[start : start + size]

    def _send(self, opcode: int, payload: bytes) -> None:
        size, mask = len(payload), os.urandom(4)
        head = struct.pack(">BBH", 0x80 | opcode, 0x80 | SHORT, size)
        if size < SHORT:
            head = bytes([0x80 | opcode, 0x80 | size])
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def _more(self) -> None:
        chunk = self.socket.recv(CHUNK)
        if not chunk:
            raise NotTold("a connection was closed")
        self._received += chunk


def measured(running: Running, caller: Caller, write: Write, many: int, writes: int) -> Told:
    """Connect so many subscribers, write so often, and see when the last one is told.

    The subscribers are read by one thread, whose time is part of what is measured. Raises NotTold.
    """
    with ExitStack() as stack, select.epoll() as poller:
        subscribers: dict[int, Subscriber] = {}
        for _ in range(many):
            one = Subscriber(running.port, caller.token or "")
            stack.enter_context(one.socket)
            subscribers[one.socket.fileno()] = one
            poller.register(one.socket, select.EPOLLIN)
        each = [_once(poller, subscribers, write) for _ in range(writes + 1)]
    return Told(running.server.title, many, tuple(each[1:]))


def _once(poller: select.epoll, subscribers: dict[int, Subscriber], write: Write) -> float:
    key = write().encode()
    start = time.perf_counter()
    waiting = set(subscribers)
    while waiting:
        found = poller.poll(LIMIT_SECONDS, len(subscribers))
        if not found:
            raise NotTold(f"{len(waiting)} subscribers were not told in {LIMIT_SECONDS:g} s")
        for number, _ in found:
            if subscribers[number].is_told(key):
                waiting.discard(number)
    taken = time.perf_counter() - start
    time.sleep(PAUSE_SECONDS)
    return taken * 1000


@contextmanager
def over_http(running: Running, caller: Caller, shop: Shop) -> Iterator[Write]:
    """Writes with Charter's REST."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=LIMIT_SECONDS)
    body = json.dumps({"lines": [{"product_id": shop.products[0], "quantity": 1}]})
    fields = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}

    def write() -> str:
        connection.request("POST", "/v1/orders", body, fields)
        return str(json.loads(connection.getresponse().read())["id"])

    try:
        yield write
    finally:
        connection.close()


@contextmanager
def over_sql(url: str, caller: Caller, shop: Shop) -> Iterator[Write]:
    """Writes the same rows by hand, and notifies of the order in the same transaction."""
    with psycopg.connect(url, autocommit=True) as connection:

        def write() -> str:
            with connection.transaction():
                row = connection.execute(ORDER, (caller.owner,)).fetchone()
                key: UUID = row[0] if row is not None else UUID(int=0)
                connection.execute(LINE, (key, UUID(shop.products[0])))
                connection.execute(NOTIFY, (key,))
            return str(key)

        yield write


ORDER = """
    INSERT INTO orders (id, customer_id, status, created_at, updated_at, version)
    VALUES (gen_random_uuid(), %s, 'draft', now(), now(), 1) RETURNING id"""
LINE = """
    INSERT INTO order_lines (id, order_id, product_id, quantity, created_at, updated_at, version)
    VALUES (gen_random_uuid(), %s, %s, 1, now(), now(), 1)"""
NOTIFY = """
    SELECT pg_notify('orders', customer_id || ' ' || row_to_json(orders)::text)
    FROM orders WHERE id = %s"""
