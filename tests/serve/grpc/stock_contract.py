"""What is in stock: a contract for clients whose stubs are made from its .proto."""

from decimal import Decimal
from typing import Literal

from charter import Actor, Contract, Policy, Resource, Unit, allow, field, inverse

stock = Contract("stock")


@stock.resource
class Category(Resource):
    """A shelf."""

    name: str = field(max_length=100, unique=True)
    products: list["Product"] = inverse()


@stock.resource
class Product(Resource):
    """Something on a shelf."""

    category: Category
    name: str = field(max_length=100, search=True)
    price: Decimal = field(ge=0, digits=12, places=2)
    pieces: int = field(ge=0, default=0)
    state: Literal["new", "used"] = "new"


@stock.policy(Category)
def category_policy(category: Category, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)


@stock.policy(Product)
def product_policy(product: Product, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)


@stock.command(Product)
async def take(product: Product, unit: Unit, *, pieces: int) -> Product:
    """Take some pieces from the shelf."""
    product.pieces -= pieces
    return product
