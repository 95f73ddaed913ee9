"""The shop's rows: the same on every run, made from a fixed seed, loaded in bulk."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import asyncpg

SCHEMA = Path(__file__).with_name("schema.sql")

FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)
LAST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""Every seeded row is older than this; every row a benchmark writes is newer."""

STATUSES = ("draft", "placed", "placed", "placed", "shipped")
LINES_PER_ORDER = (1, 2, 3, 4, 5)
ADJECTIVES = ("Round", "Plain", "Sturdy", "Quiet", "Bright", "Folding", "Small", "Heavy")
NOUNS = ("Kettle", "Lamp", "Chair", "Notebook", "Basket", "Clock", "Blanket", "Mirror")

DECIMAL_PLACES = 2

Record = tuple[object, ...]

STAMPS = ("created_at", "updated_at", "version")
COLUMNS: dict[str, tuple[str, ...]] = {
    "users": ("id", "name", "email", *STAMPS),
    "products": ("id", "name", "price", "cost", "stock", *STAMPS),
    "orders": ("id", "customer_id", "status", "placed_at", *STAMPS),
    "order_lines": ("id", "order_id", "product_id", "quantity", *STAMPS),
}
"""Tables in an order that satisfies their references, with the columns of each record."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows to make; an order has three lines on average."""

    customers: int = 1_000
    products: int = 1_000
    orders: int = 100_000


@dataclass(frozen=True, slots=True)
class Dataset:
    """The records of each table, in the column order of `COLUMNS`."""

    users: list[Record]
    products: list[Record]
    orders: list[Record]
    order_lines: list[Record]

    def tables(self) -> Iterator[tuple[str, list[Record]]]:
        """Yield each table's name and records, referenced tables first."""
        for name in COLUMNS:
            yield name, getattr(self, name)


def uuid7(moment: datetime, rng: random.Random) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7) of the given moment, its random bits from `rng`."""
    milliseconds = int(moment.timestamp() * 1000)
    head = (milliseconds << 80) | (7 << 76) | (rng.getrandbits(12) << 64)
    return UUID(int=head | (0b10 << 62) | rng.getrandbits(62))


def make(size: Size = Size(), seed: int = 7) -> Dataset:
    """Make the rows of a shop of `size`; the same seed gives the same rows."""
    rng = random.Random(seed)
    start = (FIRST_DAY, FIRST_DAY, 1)
    users: list[Record] = [
        (f"customer-{n:04}", f"Customer {n}", f"customer{n}@example.com", *start)
        for n in range(size.customers)
    ]
    products: list[Record] = []
    for n in range(size.products):
        price = Decimal(rng.randrange(100, 50_000)) / 100
        cost = (price * Decimal("0.6")).quantize(Decimal("0.01"))
        name = f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)} {n}"
        products.append((uuid7(FIRST_DAY, rng), name, price, cost, 10_000_000, *start))
    orders: list[Record] = []
    lines: list[Record] = []
    step = (LAST_DAY - FIRST_DAY) / (size.orders + 1)
    for n in range(size.orders):
        moment = FIRST_DAY + (n + 1) * step
        order = uuid7(moment, rng)
        status = rng.choice(STATUSES)
        placed = None if status == "draft" else moment + timedelta(minutes=5)
        customer = users[rng.randrange(size.customers)][0]
        orders.append((order, customer, status, placed, moment, moment, 1))
        for _ in range(LINES_PER_ORDER[n % len(LINES_PER_ORDER)]):
            product = products[rng.randrange(size.products)][0]
            quantity = rng.randint(1, 5)
            lines.append((uuid7(moment, rng), order, product, quantity, moment, moment, 1))
    return Dataset(users, products, orders, lines)


async def seed(database: str, data: Dataset) -> None:
    """Load the tables of the PostgreSQL database at this URL; create them if they are missing."""
    connection = await asyncpg.connect(database)
    try:
        if await connection.fetchval("SELECT to_regclass('orders')") is None:
            await connection.execute(SCHEMA.read_text())
        for table, records in data.tables():
            await connection.copy_records_to_table(table, records=records, columns=COLUMNS[table])
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def forget_writes(database: str) -> None:
    """Delete what the benchmark wrote, so that every measurement meets the same tables."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("DELETE FROM order_lines WHERE created_at > $1", LAST_DAY)
        await connection.execute("DELETE FROM orders WHERE created_at > $1", LAST_DAY)
        if await connection.fetchval("SELECT to_regclass('charter_outbox')") is not None:
            await connection.execute("TRUNCATE charter_outbox")
        await connection.execute("VACUUM (ANALYZE) orders, order_lines")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def sqlite_value(value: object) -> object:
    """A value as Charter's SQLite tables store it: decimals as integers scaled by their places,
    times as ISO 8601 text in UTC without trailing zeros of the fraction."""
    match value:
        case UUID():
            return str(value)
        case Decimal():
            return int(value.scaleb(DECIMAL_PLACES))
        case datetime(microsecond=0):
            return value.isoformat()
        case datetime():
            return f"{value.isoformat().removesuffix('+00:00').rstrip('0')}+00:00"
        case _:
            return value


def seed_sqlite(path: Path, tables: Iterable[tuple[str, Iterable[Record]]]) -> None:
    """Load the tables of this SQLite file, which Charter has created."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, records in tables:
            columns = COLUMNS[table]
            marks = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            rows = (tuple(map(sqlite_value, record)) for record in records)
            connection.executemany(statement, rows)
        connection.execute("ANALYZE")


def forget_writes_sqlite(path: Path) -> None:
    """As `forget_writes`, in this SQLite file."""
    with closing(sqlite3.connect(path, timeout=60)) as connection, connection:
        for table in ("order_lines", "orders"):
            last = sqlite_value(LAST_DAY)
            connection.execute(f"DELETE FROM {table} WHERE created_at > ?", (last,))
