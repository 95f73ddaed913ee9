"""A shop: customers place orders for products."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from charter import (
    Actor,
    Contract,
    Error,
    Event,
    Policy,
    Resource,
    Unit,
    User,
    all_of,
    allow,
    any_of,
    computed,
    field,
    freeze,
    hide,
    inverse,
    owned,
    total,
)

shop = Contract("shop")


@shop.accounts
class Customer(User):
    """Somebody who has an account: everybody who buys, and those who work here."""

    phone: str | None = field(default=None, max_length=40)


@shop.resource(plural="staff_members")
class Staff(Resource):
    """Somebody who works here, and as what: its rows grant roles."""

    user: User
    role: Literal["clerk", "buyer"]


@shop.resource
class Category(Resource):
    """A shelf of the shop."""

    name: str = field(max_length=100, unique=True)
    products: list["Product"] = inverse()


@shop.resource
class Product(Resource):
    """Something the shop sells."""

    category: Category
    sku: str = field(max_length=8, pattern="[A-Z]{3}-[0-9]{4}", unique=True, set_by="once")
    name: str = field(max_length=200, search=True)
    description: str = field(max_length=2000, search=True, default="")
    price: Decimal = field(ge=0, digits=12, places=2)
    cost: Decimal = field(ge=0, digits=12, places=2)
    stock: int = field(ge=0, default=0)
    active: bool = True


@shop.resource
class Order(Resource):
    """What one customer buys at once."""

    customer: User = field(set_by="once")
    status: Literal["draft", "placed", "shipped", "cancelled"] = field(
        default="draft", set_by="commands"
    )
    note: str = field(max_length=500, default="")
    placed_at: datetime | None = field(default=None, set_by="commands")
    lines: list["OrderLine"] = owned()
    pieces: int = computed(lambda order: total(order.lines, lambda line: line.quantity))
    total: Decimal = computed(lambda order: total(order.lines, lambda line: line.amount))


@shop.resource
class OrderLine(Resource):
    """Some pieces of one product, at the price of the day."""

    order: Order
    product: Product
    quantity: int = field(ge=1, le=1000)
    price: Decimal = field(ge=0, digits=12, places=2, default=Decimal(0), set_by="commands")
    amount: Decimal = computed(lambda line: line.quantity * line.price)


shop.grants(Staff)
shop.audited(Order, Product, Staff)
shop.unique(Staff, "user", "role")
shop.index(Order, "customer")
shop.index(Order, "customer", "-created_at")
shop.index(Order, "placed_at", where=lambda order: order.status == "placed")
shop.index(Product, "category")
shop.index(Product, "category", "name")
shop.unique(OrderLine, "order", "product")
shop.check(Product, lambda product: product.price >= product.cost, "is sold below its cost")


@shop.error(status=409)
class OutOfStock(Error):
    """A product has fewer pieces than the order asks for."""

    product: Product
    left: int


@shop.error(status=422)
class EmptyOrder(Error):
    """An order without lines cannot be placed."""


@shop.event
class OrderPlaced(Event):
    order: Order
    customer: User


@shop.event
class OrderShipped(Event):
    order: Order
    tracking: str


@shop.policy(Customer)
def customer_policy(customer: Customer, actor: Actor) -> Policy:
    yield allow("read", "update", when=customer == actor.user)
    yield allow("read", when=actor.has_role("clerk"))


@shop.policy(Staff)
def staff_policy(staff: Staff, actor: Actor) -> Policy:
    yield allow("read", when=staff.user == actor.user)
    yield allow("*", when=actor.has_role("buyer") & actor.mfa)


@shop.policy(Category)
def category_policy(category: Category, actor: Actor) -> Policy:
    yield allow("read")
    yield allow("*", when=actor.has_role("buyer"))


@shop.policy(Product)
def product_policy(product: Product, actor: Actor) -> Policy:
    yield allow("read")
    yield allow("*", when=actor.has_role("buyer"))
    yield allow("update", when=actor.has_role("clerk"))
    yield freeze("price", "cost", unless=actor.has_role("buyer"))
    yield hide("cost", unless=actor.has_role("buyer"))


@shop.policy(Order)
def order_policy(order: Order, actor: Actor, new: Order) -> Policy:
    clerk = actor.has_role("clerk")
    mine = order.customer == actor.user
    yield allow("read", "cancel", when=any_of(mine, clerk))
    yield allow("create", when=new.customer == actor.user)
    yield allow("update", "delete", when=all_of(mine, order.status == "draft"))
    yield allow("place", when=mine)
    yield allow("ship", when=clerk)


@shop.command(Order, moves="draft -> placed", raises=[OutOfStock, EmptyOrder])
async def place(order: Order, unit: Unit, *, note: str = "") -> Order:
    """Take the stock, fix the prices, and place the order."""
    if not order.lines:
        raise EmptyOrder()
    products = await unit.get_all([line.product for line in order.lines])
    for line, product in zip(order.lines, products, strict=True):
        if product.stock < line.quantity:
            raise OutOfStock(product=product, left=product.stock)
        product.stock -= line.quantity
        line.price = product.price
    order.note = note or order.note
    order.placed_at = unit.now
    unit.emit(OrderPlaced(order=order, customer=order.customer))
    return order


@shop.command(Order, moves="placed -> shipped")
async def ship(order: Order, unit: Unit, *, tracking: str = field(max_length=100)) -> Order:
    """Hand the order to the carrier."""
    unit.emit(OrderShipped(order=order, tracking=tracking))
    return order


@shop.command(Order, moves="draft | placed -> cancelled")
async def cancel(order: Order, unit: Unit) -> Order:
    """Give the stock back, and close the order."""
    if order.placed_at:
        for line in order.lines:
            product = await unit.get(line.product)
            product.stock += line.quantity
    return order
