"""What holds for every source file."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    path.relative_to(ROOT).as_posix()
    for folder in ("src", "examples", "docs")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def repeated(tree: ast.AST) -> Iterator[str]:
    """The keys that a dictionary is given twice, of which the first is lost."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = Counter(ast.unparse(key) for key in node.keys if key is not None)
            yield from (f"line {node.lineno}: {key}" for key, count in keys.items() if count > 1)


@pytest.mark.parametrize("name", FILES)
def test_no_dictionary_has_a_key_twice(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert list(repeated(ast.parse(text))) == []
