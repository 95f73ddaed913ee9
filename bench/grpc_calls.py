"""The calls over gRPC: stubs from the contract's .proto, prepared requests, equal answers."""

from __future__ import annotations

import importlib
import random
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc

from bench.answers import Disagreement
from bench.servers import ROOT, STUBS, Running
from bench.tokens import forged, token
from bench.workloads import REQUESTS, Shop

CONTRACT = "bench/charter_shop.py"
PACKAGE = "shop.v1"
READ_ONE, READ_ALL = (
    f"/{PACKAGE}.OrderService/GetOrder",
    f"/{PACKAGE}.ProductService/StreamProducts",
)
SECONDS = 60.0
DATA, HEADERS, END_HEADERS, END_STREAM = 0, 1, 4, 1
STATIC_TABLE = {":path": 4, ":authority": 1, "content-type": 31, "authorization": 23}
METHOD_POST, SCHEME_HTTP = 0x83, 0x86


@dataclass(frozen=True, slots=True)
class Stubs:
    """What protoc made of the contract's .proto."""

    messages: ModuleType
    services: ModuleType


def made(directory: Path, charter: str) -> Stubs:
    """Write the .proto of the contract and its stubs below the directory, and load them."""
    protos, stubs = directory / "proto", directory / STUBS
    stubs.mkdir()
    design = [charter, "-m", "charter", "design", CONTRACT, "--proto", str(protos)]
    subprocess.run(design, cwd=ROOT, check=True, capture_output=True)
    files = [str(path) for path in sorted(protos.rglob("*.proto"))]
    out = [f"--python_out={stubs}", f"--grpc_python_out={stubs}", f"-I{protos}"]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *out, *files], check=True)
    sys.path.insert(0, str(stubs))
    return Stubs(
        importlib.import_module(f"{PACKAGE}.shop_pb2"),
        importlib.import_module(f"{PACKAGE}.shop_pb2_grpc"),
    )


def write_requests(path: Path, stubs: Stubs, shop: Shop, method: str) -> None:
    """Write calls of the method in the load generator's format: length, then two frames."""
    rng = random.Random(method)
    with path.open("wb") as file:
        for _ in range(REQUESTS):
            caller = rng.choice(shop.callers)
            message = stubs.messages.StreamProductsRequest()
            if method == READ_ONE:
                message = stubs.messages.GetOrderRequest(id=rng.choice(caller.orders))
            call = encoded(method, caller.token or "", message.SerializeToString())
            file.write(struct.pack("<I", len(call)) + call)


def encoded(method: str, bearer: str, message: bytes) -> bytes:
    """A call as frames of HTTP/2 (RFC 9113, section 4.1) of a stream that has no number yet."""
    fields = {
        ":path": method,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
        "user-agent": "charter-bench",
        "authorization": f"Bearer {bearer}",
    }
    block = bytes([METHOD_POST, SCHEME_HTTP])
    block += b"".join(_literal(name, value) for name, value in fields.items())
    data = struct.pack(">BI", 0, len(message)) + message
    return _frame(HEADERS, END_HEADERS, block) + _frame(DATA, END_STREAM, data)


def _frame(kind: int, flags: int, payload: bytes) -> bytes:
    return struct.pack(">IBI", len(payload) << 8 | kind, flags, 0) + payload


def _literal(name: str, value: str) -> bytes:
    """A field that no table keeps (RFC 7541, section 6.2.2), without Huffman's code."""
    place = STATIC_TABLE.get(name)
    head = b"\0" + _text(name) if place is None else _number(place, 4)
    return head + _text(value)


def _text(value: str) -> bytes:
    return _number(len(value), 7) + value.encode()


def _number(value: int, bits: int) -> bytes:
    """An integer with a prefix of so many bits (RFC 7541, section 5.1)."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([value])
    found, value = bytearray([most]), value - most
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def check_same(running: Sequence[Running], stubs: Stubs, shop: Shop, rows: int, count: int) -> None:
    """All servers give the same messages, and as many rows. Raises Disagreement."""
    caller = shop.callers[0]
    metadata = (("authorization", f"Bearer {caller.token}"),)
    found: list[tuple[list[Any], list[Any]]] = []
    for server in running:
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            orders = stubs.services.OrderServiceStub(channel)
            asked = [stubs.messages.GetOrderRequest(id=id) for id in caller.orders[:count]]
            how: Mapping[str, Any] = {
                "metadata": metadata, "timeout": SECONDS, "wait_for_ready": True,
            }  # fmt: skip
            read = [orders.GetOrder(request, **how) for request in asked]
            products = stubs.services.ProductServiceStub(channel)
            stream = list(products.StreamProducts(stubs.messages.StreamProductsRequest(), **how))
            _check_guards(server, orders, asked[0], shop)
        found.append((read, sorted(stream, key=lambda row: str(row.id))))
        if len(stream) != rows or found[-1] != found[0]:
            raise Disagreement(f"{server.server.name} answers other messages over gRPC")


def _check_guards(server: Running, orders: Any, request: Any, shop: Shop) -> None:
    caller, other = shop.callers[:2]
    bad = {
        "nobody": "",
        "a forger": forged(caller.owner),
        "another audience": token(caller.owner, aud="elsewhere"),
        "another customer": other.token,
    }
    for what, bearer in bad.items():
        metadata = (("authorization", f"Bearer {bearer}"),)
        try:
            orders.GetOrder(request, metadata=metadata, timeout=SECONDS)
        except grpc.RpcError:
            continue
        raise Disagreement(f"{server.server.name} shows an order to {what}")
