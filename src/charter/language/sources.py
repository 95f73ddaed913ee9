"""The user's source as a syntax tree: the lines of fields, and what stands on a line."""

import ast
import linecache
from collections.abc import Mapping
from functools import lru_cache

from charter.core.places import Place


@lru_cache(maxsize=64)
def _parsed(file: str, text: str) -> ast.Module | None:
    try:
        return ast.parse(text, filename=file)
    except (SyntaxError, ValueError):
        return None


def tree_of(file: str) -> ast.Module | None:
    """The syntax tree of a file, or None where its source cannot be had."""
    text = "".join(linecache.getlines(file))
    return _parsed(file, text) if text else None


def class_at(place: Place, name: str) -> ast.ClassDef | None:
    """The class statement of a name that contains a line, decorators included."""
    tree = tree_of(place.file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if first <= place.line <= (node.end_lineno or node.lineno):
                return node
    return None


def lines_of_class(place: Place, name: str) -> Mapping[str, int]:
    """The line of each name that a class body gives a type or value; "" is the class itself."""
    node = class_at(place, name)
    if node is None:
        return {"": place.line}
    lines = {"": node.lineno}
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            lines[item.target.id] = item.lineno
        elif isinstance(item, ast.Assign):
            lines.update({n.id: item.lineno for n in item.targets if isinstance(n, ast.Name)})
    return lines


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def function_at(place: Place, name: str) -> FunctionNode | None:
    """The function statement of a name that begins (decorators included) at a line."""
    tree = tree_of(place.file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if first <= place.line <= (node.end_lineno or node.lineno):
                return node
    return None


def nodes_on(place: Place) -> list[ast.AST]:
    """The nodes that a line belongs to, innermost last."""
    tree = tree_of(place.file)
    return [
        node
        for node in (ast.walk(tree) if tree else ())
        if getattr(node, "lineno", place.line + 1)
        <= place.line
        <= (getattr(node, "end_lineno", None) or 0)
    ]
