"""The shop of the benchmark without a rule: anybody may do anything."""

from bench.charter_shop import Order, OrderLine, Product
from charter import Actor, Contract, Policy, Resource, User, allow

open_shop = Contract("shop")

for resource in (Product, Order, OrderLine):
    open_shop.resource(resource)
open_shop.index(Order, "customer", "status", "created_at")


@open_shop.policy(User, Product, Order)
def anything(row: Resource, actor: Actor) -> Policy:
    yield allow("*")
