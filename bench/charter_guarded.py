"""The shop of the benchmark with accounts, so that sessions can be ended, and an audit log."""

from bench.charter_shop import (
    Order,
    OrderLine,
    Product,
    order_policy,
    product_policy,
    user_policy,
)
from charter import Contract, User

guarded = Contract("shop")


@guarded.accounts(plural="users")
class Customer(User):
    """Somebody who orders."""


for resource in (Product, Order, OrderLine):
    guarded.resource(resource)
guarded.index(Order, "customer", "status", "created_at")
guarded.audited()


guarded.policy(Customer)(user_policy)
guarded.policy(Product)(product_policy)
guarded.policy(Order)(order_policy)
