"""ANALYZE FORMAT=JSON of MariaDB, and EXPLAIN FORMAT=JSON of both servers, as an `Explained`.

MariaDB's says how many rows each table gave. MySQL's has no such numbers: there, what is read from
one end to the other is counted by the server for the whole statement.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from charter.sql.aliases import aliases_of
from charter.verify.plans.explained import Access, Explained, Sorting, Step
from charter.verify.scratch.model import Ran

_Node = Mapping[str, Any]
_PRIMARY = "PRIMARY"
_SMALL_TABLE = 500
_MERGES = ("union", "sort_union", "intersection", "sort_intersect")


def explained(text: str, ran: Ran) -> Explained:
    """What the server did, or for a statement that did not end what it expects to do. Its plans
    name aliases: the tables behind them are in the text."""
    counters = ran.counters or {}
    steps: tuple[Step, ...] = ()
    sortings: tuple[Sorting, ...] = ()
    if ran.plan is not None:
        aliases = aliases_of(text)
        steps = tuple(_step(node, aliases) for node in _tables(ran.plan))
        sortings = tuple(_sortings(ran.plan))
    small = sum(step.touched for step in steps if _small(step))
    work = max(0, counters.get("read", 0) - small)
    return Explained(
        steps,
        sortings,
        work,
        ran.seconds,
        ran.rows,
        ran.answered,
        counters.get("scanned"),
        ran.ended,
        ran.error,
    )


def _small(step: Step) -> bool:
    """Whether the table is so small that reading it whole is the better plan, index or not."""
    per_loop = step.touched / max(1, step.loops or 1)
    return step.access is Access.TABLE and per_loop <= _SMALL_TABLE


def _tables(plan: Any) -> Iterator[_Node]:
    """Every part of a plan that reads a table."""
    for name, node in _nodes(plan):
        if name == "table" and "table_name" in node:
            yield node


def _nodes(plan: Any, name: str = "") -> Iterator[tuple[str, _Node]]:
    if isinstance(plan, list):
        for one in plan:
            yield from _nodes(one, name)
    elif isinstance(plan, dict):
        yield name, plan
        for key, inner in plan.items():
            yield from _nodes(inner, key)


def _step(node: _Node, aliases: Mapping[str, str]) -> Step:
    alias = str(node["table_name"])
    table = aliases.get(alias, alias if alias in aliases.values() else None)
    kept, removed, loops = _counted(node)
    if table is None:
        return Step(Access.OTHER, alias, None, kept, removed, loops)
    condition = str(node.get("attached_condition", ""))
    access, index = _access(node)
    return Step(access, table, index, kept, removed, loops, condition)


def _counted(node: _Node) -> tuple[int | None, int | None, int | None]:
    """Rows kept, rows read in vain, and how often: nothing where the server does not count."""
    if "r_loops" not in node:
        return None, None, None
    loops = int(node["r_loops"] or 0)
    touched = float(node.get("r_rows") or 0) * loops
    share = node.get("r_filtered")
    kept = touched * (100.0 if share is None else float(share)) / 100
    return round(kept), round(touched - kept), loops


def _access(node: _Node) -> tuple[Access, str | None]:
    kind = str(node.get("access_type", "ALL"))
    key = str(node["key"]) if "key" in node else None
    if kind == "ALL":
        return Access.TABLE, None
    if kind == "index":
        return Access.WHOLE_INDEX, key
    if kind == "index_merge":
        return Access.INDEX, ", ".join(_merged(node)) or key
    if key is None:
        return Access.OTHER, None
    return (Access.KEY if key == _PRIMARY else Access.INDEX), key


def _merged(node: _Node) -> Iterator[str]:
    """The indexes that are read together."""
    for name, part in _nodes(node.get("index_merge", {})):
        if name == "range" and "key" in part:
            yield str(part["key"])
    said = str(node.get("key", ""))
    word, _, inside = said.partition("(")
    if word in _MERGES:
        yield from inside.rstrip(")").split(",")


def _sortings(plan: Any) -> Iterator[Sorting]:
    for name, node in _nodes(plan):
        if name == "filesort":
            yield _filesort(node)
        elif node.get("using_filesort") is True:
            yield Sorting(name.replace("_operation", "").replace("ordering", "order by"))


def _filesort(node: _Node) -> Sorting:
    """The rows that go in: of those that come out, a page is left. Each time that it is done."""
    first = next(_tables(node), None)
    loops = max(1, int(node.get("r_loops") or 1))
    kept = None if first is None else _counted(first)[0]
    rows = None if kept is None else round(kept / loops)
    spilled = int(node.get("r_sort_passes") or 0)
    return Sorting(f"order by {node.get('sort_key', '')}", rows, spilled)
