"""The nested reads over GraphQL: a document for each server, requests, and what answers mean."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.answers import Answer, Disagreement, ask, order_meaning
from bench.servers import Running
from bench.tokens import forged, token
from bench.workloads import FULL, Request, Shop, Workload

Json = Any
PATH = "/graphql"
PAGE = 20
STAMPS = "createdAt updatedAt version"
REST = "rest"
"""The read that the others are compared with: the same one over REST."""


@dataclass(frozen=True, slots=True)
class Words:
    """How one server's schema says what is asked. `orders` may name {first} and {status}."""

    order: str
    orders: str
    id_type: str = "ID!"
    id: str = "id"
    customer: str = "customer"
    lines: str = "lines"
    product: str = "product"
    nodes: bool = True
    """Whether lists are connections."""

    def list_of(self, fields: str) -> str:
        return f"{{ nodes {{ {fields} }} }}" if self.nodes else f"{{ {fields} }}"

    def fields(self) -> str:
        """All fields of an order, its customer, its lines and their products."""
        product = f"product: {self.product} {{ id: {self.id} name price cost stock {STAMPS} }}"
        line = f"id: {self.id} orderId productId quantity {STAMPS} {product}"
        customer = f"customer: {self.customer} {{ id: {self.id} name email {STAMPS} }}"
        lines = f"lines: {self.lines} {self.list_of(line)}"
        return f"id: {self.id} customerId status placedAt {STAMPS} {customer} {lines}".replace(
            "id: id", "id"
        )

    def one(self) -> str:
        """The document that reads one order."""
        return f"query($id: {self.id_type}) {{ order: {self.order} {{ {self.fields()} }} }}"

    def many(self) -> str:
        """The document that reads the newest placed orders."""
        head = "query($first: Int!)"
        return f"{head} {{ orders: {self.orders} {self.list_of(self.fields())} }}"


PLAIN = Words(order="order(id: $id)", orders="orders(first: $first, status: placed)", nodes=False)
WORDS: Mapping[str, Words] = {
    "charter": Words(
        order="order(id: $id)",
        orders="orders(first: $first, filter: {status: {eq: placed}}, "
        "sort: [{field: CREATED_AT, direction: DESC}])",
    ),
    "postgraphile": Words(
        order="orderByRowId(rowId: $id)",
        orders='allOrders(first: $first, condition: {status: "placed"}, orderBy: CREATED_AT_DESC)',
        id_type="UUID!",
        id="rowId",
        customer="userByCustomerId",
        lines="orderLinesByOrderId",
        product="productByProductId",
    ),
    "mercurius": PLAIN,
    "strawberry": Words(PLAIN.order, PLAIN.orders, id_type="UUID!", nodes=False),
}

Variables = Callable[[str, random.Random, Sequence[str]], dict[str, Json]]


@dataclass(frozen=True, slots=True)
class Read:
    """One kind of read: the path over REST, and the variables and document over GraphQL."""

    name: str
    title: str
    root: str

    def workload(self, server: str) -> Workload:
        """The requests that this server is sent. `rest` stands for Charter's REST."""
        name = f"{self.name}.{server}"
        if server == REST:
            return Workload(name, self.title, self._over_rest)
        words = WORDS[server]
        document = words.one() if self.root == "order" else words.many()

        def make(shop: Shop, rng: random.Random) -> Request:
            caller = rng.choice(shop.callers)
            variables: dict[str, Json] = {"first": PAGE}
            if self.root == "order":
                order = rng.choice(caller.orders)
                variables = {"id": f"Order:{order}" if server == "charter" else order}
            return posted(caller.owner, caller.token, document, variables)

        return Workload(name, self.title, make)

    def _over_rest(self, shop: Shop, rng: random.Random) -> Request:
        caller = rng.choice(shop.callers)
        path = f"/v1/orders?status=placed&limit={PAGE}&sort=-created_at&{FULL}"
        if self.root == "order":
            path = f"/v1/orders/{rng.choice(caller.orders)}?{FULL}"
        return Request("GET", path, caller.owner, caller.token)

    def meaning(self, answer: Answer) -> object:
        """What an answer of any of the servers says. Raises KeyError and TypeError for none."""
        body = answer.body
        if "data" in body:
            found = body["data"][self.root]
            rows = [found] if self.root == "order" else _rows(found)
            return [order_meaning(_snake(row)) for row in rows]
        return [order_meaning(row) for row in body.get("items", [body])]


READS = (
    Read("graphql_one", "GraphQL: order + customer + lines + products", "order"),
    Read("graphql_list", f"GraphQL: {PAGE} orders + customer + lines + products", "orders"),
)


def posted(owner: str, bearer: str | None, document: str, variables: Mapping[str, Json]) -> Request:
    """A GraphQL request as clients send it: the whole document each time."""
    body = json.dumps({"query": document, "variables": variables}).encode()
    return Request("POST", PATH, owner, bearer, body)


def check_same(running: Mapping[str, Running], read: Read, shop: Shop, count: int) -> None:
    """All servers say the same to the same reads. Raises Disagreement that shows what differs."""
    made = {name: read.workload(name) for name in running}
    for number in range(count):
        first: object = None
        for name, server in running.items():
            request = made[name].make(shop, random.Random(number))
            answer = ask(server, request)
            try:
                said: object = read.meaning(answer)
            except (KeyError, TypeError, AttributeError):
                said = None
            first = said if first is None else first
            if said is None or said != first:
                raise Disagreement(f"{name} answers {answer}\nand not {first}")


def check_guards(name: str, running: Running, shop: Shop) -> None:
    """Nobody reads without a valid token, nor another customer's order. Raises Disagreement."""
    caller, other = shop.callers[:2]
    read = READS[0].workload(name)
    path = read.make(Shop((caller,), shop.products), random.Random(0))
    bad = {
        "no token": None,
        "a forged token": forged(caller.owner),
        "a token for another audience": token(caller.owner, aud="elsewhere"),
        "another's token": other.token,
    }
    for what, bearer in bad.items():
        answer = ask(running, Request(path.method, path.path, caller.owner, bearer, path.body))
        data = answer.body.get("data") if isinstance(answer.body, dict) else None
        if data and data.get("order") is not None:
            raise Disagreement(f"{name} shows an order to {what}")


def _rows(found: Json) -> list[Json]:
    return list(found["nodes"] if isinstance(found, dict) else found)


def _snake(row: Mapping[str, Json]) -> dict[str, Json]:
    """An order as the REST servers spell it, without the types in the identifiers."""
    return {
        "id": _key(row["id"]),
        "customer_id": _key(row["customerId"]),
        "status": row["status"],
        "placed_at": row["placedAt"],
        "created_at": row["createdAt"],
        "updated_at": row["updatedAt"],
        "version": int(row["version"]),
        "customer": {**row["customer"], "id": _key(row["customer"]["id"])},
        "lines": [_line(line) for line in _rows(row["lines"])],
    }


def _line(line: Mapping[str, Json]) -> dict[str, Json]:
    product = line["product"]
    said = {**product, "id": _key(product["id"]), "stock": int(product["stock"])}
    return {"id": _key(line["id"]), "quantity": int(line["quantity"]), "product": said}


def _key(identifier: str) -> str:
    return identifier.rpartition(":")[2]
