"""The floor: a bare RSGI handler that sends the statements of Charter, and no checks at all.

It trusts an `X-Owner` header instead of verifying a token, validates nothing, and exists only
to show what the machine can do when a service does nothing but its queries. With ROWS_ALONE a
create tells nobody of what it makes: no events go with it, which are a part of what Charter does.

The texts beside this file are word for word what Charter sends (`tests/project/test_floor.py`),
except for `rows_alone.sql`.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

POOL_SIZE = int(os.environ["POOL_SIZE"])
ALONE = "ROWS_ALONE" in os.environ
JSON = [("content-type", "application/json")]
PAGE = 20

READ, LIST, NESTED, CREATE, ROWS_ALONE = (
    Path(__file__).with_name(f"{name}.sql").read_text()
    for name in ("read", "list", "nested", "create", "rows_alone")
)


class Line(msgspec.Struct):
    product_id: str
    quantity: int


class Body(msgspec.Struct):
    lines: list[Line]


def uuid7() -> str:
    """A UUIDv7 (RFC 9562, section 5.7) of now."""
    stamp, noise = time.time_ns() // 1_000_000, os.urandom(10)
    head = (stamp << 16 | 0x7000 | (noise[0] << 8 | noise[1]) & 0x0FFF).to_bytes(8)
    text = (head + bytes([0x80 | noise[2] & 0x3F]) + noise[3:]).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


async def keep_session(_: asyncpg.Connection) -> None:
    """Replaces the pool's reset query: no statement here leaves session state behind."""


class App:
    """An RSGI application."""

    pool: asyncpg.Pool

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self.connect())

    async def connect(self) -> None:
        self.pool = await asyncpg.create_pool(
            os.environ["DATABASE_URL"],
            min_size=POOL_SIZE,
            max_size=POOL_SIZE,
            reset=keep_session,
            # As Charter has it: compiling costs more than a short statement.
            server_settings={"jit": "off"},
        )

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        owner = scope.headers.get("x-owner")
        if scope.method == "POST":
            lines = msgspec.json.decode(await protocol(), type=Body).lines
            body = await (self.rows_alone if ALONE else self.create)(owner, lines)
            protocol.response_str(201, JSON, body)
            return
        order = scope.path[len("/v1/orders/") :]
        if not order:
            body = await self.listed(owner, scope.query_string)
        elif "include=" in scope.query_string:
            body = await self.pool.fetchval(NESTED, owner, order)
        else:
            body = await self.pool.fetchval(READ, order, owner)
        protocol.response_str(200 if body else 404, JSON, body or "{}")

    async def listed(self, owner: str, query: str) -> str:
        """A page of orders: the statement gives one more, to tell whether there are any."""
        status = query.partition("status=")[2].partition("&")[0]
        rows, present = await self.pool.fetchrow(LIST, owner, status)
        if present > PAGE:
            rows = rows.rpartition(",\n")[0]
        return f'{{"items":[{rows or ""}]}}'

    async def create(self, owner: str, lines: list[Line]) -> str:
        """An order with two lines, and their events."""
        first, second = lines
        now = datetime.now(UTC)
        body: str = await self.pool.fetchval(
            CREATE,
            uuid7(), owner, now,
            uuid7(), first.product_id, first.quantity,
            uuid7(), second.product_id, second.quantity,
            owner, uuid7(), uuid7(), uuid7(), uuid7(),
        )  # fmt: skip
        return body

    async def rows_alone(self, owner: str, lines: list[Line]) -> str:
        """The same, and nobody is told of it."""
        ids, products = [uuid7() for _ in lines], [line.product_id for line in lines]
        quantities = [line.quantity for line in lines]
        values = (uuid7(), owner, ids, products, quantities)
        body: str = await self.pool.fetchval(ROWS_ALONE, *values)
        return body


app = App()
