"""What the API takes and returns, as Pydantic models."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["draft", "placed", "shipped"]


class Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)

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


class OrderPage(BaseModel):
    items: list[OrderRead]


class OrderLineCreate(BaseModel):
    product_id: UUID
    quantity: Annotated[int, Field(ge=1)]


class OrderCreate(BaseModel):
    lines: Annotated[list[OrderLineCreate], Field(min_length=1, max_length=100)]
