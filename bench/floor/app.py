"""The floor: a bare RSGI handler, the same SQL, JSON built by PostgreSQL, and no checks at all.

It trusts an `X-Owner` header instead of verifying a token, validates nothing, and exists only
to show what the machine can do when a service does nothing but its queries.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import asyncpg
import msgspec

POOL_SIZE = int(os.environ["POOL_SIZE"])
JSON = [("content-type", "application/json")]

ORDER = """
    json_build_object('id', o.id, 'customer_id', o.customer_id, 'status', o.status,
        'placed_at', o.placed_at, 'created_at', o.created_at, 'updated_at', o.updated_at,
        'version', o.version)"""

READ = f"SELECT {ORDER}::text FROM orders o WHERE o.id = $1 AND o.customer_id = $2"

READ_FULL = """
    SELECT json_build_object('id', o.id, 'customer_id', o.customer_id, 'status', o.status,
        'placed_at', o.placed_at, 'created_at', o.created_at, 'updated_at', o.updated_at,
        'version', o.version,
        'customer', json_build_object('id', u.id, 'name', u.name, 'email', u.email,
            'created_at', u.created_at, 'updated_at', u.updated_at, 'version', u.version),
        'lines', (
            SELECT coalesce(json_agg(json_build_object('id', l.id, 'order_id', l.order_id,
                'product_id', l.product_id, 'quantity', l.quantity, 'created_at', l.created_at,
                'updated_at', l.updated_at, 'version', l.version,
                'product', json_build_object('id', p.id, 'name', p.name, 'price', p.price,
                    'stock', p.stock, 'created_at', p.created_at, 'updated_at', p.updated_at,
                    'version', p.version)) ORDER BY l.id), '[]'::json)
            FROM order_lines l JOIN products p ON p.id = l.product_id WHERE l.order_id = o.id)
    )::text
    FROM orders o JOIN users u ON u.id = o.customer_id
    WHERE o.id = $1 AND o.customer_id = $2"""

LIST = """
    SELECT json_build_object('items', coalesce(json_agg(o), '[]'::json))::text
    FROM (SELECT id, customer_id, status, placed_at, created_at, updated_at, version
          FROM orders WHERE customer_id = $1 AND status = $2
          ORDER BY created_at DESC LIMIT 20) o"""

CREATE = f"""
    WITH o AS (INSERT INTO orders (id, customer_id, status, created_at, updated_at, version)
               VALUES ($1, $2, 'draft', now(), now(), 1) RETURNING *),
    l AS (INSERT INTO order_lines
              (id, order_id, product_id, quantity, created_at, updated_at, version)
          SELECT line.id, $1, line.product, line.quantity, now(), now(), 1
          FROM unnest($3::uuid[], $4::uuid[], $5::bigint[]) AS line (id, product, quantity))
    SELECT {ORDER}::text FROM o"""


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
            os.environ["DATABASE_URL"], min_size=POOL_SIZE, max_size=POOL_SIZE, reset=keep_session
        )

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        owner = scope.headers.get("x-owner")
        if scope.method == "POST":
            lines = msgspec.json.decode(await protocol(), type=Body).lines
            ids, products = [uuid7() for _ in lines], [line.product_id for line in lines]
            quantities = [line.quantity for line in lines]
            body = await self.pool.fetchval(CREATE, uuid7(), owner, ids, products, quantities)
            protocol.response_str(201, JSON, body)
            return
        order = scope.path[len("/v1/orders/") :]
        if not order:
            status = scope.query_string.partition("status=")[2].partition("&")[0]
            body = await self.pool.fetchval(LIST, owner, status)
        elif "include=" in scope.query_string:
            body = await self.pool.fetchval(READ_FULL, order, owner)
        else:
            body = await self.pool.fetchval(READ, order, owner)
        protocol.response_str(200 if body else 404, JSON, body or "{}")


app = App()
