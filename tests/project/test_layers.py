"""Imports go one way: each package of Charter reads only the packages of lower layers."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "charter"
LONGEST_MODULE = 400
SERVE = {"engine": 0, "settings": 0, "logs": 1, "live": 1, "web": 2, "identity": 3, "grpc": 3}
"""The folders of serve; the modules beside them put them together."""

LAYERS = {
    "core": 0,
    "contract": 1,
    "language": 2,
    "plan": 2,
    "sql": 3,
    "wire": 3,
    "store": 4,
    "access": 4,
    "deliver": 4,
    "serve": 5,
    "migrate": 5,
    "understand": 5,
    "review": 5,
    "client": 5,
    "verify": 5,
    "document": 5,
    "cli": 6,
}
# The modules outside the packages: the public words, what `python -m charter` runs, mounting.
TOP = {
    "__init__": frozenset({"core", "contract", "language"}),
    "__main__": frozenset({"cli"}),
    "asgi": frozenset({"serve"}),
}


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a package of Charter's, and where it stands."""

    package: str
    line: int
    inside_function: bool


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name_of(module: Path) -> str:
    return module.relative_to(SOURCE).as_posix()


def owner_of(module: Path) -> str:
    """The package a module belongs to; for a module outside the packages, its own name."""
    parts = module.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else module.stem


def imported_names(node: ast.Import | ast.ImportFrom, module: Path) -> Iterator[str]:
    """The dotted names that one statement imports, relative ones made absolute."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        package = ("charter", *module.relative_to(SOURCE).parts[:-1])
        base = ".".join([*package[: len(package) - node.level + 1], *base.split(".")]).rstrip(".")
    yield from (f"{base}.{alias.name}" for alias in node.names)


def walk(node: ast.AST, inside: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below one, each with whether it stands inside a function."""
    for child in ast.iter_child_nodes(node):
        yield child, inside
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from walk(child, inside or function)


@cache
def imports(module: Path) -> list[tuple[str, int, bool]]:
    """What a module imports, Charter's or not: dotted name, line, whether inside a function."""
    tree = ast.parse(module.read_text(encoding="utf-8"), filename=str(module))
    return [
        (name, node.lineno, inside)
        for node, inside in walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported_names(node, module)
    ]


def own_imports(module: Path) -> list[Import]:
    """What a module imports of Charter's packages; the package is "" for charter itself."""
    found = []
    for name, line, inside in imports(module):
        first, _, rest = name.partition(".")
        if first == "charter":
            package = rest.split(".")[0]
            found.append(Import(package if package in LAYERS else "", line, inside))
    return found


def fault_of(owner: str, imported: str) -> str | None:
    """Why a package may not import another; None when it may."""
    if owner in TOP:
        allowed = TOP[owner]
        names = ", ".join(sorted(allowed))
        return None if imported in allowed else f"{owner}.py may import {names}; not {imported!r}"
    if not imported:
        return "import from the package that defines the name: charter itself imports from below"
    mine, theirs = LAYERS[owner], LAYERS[imported]
    if owner == imported or theirs < mine:
        return None
    if theirs == mine:
        return f"{owner} and {imported} are both in layer {mine}: neither may know the other"
    return f"{owner} (layer {mine}) may not import {imported} (layer {theirs}): imports go down"


def report(faults: list[str]) -> None:
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def test_every_package_has_a_layer() -> None:
    strays = sorted({owner_of(module) for module in modules()} - LAYERS.keys() - TOP.keys())
    report([f"src/charter/{stray}: give it a layer in {Path(__file__).name}" for stray in strays])


def test_imports_go_to_lower_layers_only() -> None:
    report(
        [
            f"src/charter/{name_of(module)}:{found.line}: {fault}"
            for module in modules()
            if owner_of(module) in LAYERS.keys() | TOP.keys()
            for found in own_imports(module)
            if (fault := fault_of(owner_of(module), found.package))
        ]
    )


def test_the_folders_of_serve_are_layers_as_well() -> None:
    faults = []
    for folder, layer in SERVE.items():
        for module in sorted((SOURCE / "serve" / folder).glob("*.py")):
            for name, line, _ in imports(module):
                part = name.removeprefix("charter.serve.").split(".")[0]
                theirs = SERVE.get(part, len(SERVE))
                if name.startswith("charter.serve.") and part != folder and theirs >= layer:
                    faults.append(f"src/charter/{name_of(module)}:{line}: imports {name}")
    report(faults)


def test_no_import_stands_inside_a_function() -> None:
    report(
        [
            f"src/charter/{name_of(module)}:{line}: move the import of {name} to the top"
            for module in modules()
            for name, line, inside in imports(module)
            if inside
        ]
    )


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {module: len(module.read_text(encoding="utf-8").splitlines()) for module in modules()}
    report(
        [
            f"src/charter/{name_of(module)}: {length} lines, at most {LONGEST_MODULE}: split it"
            for module, length in lengths.items()
            if length > LONGEST_MODULE
        ]
    )


@pytest.mark.parametrize(
    ("owner", "imported", "allowed"),
    [
        ("plan", "contract", True),
        ("sql", "sql", True),
        ("sql", "wire", False),
        ("store", "access", False),
        ("serve", "document", False),
        ("contract", "language", False),
        ("wire", "", False),
        ("__init__", "language", True),
        ("__init__", "serve", False),
    ],
)
def test_the_rule_itself(owner: str, imported: str, allowed: bool) -> None:
    assert (fault_of(owner, imported) is None) is allowed


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import charter.sql", ["charter.sql"]),
        ("from charter import sql", ["charter.sql"]),
        ("from charter.sql.text import joined", ["charter.sql.text.joined"]),
        ("from .text import joined", ["charter.plan.text.joined"]),
        ("from ..sql import text", ["charter.sql.text"]),
        ("from .. import sql", ["charter.sql"]),
    ],
)
def test_every_way_to_write_an_import_is_read(text: str, names: list[str]) -> None:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.Import | ast.ImportFrom)
    assert list(imported_names(node, SOURCE / "plan" / "reads.py")) == names
