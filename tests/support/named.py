"""Tests that a page of the documentation names as `tests/…/test_x.py::test_y`."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def named_in(page: str) -> list[tuple[str, str]]:
    """The file and name of each test that a page names."""
    return sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)))


@cache
def defined_in(path: str) -> frozenset[str]:
    """The functions that a file defines."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(node.name for node in tree.body if isinstance(node, functions))
