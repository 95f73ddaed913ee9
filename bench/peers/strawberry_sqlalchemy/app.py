"""The shop with Strawberry and SQLAlchemy's asyncio extension, with the data loaders that
Strawberry's documentation recommends."""

import os
from typing import Any
from uuid import UUID

import jwt
import strawberry
from loaders import Loaders, Session
from models import Order as OrderRow
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from types_ import Order, OrderStatus

MOST_ROWS = 100


@strawberry.type
class Query:
    @strawberry.field
    async def order(self, id: UUID, info: strawberry.Info) -> Order | None:
        query = select(OrderRow).where(
            OrderRow.id == id, OrderRow.customer_id == info.context["sub"]
        )
        async with Session() as session:
            return await session.scalar(query)

    @strawberry.field
    async def orders(
        self, info: strawberry.Info, first: int, status: OrderStatus | None = None
    ) -> list[Order]:
        query = select(OrderRow).where(OrderRow.customer_id == info.context["sub"])
        if status is not None:
            query = query.where(OrderRow.status == status.value)
        query = query.order_by(OrderRow.created_at.desc()).limit(min(first, MOST_ROWS))
        async with Session() as session:
            return list(await session.scalars(query))


class Shop(GraphQL):
    """Every request needs a valid token, and gets loaders of its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scheme, _, token = Request(scope).headers.get("authorization", "").partition(" ")
            try:
                scope["claims"] = jwt.decode(
                    token if scheme == "Bearer" else "",
                    os.environ["JWT_KEY"],
                    algorithms=["HS256"],
                    audience=os.environ["JWT_AUDIENCE"],
                    issuer=os.environ["JWT_ISSUER"],
                )
            except jwt.InvalidTokenError:
                await Response(status_code=401)(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    async def get_context(self, request: Request, response: Response) -> dict[str, Any]:
        return {"sub": request.scope["claims"]["sub"], "loaders": Loaders()}


schema = strawberry.Schema(Query, extensions=[ParserCache(), ValidationCache()])
app = Shop(schema, graphql_ide=None)
