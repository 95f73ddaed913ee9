"""The shop with Litestar and Advanced Alchemy: a controller, a service, msgspec structs."""

import os
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from advanced_alchemy.extensions.litestar import (
    AsyncSessionConfig,
    EngineConfig,
    SQLAlchemyAsyncConfig,
    SQLAlchemyPlugin,
    providers,
    repository,
    service,
)
from advanced_alchemy.filters import LimitOffset, OrderBy
from litestar import Controller, Litestar, Request, get, post
from litestar.connection import ASGIConnection
from litestar.params import Parameter
from litestar.security.jwt import JWTAuth, Token
from models import Order, OrderLine
from msgspec.structs import asdict
from schemas import OrderCreate, OrderPage, OrderRead, OrderReadFull, Status
from sqlalchemy.orm import joinedload, selectinload

FULL = [joinedload(Order.customer), selectinload(Order.lines).joinedload(OrderLine.product)]


@dataclass(slots=True)
class Actor:
    sub: str


class OrderService(service.SQLAlchemyAsyncRepositoryService[Order]):
    class Repo(repository.SQLAlchemyAsyncRepository[Order]):
        model_type = Order

    repository_type = Repo


class OrderController(Controller):
    path = "/v1/orders"
    dependencies = providers.create_service_dependencies(OrderService, "orders")

    @get("/{order_id:uuid}")
    async def read_order(
        self,
        request: "Request[Actor, Token, Any]",
        orders: OrderService,
        order_id: UUID,
        include: Literal["customer,lines.product"] | None = None,
    ) -> OrderReadFull | OrderRead:
        order = await orders.get_one(
            Order.id == order_id,
            Order.customer_id == request.user.sub,
            load=FULL if include else None,
        )
        return orders.to_schema(order, schema_type=OrderReadFull if include else OrderRead)

    @get()
    async def list_orders(
        self,
        request: "Request[Actor, Token, Any]",
        orders: OrderService,
        status: Status | None = None,
        limit: Annotated[int, Parameter(ge=1, le=100)] = 20,
        offset: Annotated[int, Parameter(ge=0)] = 0,
    ) -> OrderPage:
        conditions = [Order.customer_id == request.user.sub]
        if status:
            conditions.append(Order.status == status)
        found = await orders.list(
            *conditions, LimitOffset(limit=limit, offset=offset), OrderBy("created_at", "desc")
        )
        return OrderPage(items=[orders.to_schema(order, schema_type=OrderRead) for order in found])

    @post()
    async def create_order(
        self, request: "Request[Actor, Token, Any]", orders: OrderService, data: OrderCreate
    ) -> OrderRead:
        lines = [OrderLine(**asdict(line)) for line in data.lines]
        order = await orders.create(Order(customer_id=request.user.sub, lines=lines))
        return orders.to_schema(order, schema_type=OrderRead)


async def retrieve_actor(token: Token, _: ASGIConnection) -> Actor:
    return Actor(sub=token.sub)


alchemy = SQLAlchemyAsyncConfig(
    connection_string=os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"),
    engine_config=EngineConfig(pool_size=int(os.environ["POOL_SIZE"]), max_overflow=0),
    session_config=AsyncSessionConfig(expire_on_commit=False),
    before_send_handler="autocommit",
)
authentication = JWTAuth[Actor](
    retrieve_user_handler=retrieve_actor,
    token_secret=os.environ["JWT_KEY"],
    algorithm="HS256",
    accepted_audiences=[os.environ["JWT_AUDIENCE"]],
    accepted_issuers=[os.environ["JWT_ISSUER"]],
    exclude=["/schema"],
)
app = Litestar(
    route_handlers=[OrderController],
    plugins=[SQLAlchemyPlugin(config=alchemy)],
    on_app_init=[authentication.on_app_init],
)
