"""The shop of the benchmark with accounts, so that sessions can be ended, and an audit log."""

from bench.charter_shop import Order, OrderLine, Product
from charter import Actor, Contract, Policy, User, allow

guarded = Contract("shop")


@guarded.accounts(plural="users")
class Customer(User):
    """Somebody who orders."""


for resource in (Product, Order, OrderLine):
    guarded.resource(resource)
guarded.index(Order, "customer", "status", "created_at")
guarded.audited()


@guarded.policy(Customer)
def customer_policy(customer: Customer, actor: Actor) -> Policy:
    yield allow("read", when=customer == actor.user)


@guarded.policy(Product)
def product_policy(product: Product, actor: Actor) -> Policy:
    yield allow("read")


@guarded.policy(Order)
def order_policy(order: Order, actor: Actor) -> Policy:
    yield allow("read", "create", when=order.customer == actor.user)
