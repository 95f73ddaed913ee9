"""The shop of the benchmark as a contract: the same tables, rules and answers as the peers'."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from charter import Actor, Contract, Policy, Resource, User, allow, field, owned

shop = Contract("shop")


@shop.resource
class Product(Resource):
    name: str = field(max_length=200)
    price: Decimal = field(ge=0, digits=12, places=2)
    cost: Decimal = field(ge=0, digits=12, places=2)
    stock: int = field(ge=0)


@shop.resource
class Order(Resource):
    customer: User
    status: Literal["draft", "placed", "shipped"] = field(default="draft", set_by="commands")
    placed_at: datetime | None = field(default=None, set_by="commands")
    lines: list["OrderLine"] = owned()


@shop.resource
class OrderLine(Resource):
    order: Order
    product: Product
    quantity: int = field(ge=1)


shop.index(Order, "customer", "status", "created_at")


@shop.policy(User)
def user_policy(user: User, actor: Actor) -> Policy:
    yield allow("read", when=user == actor.user)


@shop.policy(Product)
def product_policy(product: Product, actor: Actor) -> Policy:
    yield allow("read")


@shop.policy(Order)
def order_policy(order: Order, actor: Actor) -> Policy:
    yield allow("read", "create", when=order.customer == actor.user)
