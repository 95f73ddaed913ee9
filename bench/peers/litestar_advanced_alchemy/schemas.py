"""What the API takes and returns, as msgspec structs."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

Status = Literal["draft", "placed", "shipped"]


class Row(Struct, kw_only=True):
    created_at: datetime
    updated_at: datetime
    version: int


class UserRead(Row):
    id: str
    name: str
    email: str


class ProductRead(Row):
    id: UUID
    name: str
    price: Decimal
    stock: int


class OrderLineRead(Row):
    id: UUID
    order_id: UUID
    product_id: UUID
    quantity: int
    product: ProductRead


class OrderRead(Row):
    id: UUID
    customer_id: str
    status: Status
    placed_at: datetime | None


class OrderReadFull(OrderRead):
    customer: UserRead
    lines: list[OrderLineRead]


class OrderPage(Struct):
    items: list[OrderRead]


class OrderLineCreate(Struct):
    product_id: UUID
    quantity: Annotated[int, Meta(ge=1)]


class OrderCreate(Struct):
    lines: Annotated[list[OrderLineCreate], Meta(min_length=1, max_length=100)]
