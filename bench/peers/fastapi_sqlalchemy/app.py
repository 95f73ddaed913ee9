"""The shop with FastAPI and SQLAlchemy's asyncio extension, as their documentation teaches."""

import os
from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from models import Order, OrderLine
from pydantic import BaseModel
from schemas import OrderCreate, OrderPage, OrderRead, OrderReadFull, Status
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload, selectinload

POOL_SIZE = int(os.environ["POOL_SIZE"])

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"),
    pool_size=POOL_SIZE,
    max_overflow=0,
)
Session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI(title="Shop")
bearer = HTTPBearer()


class Actor(BaseModel):
    sub: str
    role: str


async def get_session() -> AsyncIterator[AsyncSession]:
    async with Session() as session:
        yield session


async def get_actor(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> Actor:
    try:
        claims = jwt.decode(
            credentials.credentials,
            os.environ["JWT_KEY"],
            algorithms=["HS256"],
            audience=os.environ["JWT_AUDIENCE"],
            issuer=os.environ["JWT_ISSUER"],
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "Invalid token", headers={"WWW-Authenticate": "Bearer"}
        ) from error
    return Actor.model_validate(claims)


SessionDep = Annotated[AsyncSession, Depends(get_session)]
ActorDep = Annotated[Actor, Depends(get_actor)]


@app.get("/v1/orders/{order_id}")
async def read_order(
    order_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    include: Literal["customer,lines.product"] | None = None,
) -> OrderReadFull | OrderRead:
    query = select(Order).where(Order.id == order_id, Order.customer_id == actor.sub)
    if include:
        query = query.options(
            joinedload(Order.customer),
            selectinload(Order.lines).joinedload(OrderLine.product),
        )
    order = await session.scalar(query)
    if order is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Order not found")
    return (OrderReadFull if include else OrderRead).model_validate(order)


@app.get("/v1/orders")
async def list_orders(
    session: SessionDep,
    actor: ActorDep,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> OrderPage:
    query = select(Order).where(Order.customer_id == actor.sub)
    if status:
        query = query.where(Order.status == status)
    query = query.order_by(Order.created_at.desc()).limit(limit).offset(offset)
    orders = await session.scalars(query)
    return OrderPage(items=[OrderRead.model_validate(order) for order in orders])


@app.post("/v1/orders", status_code=status.HTTP_201_CREATED)
async def create_order(body: OrderCreate, session: SessionDep, actor: ActorDep) -> OrderRead:
    order = Order(
        customer_id=actor.sub,
        lines=[OrderLine(**line.model_dump()) for line in body.lines],
    )
    session.add(order)
    try:
        await session.commit()
    except IntegrityError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "Unknown customer or product") from error
    return OrderRead.model_validate(order)
