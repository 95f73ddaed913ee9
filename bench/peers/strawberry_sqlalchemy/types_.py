"""The GraphQL types. Resolvers give rows of SQLAlchemy, whose attributes have the same names."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import strawberry


@strawberry.enum
class OrderStatus(Enum):
    draft = "draft"
    placed = "placed"
    shipped = "shipped"


@strawberry.type
class User:
    id: str
    name: str
    email: str
    created_at: datetime
    updated_at: datetime
    version: int


@strawberry.type
class Product:
    id: UUID
    name: str
    price: Decimal
    cost: Decimal
    stock: int
    created_at: datetime
    updated_at: datetime
    version: int


@strawberry.type
class OrderLine:
    id: UUID
    order_id: UUID
    product_id: UUID
    quantity: int
    created_at: datetime
    updated_at: datetime
    version: int

    @strawberry.field
    async def product(self, info: strawberry.Info) -> Product:
        return await info.context["loaders"].product.load(self.product_id)


@strawberry.type
class Order:
    id: UUID
    customer_id: str
    status: str
    placed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @strawberry.field
    async def customer(self, info: strawberry.Info) -> User:
        return await info.context["loaders"].customer.load(self.customer_id)

    @strawberry.field
    async def lines(self, info: strawberry.Info) -> list[OrderLine]:
        return await info.context["loaders"].lines.load(self.id)
