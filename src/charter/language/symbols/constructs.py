"""Which construct of Python asked a symbolic value for its truth."""

import ast
from collections.abc import Callable
from dataclasses import dataclass

from charter.language.places import caller_place
from charter.language.sources import nodes_on


@dataclass(frozen=True, slots=True)
class Construct:
    """A construct, how to find it, and the word that says what it meant."""

    name: str
    remedy: str
    found: Callable[[ast.AST], bool]


def _calls(*names: str) -> Callable[[ast.AST], bool]:
    def found(node: ast.AST) -> bool:
        function = node.func if isinstance(node, ast.Call) else None
        return isinstance(function, ast.Name) and function.id in names

    return found


def _compares(*operators: type[ast.cmpop]) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Compare) and isinstance(node.ops[0], operators)


def _is_chain(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and len(node.ops) > 1


def _joins(operator: type[ast.boolop]) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.BoolOp) and isinstance(node.op, operator)


def _is_not(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _is(*kinds: type[ast.AST]) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, kinds)


# The inner ones first: an `if a and b` is about its `and`.
CONSTRUCTS: tuple[Construct, ...] = (
    Construct("a chained comparison", "Write `all_of(a < b, b < c)`.", _is_chain),
    Construct("`in`", "Write `one_of(x, a, b)`, or `not_(one_of(…))`.",
              _compares(ast.In, ast.NotIn)),
    Construct("`and`", "Write `all_of(a, b)`, or `(a) & (b)`.", _joins(ast.And)),
    Construct("`or`", "Write `any_of(a, b)`, or `(a) | (b)`.", _joins(ast.Or)),
    Construct("`not`", "Write `not_(a)`.", _is_not),
    Construct("`all()` or `any()`", "Write `all_of(…)` or `any_of(…)`, or `exists(rows, …)`.",
              _calls("all", "any")),
    Construct("`min()`, `max()` or `sorted()`", "Write `lowest(rows, …)` or `highest(rows, …)`.",
              _calls("min", "max", "sorted")),
    Construct("`bool()`", "Leave `bool()` out: a comparison is a condition already.",
              _calls("bool")),
    Construct("a comprehension's `if`", "Write `count(rows, where=…)` or another aggregate.",
              _is(ast.comprehension)),
    Construct("a conditional expression", "Write `any_of(all_of(c, a), all_of(not_(c), b))`.",
              _is(ast.IfExp)),
    Construct("`if`", "Give the rule the condition: `yield allow(…, when=…)`.", _is(ast.If)),
    Construct("`while`", "Give the rule the condition: `yield allow(…, when=…)`.", _is(ast.While)),
    Construct("`assert`", "Write a rule or a `check` for it.", _is(ast.Assert)),
    Construct("`match`", "Write `any_of(…)` over the cases.", _is(ast.Match)),
)  # fmt: skip


def asked_by() -> Construct | None:
    """The construct on the running line that wanted a truth, as far as the source shows it."""
    nodes = nodes_on(caller_place())
    return next((item for item in CONSTRUCTS if any(map(item.found, nodes))), None)
