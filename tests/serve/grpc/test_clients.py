"""Clients that know the .proto alone, or nothing at all, call a service of its own process."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import pytest

from charter.cli.main import main
from tests.serve.apps import free_port, served, token

CONTRACT = Path(__file__).with_name("stock_contract.py")
GRPCURL = str(Path(sys.executable).with_name("grpcurl"))
HELPERS = Path(__file__).parents[2] / "support" / "grpc"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stock")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """A service in production, with the numbers that `charter design` has written."""
    contract = folder / "stock.py"
    shutil.copy(CONTRACT, contract)
    assert main(["design", str(contract), "--proto", str(folder / "proto")]) == 0
    port = free_port()
    flags = ("--grpc-port", str(port), "--grpc-reflection", "--production")
    with served(folder, *flags, contract=contract):
        yield f"127.0.0.1:{port}"


def said(command: list[str]) -> object:
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_stubs_in_python(folder: Path, address: str) -> None:
    stubs = folder / "stubs"
    stubs.mkdir()
    well_known = str(files("grpc_tools").joinpath("_proto"))
    protos = [str(path) for path in sorted((folder / "proto").rglob("*.proto"))]
    made = subprocess.run(
        [
            sys.executable, "-m", "grpc_tools.protoc", "-I", str(folder / "proto"), "-I",
            well_known, f"--python_out={stubs}", f"--grpc_python_out={stubs}", *protos,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (made.returncode, made.stderr) == (0, "")
    command = [sys.executable, str(HELPERS / "stubs.py"), address, str(stubs), token()]
    assert said(command) == {
        "state": "STATE_USED",
        "pieces": 3,
        "created": True,
        "listed": ["Mocha", 3, "Coffee", False],
        "streamed": ["Mocha"],
        "ready": [False, True, False],
        "watched": [["CHANGE_KIND_SNAPSHOT", True, 3], ["CHANGE_KIND_UPDATED", True, 2]],
    }


def test_a_client_in_javascript(folder: Path, address: str) -> None:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    if not (HELPERS / "node_modules").is_dir():
        pytest.skip(f"`npm ci` in {HELPERS.name} installs the client")
    proto = str(folder / "proto")
    command = ["node", str(HELPERS / "client.js"), address, f"{proto}/stock/v1/stock.proto"]
    found = said([*command, proto, token()])
    assert isinstance(found, dict)
    assert found.pop("details") == 1
    assert "Assam" in found.pop("streamed")
    assert found == {
        "created_at": True,
        "price": "5.00",
        "version": "2",
        "listed": [["Assam", "5.00", "Tea", None]],
        "refused": 5,
        "watched": [["CHANGE_KIND_SNAPSHOT", "5.00"], ["CHANGE_KIND_UPDATED", "6.00"]],
    }


def grpcurl(
    address: str, *arguments: str, sent: str | None = None, flags: Sequence[str] = ()
) -> str:
    bearer = ["-H", f"authorization: Bearer {token()}"]
    data = [] if sent is None else ["-d", sent]
    command = [GRPCURL, "-plaintext", *flags, *bearer, *data, address, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return run.stdout + run.stderr


def test_grpcurl_needs_no_proto(address: str) -> None:
    assert grpcurl(address, "list").split() == [
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "stock.v1.CategoryService",
        "stock.v1.ProductService",
        "stock.v1.StockService",
    ]
    described = grpcurl(address, "describe", "stock.v1.ProductService")
    assert "rpc TakeProduct ( .stock.v1.TakeProductRequest )" in described
    watch = ".stock.v1.WatchProductsRequest ) returns ( stream .stock.v1.WatchProductsResponse )"
    assert watch in described
    made = grpcurl(
        address, "stock.v1.CategoryService/CreateCategory", sent='{"category": {"name": "Cocoa"}}'
    )
    assert json.loads(made)["name"] == "Cocoa"
    refused = grpcurl(
        address, "stock.v1.CategoryService/CreateCategory", sent='{"category": {"name": "Cocoa"}}'
    )
    assert "Code: AlreadyExists" in refused
    assert '"reason":"NOT_UNIQUE"' in refused, "reflection knows the details of errors"
    assert '"field":"category.name"' in refused
    flags = ("-max-time", "2")
    watched = grpcurl(address, "stock.v1.CategoryService/WatchCategories", sent="{}", flags=flags)
    assert '"kind": "CHANGE_KIND_SNAPSHOT"' in watched
    assert '"ready": true' in watched
    assert "Code: DeadlineExceeded" in watched
    healthy = grpcurl(address, "grpc.health.v1.Health/Check")
    assert json.loads(healthy) == {"status": "SERVING"}
