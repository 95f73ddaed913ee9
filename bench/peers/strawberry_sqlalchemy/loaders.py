"""Data loaders: one query for all rows of a kind that one level of a document asks for."""

import os
from collections import defaultdict
from uuid import UUID

from models import OrderLine, Product, User
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from strawberry.dataloader import DataLoader

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"),
    pool_size=int(os.environ["POOL_SIZE"]),
    max_overflow=0,
)
Session = async_sessionmaker(engine, expire_on_commit=False)


class Loaders:
    """The loaders of one request. Loaders run at the same time, so each has a session."""

    def __init__(self) -> None:
        self.customer = DataLoader(load_fn=load_customers)
        self.lines = DataLoader(load_fn=load_lines)
        self.product = DataLoader(load_fn=load_products)


async def load_customers(ids: list[str]) -> list[User | None]:
    async with Session() as session:
        rows = await session.scalars(select(User).where(User.id.in_(ids)))
    found = {row.id: row for row in rows}
    return [found.get(id) for id in ids]


async def load_lines(orders: list[UUID]) -> list[list[OrderLine]]:
    query = select(OrderLine).where(OrderLine.order_id.in_(orders)).order_by(OrderLine.id)
    async with Session() as session:
        rows = await session.scalars(query)
    found = defaultdict(list)
    for row in rows:
        found[row.order_id].append(row)
    return [found[order] for order in orders]


async def load_products(ids: list[UUID]) -> list[Product | None]:
    async with Session() as session:
        rows = await session.scalars(select(Product).where(Product.id.in_(ids)))
    found = {row.id: row for row in rows}
    return [found.get(id) for id in ids]
