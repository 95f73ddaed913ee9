"""The shop with grpc.aio, generated stubs and hand-written servicers over asyncpg."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import grpc
import jwt
import uvloop

sys.path.insert(0, os.environ["STUBS"])

from shop.v1 import shop_pb2 as pb
from shop.v1 import shop_pb2_grpc as stubs

PREFETCHED = 1000

READ_ORDER = """
    SELECT id, customer_id, status, placed_at, created_at, updated_at, version
    FROM orders WHERE id = $1 AND customer_id = $2"""
ALL_PRODUCTS = """
    SELECT id, name, price, cost, stock, created_at, updated_at, version
    FROM products ORDER BY id"""
STATUSES = {
    "draft": pb.Order.STATUS_DRAFT,
    "placed": pb.Order.STATUS_PLACED,
    "shipped": pb.Order.STATUS_SHIPPED,
}

Call = grpc.aio.ServicerContext


async def actor_of(call: Call) -> str:
    """The subject of the call's token; the call ends here where it has no valid one."""
    token = dict(call.invocation_metadata() or ()).get("authorization", "")
    try:
        claims = jwt.decode(
            token.removeprefix("Bearer "),
            os.environ["JWT_KEY"],
            algorithms=["HS256"],
            audience=os.environ["JWT_AUDIENCE"],
            issuer=os.environ["JWT_ISSUER"],
        )
    except jwt.InvalidTokenError:
        await call.abort(grpc.StatusCode.UNAUTHENTICATED, "Invalid token")
    subject: str = claims["sub"]
    return subject


class Orders(stubs.OrderServiceServicer):
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def GetOrder(  # noqa: N802 - gRPC's name
        self, request: pb.GetOrderRequest, call: Call
    ) -> pb.Order:
        actor = await actor_of(call)
        try:
            id = UUID(request.id)
        except ValueError:
            await call.abort(grpc.StatusCode.INVALID_ARGUMENT, "Not an identifier")
        row = await self._pool.fetchrow(READ_ORDER, id, actor)
        if row is None:
            await call.abort(grpc.StatusCode.NOT_FOUND, "Order not found")
        return pb.Order(
            id=str(row["id"]),
            customer_id=row["customer_id"],
            status=STATUSES[row["status"]],
            placed_at=row["placed_at"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            version=row["version"],
        )


class Products(stubs.ProductServiceServicer):
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def StreamProducts(  # noqa: N802 - gRPC's name
        self, request: pb.StreamProductsRequest, call: Call
    ) -> AsyncIterator[pb.Product]:
        await actor_of(call)
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            async for row in connection.cursor(ALL_PRODUCTS, prefetch=PREFETCHED):
                yield pb.Product(
                    id=str(row["id"]),
                    name=row["name"],
                    price=str(row["price"]),
                    cost=str(row["cost"]),
                    stock=row["stock"],
                    created_at=row["created_at"],
                    updated_at=row["updated_at"],
                    version=row["version"],
                )


async def main() -> None:
    size = int(os.environ["POOL_SIZE"])
    pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=size, max_size=size)
    server = grpc.aio.server()
    stubs.add_OrderServiceServicer_to_server(Orders(pool), server)
    stubs.add_ProductServiceServicer_to_server(Products(pool), server)
    server.add_insecure_port(f"127.0.0.1:{os.environ['PORT']}")
    await server.start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await server.stop(1)
    await pool.close()


uvloop.run(main())
