"""Rows for the example shop, the same on every machine: customers, products, 5,000 orders.

Each function gives rows as reads show them, in an order in which `charter load` takes them.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

Row = dict[str, Any]

ORDERS = 5_000
CUSTOMERS = 400
OPENED = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)
SECONDS = 320 * 86_400

PASSWORD = "copper lantern drifting north"  # noqa: S105 - everybody may know it
"""Of those whom one can sign in as, in an example for a machine of one's own."""
WORKING = {"grace.okafor": "clerk", "edsger.okafor": "buyer"}
SIGN_IN = ("ada", *WORKING)

GIVEN = "Ada Grace Edsger Barbara Donald Frances Alan Radia Dennis Margaret Ken Hedy Tim Karen Linus Adele Guido Sophie Niklaus Mary"  # fmt: skip # noqa: E501
FAMILY = "Okafor Lindqvist Moreau Tanaka Haddad Novak Silva Petrov Nguyen Rossi Weber Kaur Dubois Jansen Costa Yilmaz Murphy Popov Sato Ferrari"  # fmt: skip # noqa: E501
SHELVES = {
    "Coffee & tea": ("Espresso beans", "Filter roast", "Assam leaves", "Sencha", "Cold brew"),
    "Kitchen": ("Chef's knife", "Cutting board", "Cast-iron pan", "Kettle", "Scale"),
    "Stationery": ("Notebook", "Fountain pen", "Ink", "Sketch pad", "Pencil set"),
    "Outdoors": ("Head torch", "Water bottle", "Camp stove", "Dry bag", "Folding chair"),
    "Books": ("Field guide", "Cookbook", "Atlas", "Short stories", "Almanac"),
    "Garden": ("Trowel", "Seed mix", "Watering can", "Gloves", "Pruning saw"),
}
MAKERS = ("Alder", "Brook", "Cinder", "Dune", "Ember", "Fjord", "Grove", "Harbour")


def _key(table: int, number: int) -> str:
    """A UUIDv7 that says what it is the key of: stable from run to run, and in order."""
    stamp = int(OPENED.timestamp() * 1000) + number
    return str(UUID(int=stamp << 80 | 0x7 << 76 | table << 64 | 0x2 << 62 | number))


def customers() -> Iterator[Row]:
    names = [f"{given} {family}" for family in FAMILY.split() for given in GIVEN.split()]
    for number, name in enumerate(names[:CUSTOMERS]):
        subject = name.lower().replace(" ", ".")
        yield {
            "id": "ada" if number == 0 else subject,
            "name": name,
            "email": "ada@example.com" if number == 0 else f"{subject}@example.com",
            "email_verified": True,
        }


def staff() -> Iterator[Row]:
    for number, (user, role) in enumerate(WORKING.items()):
        yield {"id": _key(5, number), "user_id": user, "role": role}


def categories() -> Iterator[Row]:
    for number, name in enumerate(SHELVES):
        yield {"id": _key(1, number), "name": name}


def products() -> Iterator[Row]:
    dice = random.Random(11)
    number = 0
    for shelf, things in enumerate(SHELVES.values()):
        for thing in things:
            for maker in MAKERS:
                cost = Decimal(dice.randint(150, 9_000)) / 100
                price = (cost * Decimal("1.6")).quantize(Decimal("0.10")) - Decimal("0.01")
                yield {
                    "id": _key(2, number),
                    "category_id": _key(1, shelf),
                    "sku": f"{maker[:3].upper()}-{number:04d}",
                    "name": f"{maker} {thing.lower()}",
                    "description": f"{thing} by {maker}.",
                    "cost": str(cost),
                    "price": str(max(price, cost)),
                    "stock": dice.randint(0, 500),
                    "active": dice.random() < 0.95,
                }
                number += 1


def orders() -> Iterator[Row]:
    """Orders over most of a year, with one to five lines each."""
    dice = random.Random(13)
    shelf = list(products())
    buyers = [row["id"] for row in customers()]
    for number in range(ORDERS):
        made = OPENED + timedelta(seconds=SECONDS * number // ORDERS)
        status = dice.choices(["draft", "placed", "shipped", "cancelled"], [5, 15, 75, 5])[0]
        placed = made + timedelta(minutes=dice.randint(1, 90))
        chosen = dice.sample(shelf, dice.randint(1, 5))
        yield {
            "id": _key(3, number),
            "customer_id": buyers[min(int(dice.expovariate(0.012)), len(buyers) - 1)],
            "status": status,
            "placed_at": None if status == "draft" else placed.isoformat(),
            "created_at": made.isoformat(),
            "updated_at": placed.isoformat(),
            "lines": [
                {
                    "id": _key(4, number * 8 + place),
                    "product_id": product["id"],
                    "quantity": dice.randint(1, 4),
                    "price": "0.00" if status == "draft" else product["price"],
                }
                for place, product in enumerate(chosen)
            ],
        }


ROWS = {
    "Customer": customers,
    "Staff": staff,
    "Category": categories,
    "Product": products,
    "Order": orders,
}
"""What to load, in this order."""
