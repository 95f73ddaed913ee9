"""`charter design --proto`, and what `charter run` wants of the numbers that it writes."""

import shutil
from pathlib import Path

import pytest

from charter.cli.main import main
from charter.wire.grpc.numbering import read_numbers
from tests.serve.apps import free_port
from tests.serve.grpc.test_clients import CONTRACT


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    return Path(shutil.copy(CONTRACT, tmp_path / "stock.py"))


def design(contract: Path) -> int:
    return main(["design", str(contract), "--proto", str(contract.parent / "proto")])


def run(contract: Path) -> int:
    ports = ["--port", str(free_port()), "--grpc-port", str(free_port())]
    return main(["run", str(contract), "--production", "--auth-secret", "x" * 40, *ports])


def test_a_second_design_changes_nothing(
    contract: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert design(contract) == 0
    assert capsys.readouterr().out.count("written") == 3
    before = {path: path.read_bytes() for path in contract.parent.rglob("*.[pt][ro][om]*")}
    assert design(contract) == 0
    assert capsys.readouterr().out.count("unchanged") == 3
    assert {path: path.read_bytes() for path in before} == before


def test_a_field_that_goes_and_comes_again_is_another(contract: Path) -> None:
    design(contract)
    text = contract.read_text(encoding="utf-8")
    numbers = contract.parent / "stock.numbers.toml"
    first = read_numbers(numbers)
    assert first is not None
    old = first.of("Product", "price")
    contract.write_text(text.replace("price: Decimal", "cost: Decimal"), encoding="utf-8")
    design(contract)
    proto = (contract.parent / "proto/stock/v1/stock.proto").read_text(encoding="utf-8")
    assert f"  reserved {old};\n" in proto
    assert '  reserved "price";\n' in proto
    contract.write_text(text, encoding="utf-8")
    design(contract)
    last = read_numbers(numbers)
    assert last is not None
    assert last.of("Product", "price") > old
    assert old in last.tables["Product"].gone


def test_in_production_every_number_has_to_be_there(
    contract: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(contract) == 1
    assert "numbers_missing" in capsys.readouterr().err
    design(contract)
    numbers = contract.parent / "stock.numbers.toml"
    text = numbers.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines(keepends=True) if '"pieces"' not in line]
    numbers.write_text("".join(lines), encoding="utf-8")
    assert run(contract) == 1
    said = capsys.readouterr().err
    assert "numbers_stale" in said
    assert "Product.pieces" in said


def test_a_number_that_somebody_gave_again_is_a_fault(
    contract: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design(contract)
    numbers = contract.parent / "stock.numbers.toml"
    text = numbers.read_text(encoding="utf-8")
    found = read_numbers(numbers)
    assert found is not None
    name, price = (found.of("Product", field) for field in ("name", "price"))
    broken = text.replace(f'"price" = {{ number = {price}', f'"price" = {{ number = {name}')
    numbers.write_text(broken, encoding="utf-8")
    assert design(contract) == 1
    said = capsys.readouterr().err
    assert f"number_reused: Product.price has the number {name}" in said
    assert run(contract) == 1


def test_proto_goes_alone(contract: Path) -> None:
    assert main(["design", str(contract), "--proto", "x", "--against", str(contract)]) == 2


def test_numbers_that_have_moved_are_told_against_the_contract_before(
    contract: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design(contract)
    before = tmp_path / "before"
    shutil.copytree(contract.parent, before, ignore=lambda *_: ["before"])
    against = ["design", str(contract), "--against", str(before / contract.name)]
    assert main(against) == 0
    numbers = contract.parent / "stock.numbers.toml"
    found = read_numbers(numbers)
    assert found is not None
    old = f'"price" = {{ number = {found.of("Product", "price")}'
    text = numbers.read_text(encoding="utf-8")
    numbers.write_text(text.replace(old, '"price" = { number = 77'), encoding="utf-8")
    capsys.readouterr()
    assert main([*against, "--json"]) == 1
    assert '"grpc_number_moved"' in capsys.readouterr().out
