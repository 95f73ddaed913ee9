"""The shop's tables as Advanced Alchemy models."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from advanced_alchemy.base import DefaultBase
from advanced_alchemy.mixins import AuditColumns
from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7


class Row(AuditColumns, DefaultBase):
    """As UUIDv7AuditBase, without its sentinel column, which these tables do not have."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    version: Mapped[int] = mapped_column(default=1)


class User(AuditColumns, DefaultBase):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)


class Product(Row):
    __tablename__ = "products"

    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    cost: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    stock: Mapped[int] = mapped_column(default=0)


class Order(Row):
    __tablename__ = "orders"

    customer_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(default="draft")
    placed_at: Mapped[datetime | None] = mapped_column(DateTimeUTC(timezone=True))

    customer: Mapped[User] = relationship(lazy="raise")
    lines: Mapped[list["OrderLine"]] = relationship(lazy="raise", order_by="OrderLine.id")


class OrderLine(Row):
    __tablename__ = "order_lines"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]

    product: Mapped[Product] = relationship(lazy="raise")
