"""The canonical JSON of a contract: the same bytes everywhere, and all of the contract."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from charter.contract.canonical import canonical_json
from charter.contract.expression import NEVER
from charter.contract.resource import Allow, Policy
from charter.language.load import load_contract

ROOT = Path(__file__).resolve().parents[2]
PRINT = """
import sys
from pathlib import Path
from charter.contract.canonical import canonical_json
from charter.language.load import load_contract
sys.stdout.buffer.write(canonical_json(load_contract(Path(sys.argv[1]))))
"""
EXAMPLES = sorted((ROOT / "examples").glob("*/contract.py"))


def printed(path: Path, seed: str) -> bytes:
    """The canonical JSON as another process makes it."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", PRINT, str(path)]
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_two_processes_give_the_same_bytes(path: Path) -> None:
    first = printed(path, "1")
    assert first == printed(path, "4242") == canonical_json(load_contract(path))
    assert first.endswith(b"}\n")
    assert json.loads(first)["charter"] == 1


def test_no_place_and_no_object_is_in_it() -> None:
    text = canonical_json(load_contract(ROOT / "examples/shop/contract.py")).decode()
    assert str(ROOT) not in text
    assert "object at" not in text
    assert '"place":' not in text


def test_a_change_of_a_rule_changes_it() -> None:
    contract = load_contract(ROOT / "examples/todo/contract.py")
    (user, task) = contract.resources
    closed = Policy(allows=(Allow(("*",), NEVER),))
    changed = replace(contract, resources=(user, replace(task, policy=closed)))
    assert canonical_json(changed) != canonical_json(contract)


def test_aggregates_are_complete_in_it() -> None:
    members = json.loads(canonical_json(load_contract(ROOT / "examples/shop/contract.py")))
    order = next(item for item in members["resources"] if item["name"] == "Order")
    pieces = next(item for item in order["computed"] if item["name"] == "pieces")
    assert pieces["expression"] == {
        "node": "aggregate",
        "function": "sum",
        "path": ["lines"],
        "scope": 2,
        "start": 0,
        "type": {"scalar": "integer"},
        "where": None,
        "value": {
            "node": "column",
            "field": "quantity",
            "path": [],
            "scope": 2,
            "type": {"ge": 1, "le": 1000, "scalar": "integer"},
        },
    }
