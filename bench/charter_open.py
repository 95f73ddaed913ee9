"""The shop of the benchmark without a rule: anybody may do anything."""

from bench.charter_shop import Order, OrderLine, Product
from charter import Actor, Contract, Policy, User, allow

open_shop = Contract("shop")

for resource in (Product, Order, OrderLine):
    open_shop.resource(resource)
open_shop.index(Order, "customer", "status", "created_at")


@open_shop.policy(User)
def user_policy(user: User, actor: Actor) -> Policy:
    yield allow("*")


@open_shop.policy(Product)
def product_policy(product: Product, actor: Actor) -> Policy:
    yield allow("*")


@open_shop.policy(Order)
def order_policy(order: Order, actor: Actor) -> Policy:
    yield allow("*")
