"""Do all servers answer the same, and do they all keep the same door? Asked before measuring."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any

from bench.dataset import uuid7
from bench.servers import Running
from bench.tokens import forged, token
from bench.workloads import FULL, Request, Shop

Json = Any
Meaning = object


class Disagreement(Exception):
    """A server answers other than the first one, or lets somebody in whom it must refuse."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the body, decoded from JSON (None when it is empty or no JSON)."""

    status: int
    body: Json


def ask(running: Running, request: Request) -> Answer:
    """Send one request on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=30)
    try:
        connection.request(request.method, request.path, request.body or None, request.head())
        response = connection.getresponse()
        raw = response.read()
    finally:
        connection.close()
    try:
        return Answer(response.status, json.loads(raw, parse_float=Decimal))
    except ValueError:
        return Answer(response.status, None)


def order_meaning(order: Mapping[str, Json]) -> Meaning:
    """What an order says, whatever the spelling of its times, decimals and references."""
    said: dict[str, Meaning] = {
        "id": order["id"],
        "customer": order.get("customer_id") or _reference(order["customer"]),
        "status": order["status"],
        "placed_at": _moment(order["placed_at"]),
        "created_at": _moment(order["created_at"]),
        "updated_at": _moment(order["updated_at"]),
        "version": order["version"],
    }
    if isinstance(order.get("customer"), dict):
        said["user"] = tuple(order["customer"][name] for name in ("id", "name", "email"))
    if "lines" in order:
        said["lines"] = sorted(map(_line_meaning, _items(order["lines"])), key=repr)
    return said


def page_meaning(page: Json) -> Meaning:
    """What a page of orders says, in its order."""
    return [order_meaning(order) for order in _items(page)]


def created_meaning(order: Mapping[str, Json]) -> Meaning:
    """What a created order says, apart from its id and its times, which differ by nature."""
    customer = order.get("customer_id") or _reference(order["customer"])
    return {"customer": customer, "status": order["status"], "placed_at": order["placed_at"]}


READINGS: Mapping[str, Callable[[Json], Meaning]] = {
    "read": order_meaning,
    "list": page_meaning,
    "nested": order_meaning,
    "create": created_meaning,
}


def check_same(running: Sequence[Running], workload: str, requests: Sequence[Request]) -> None:
    """Every server gives every request an answer of the same meaning.

    Raises Disagreement that shows the request and both answers.
    """
    read = READINGS[workload]
    for request in requests:
        first: Meaning = None
        for server in running:
            answer = ask(server, request)
            meaning = read(answer.body) if 200 <= answer.status < 300 else answer.status
            if server is running[0]:
                first = meaning
            if meaning != first or isinstance(meaning, int):
                raise Disagreement(
                    f"{request.method} {request.path}\n{running[0].server.name}: {first}\n"
                    f"{server.server.name}: {answer.status} {meaning}\n{answer.body}"
                )


def check_created(running: Running, request: Request) -> None:
    """A created order can be read back by its owner, with the lines that were asked for."""
    answer = ask(running, request)
    if answer.status != 201:
        raise Disagreement(f"{running.server.name} creates with {answer.status}: {answer.body}")
    path = f"/v1/orders/{answer.body['id']}?{FULL}"
    found = ask(running, replace(request, method="GET", path=path, body=b""))
    lines = _items(found.body["lines"])
    stored = {(_reference(line["product"]), line["quantity"]) for line in lines}
    wanted = {(line["product_id"], line["quantity"]) for line in json.loads(request.body)["lines"]}
    if stored != wanted:
        raise Disagreement(f"{running.server.name} stored {stored}, not {wanted}")


def check_guards(running: Running, shop: Shop) -> None:
    """Nobody gets in without a valid token, nor at another customer's order."""
    for what, request, refusals in _guards(shop):
        status = ask(running, request).status
        if status not in refusals:
            raise Disagreement(f"{running.server.name} answers {what} with {status}")


def _guards(shop: Shop) -> Iterator[tuple[str, Request, tuple[int, ...]]]:
    caller, other = shop.callers[:2]
    path, owner = f"/v1/orders/{caller.orders[0]}", caller.owner
    unauthenticated = (401,)
    past = datetime.now(UTC) - timedelta(hours=1)
    bad = {
        "no token": None,
        "a forged token": forged(owner),
        "an expired token": token(owner, exp=int(past.timestamp())),
        "a token for another audience": token(owner, aud="elsewhere"),
        "a token of another issuer": token(owner, iss="https://elsewhere.example"),
    }
    for what, bearer in bad.items():
        yield what, Request("GET", path, owner, bearer), unauthenticated
    create = Request("POST", "/v1/orders", owner, None, b'{"lines": []}')
    yield "a create without a token", create, unauthenticated
    yield "another's order", Request("GET", path, other.owner, other.token), (404,)
    unknown = Request("GET", f"/v1/orders/{_unknown_id()}", owner, caller.token)
    yield "an unknown order", unknown, (404,)
    body = json.dumps({"lines": [{"product_id": shop.products[0], "quantity": 0}]}).encode()
    nothing = Request("POST", "/v1/orders", owner, caller.token, body)
    yield "an order of no pieces", nothing, (400, 422)
    body = json.dumps({"lines": [{"product_id": _unknown_id(), "quantity": 1}]}).encode()
    unknown = Request("POST", "/v1/orders", owner, caller.token, body)
    yield "an order of an unknown product", unknown, (400, 404, 409, 422)


def _unknown_id() -> str:
    return str(uuid7(datetime.now(UTC), random.Random(0)))


def _items(value: Json) -> list[Json]:
    if isinstance(value, dict):
        value = value["items"] if "items" in value else value["results"]
    return list(value)


def _reference(value: Json) -> Json:
    return value["id"] if isinstance(value, dict) else value


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _line_meaning(line: Mapping[str, Json]) -> Meaning:
    product = line["product"]
    price = Decimal(str(product["price"]))
    return (line["id"], line["quantity"], product["id"], product["name"], price, product["stock"])
