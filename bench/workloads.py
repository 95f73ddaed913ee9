"""The workloads: which requests are sent, of which customers, in which mix."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.dataset import Dataset
from bench.tokens import token

CALLERS = 200
REQUESTS = 20_000
LINES_IN_A_CREATE = 2
READS_IN_TEN = 9
FULL = "include=customer,lines.product"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request of a customer."""

    method: str
    path: str
    owner: str
    token: str | None
    body: bytes = b""

    def head(self) -> dict[str, str]:
        """The header fields; `X-Owner` is what the floor trusts in place of a token."""
        fields = {"Host": "localhost", "Accept": "application/json", "X-Owner": self.owner}
        if self.token is not None:
            fields["Authorization"] = f"Bearer {self.token}"
        if self.body:
            fields["Content-Type"] = "application/json"
            fields["Content-Length"] = str(len(self.body))
        return fields

    def encode(self) -> bytes:
        """The request as HTTP/1.1 bytes."""
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.head().items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{fields}\r\n".encode() + self.body


@dataclass(frozen=True, slots=True)
class Caller:
    """A customer that sends requests: its token, if any, and the orders it owns."""

    owner: str
    token: str | None
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shop:
    """What requests are made from."""

    callers: tuple[Caller, ...]
    products: tuple[str, ...]


Maker = Callable[[Shop, random.Random], Request]


def shop_of(data: Dataset, callers: int = CALLERS) -> Shop:
    """The first `callers` customers that have orders, with these and a token each."""
    orders: dict[str, list[str]] = {}
    for order, customer, *_ in data.orders:
        orders.setdefault(str(customer), []).append(str(order))
    owners = sorted(orders)[:callers]
    return Shop(
        tuple(Caller(owner, token(owner), tuple(orders[owner])) for owner in owners),
        tuple(str(product[0]) for product in data.products),
    )


def read_one(shop: Shop, rng: random.Random) -> Request:
    """One order of the caller."""
    caller = rng.choice(shop.callers)
    return Request("GET", f"/v1/orders/{rng.choice(caller.orders)}", caller.owner, caller.token)


def list_placed(shop: Shop, rng: random.Random) -> Request:
    """The caller's 20 newest placed orders."""
    caller = rng.choice(shop.callers)
    path = "/v1/orders?status=placed&limit=20&sort=-created_at"
    return Request("GET", path, caller.owner, caller.token)


def read_nested(shop: Shop, rng: random.Random) -> Request:
    """One order of the caller with its customer, its lines, and each line's product."""
    caller = rng.choice(shop.callers)
    path = f"/v1/orders/{rng.choice(caller.orders)}?{FULL}"
    return Request("GET", path, caller.owner, caller.token)


def create(shop: Shop, rng: random.Random) -> Request:
    """A new order of the caller with two lines."""
    caller = rng.choice(shop.callers)
    products = rng.sample(shop.products, LINES_IN_A_CREATE)
    lines = [{"product_id": product, "quantity": rng.randint(1, 5)} for product in products]
    body = json.dumps({"lines": lines}).encode()
    return Request("POST", "/v1/orders", caller.owner, caller.token, body)


def mixed(shop: Shop, rng: random.Random) -> Request:
    """Nine reads, of the three kinds alike, to one create."""
    if rng.randrange(10) < READS_IN_TEN:
        return rng.choice((read_one, list_placed, read_nested))(shop, rng)
    return create(shop, rng)


@dataclass(frozen=True, slots=True)
class Workload:
    """A kind of load: how a request is made, and whether it leaves rows behind."""

    name: str
    title: str
    make: Maker
    writes: bool = False


WORKLOADS = (
    Workload("read", "read one", read_one),
    Workload("list", "list 20 filtered", list_placed),
    Workload("nested", "order + customer + lines + products", read_nested),
    Workload("create", "create with two lines", create, writes=True),
    Workload("mixed", "mixed 90/10", mixed, writes=True),
)


def write_requests(path: Path, workload: Workload, shop: Shop, count: int = REQUESTS) -> None:
    """Write `count` requests to `path` in the load generator's format: length, then bytes."""
    rng = random.Random(workload.name)
    with path.open("wb") as file:
        for _ in range(count):
            request = workload.make(shop, rng).encode()
            file.write(struct.pack("<I", len(request)) + request)


def samples(workload: Workload, shop: Shop, count: int) -> Sequence[Request]:
    """`count` requests of the workload, the same ones on every run."""
    rng = random.Random(f"sample {workload.name}")
    return [workload.make(shop, rng) for _ in range(count)]
