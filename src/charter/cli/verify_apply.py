"""Writes lines that declare indexes into the file of a contract."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from charter.cli.guard import Refused
from charter.contract.faults import ContractFaulty
from charter.language.load import load_contract

_BESIDE = ("index", "unique", "check")
_WORDS = ("all_of", "is_null", "not_", "one_of")


def applied(path: Path, lines: Sequence[str]) -> Iterator[str]:
    """Write the lines behind the last index that the contract declares, and tell what was done.

    The first word of a line is replaced by the name that the contract has in its file. Raises
    Refused, and leaves the file as it was, where the contract would have a fault then.
    """
    before = path.read_text(encoding="utf-8")
    module = ast.parse(before)
    variable = _variable(module)
    if variable is None:
        raise Refused(f"{path}: no line such as `shop = Contract(…)` is found: add the lines")
    wanted = [f"{variable}.{line.partition('.')[2]}" for line in lines]
    text = before.splitlines()
    place = _place(module, variable)
    at = place or len(text)
    text[at:at] = wanted if place else ["", *wanted]
    needed = [word for word in _WORDS if any(f"{word}(" in line for line in wanted)]
    missing = [word for word in needed if word not in _imported(module)]
    if missing:
        text.insert(_after_imports(module), f"from charter import {', '.join(missing)}")
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    try:
        load_contract(path)
    except ContractFaulty as faulty:
        path.write_text(before, encoding="utf-8")
        raise Refused(f"{path} is as it was: {faulty.faults[0].message}") from None
    yield from (f"{path}: {line}" for line in wanted)


def _variable(module: ast.Module) -> str | None:
    for node in module.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="Contract"))
            ):
                return name
    return None


def _place(module: ast.Module, variable: str) -> int | None:
    """Behind the last line of the last statement about indexes and constraints."""
    found = None
    for node in module.body:
        match node:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=said))
            ) if name == variable and said in _BESIDE:
                found = node.end_lineno
    return found


def _imported(module: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in module.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _after_imports(module: ast.Module) -> int:
    ends = [
        node.end_lineno or 0
        for node in module.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    return max(ends, default=0)
