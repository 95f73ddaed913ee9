"""EXPLAIN (FORMAT JSON) of PostgreSQL as an `Explained`, with or without ANALYZE."""

from collections.abc import Iterator, Mapping
from typing import Any

from charter.verify.plans.explained import Access, Explained, Sorting, Step
from charter.verify.scratch.model import Ran

_Node = Mapping[str, Any]
_TABLE_SCANS = frozenset({"Seq Scan", "Sample Scan"})
_INDEX_SCANS = frozenset({"Index Scan", "Index Only Scan"})
_LIST = frozenset({"Function Scan", "Values Scan", "CTE Scan", "Subquery Scan", "WorkTable Scan"})
_SORTS = frozenset({"Sort", "Incremental Sort"})
_REMOVED = (
    "Rows Removed by Filter",
    "Rows Removed by Index Recheck",
    "Rows Removed by Join Filter",
)
_SMALL_TABLE = 500
_BUFFERS = ("Shared Hit Blocks", "Shared Read Blocks", "Temp Read Blocks", "Temp Written Blocks")


def explained(_: str, ran: Ran) -> Explained:
    """What PostgreSQL did, or without ANALYZE what it expects to do."""
    if ran.plan is None:
        return Explained((), (), 0, ran.seconds, ran.rows, ran.answered, None, ran.ended, ran.error)
    top: _Node = ran.plan["Plan"]
    nodes = list(_nodes(top, {}))
    steps = tuple(_step(node, above) for node, above in nodes if _is_access(node))
    sortings = tuple(_sorting(node) for node, _ in nodes if _sorts(node))
    pages = sum(int(top.get(name, 0)) for name in _BUFFERS)
    work = pages + sum(step.touched for step in steps if not _small(step))
    return Explained(
        steps, sortings, work, ran.seconds, ran.rows, ran.answered, None, ran.ended, ran.error
    )


def _small(step: Step) -> bool:
    """Whether the table is so small that reading it whole is the better plan, index or not."""
    per_loop = step.touched / max(1, step.loops or 1)
    return step.access is Access.TABLE and per_loop <= _SMALL_TABLE


def _nodes(node: _Node, above: _Node) -> Iterator[tuple[_Node, _Node]]:
    yield node, above
    for child in node.get("Plans", ()):
        yield from _nodes(child, node)


def _is_access(node: _Node) -> bool:
    kind = node["Node Type"]
    # The indexes under a bitmap scan are told by that scan.
    return kind in _TABLE_SCANS or kind in _INDEX_SCANS or kind in _LIST | {"Bitmap Heap Scan"}


def _step(node: _Node, _: _Node) -> Step:
    kind = node["Node Type"]
    loops = round(node.get("Actual Loops", 1))
    rows = node.get("Actual Rows", node.get("Plan Rows", 0))
    removed = sum(node.get(name, 0) for name in _REMOVED) * loops
    found = " AND ".join(str(node[name]) for name in ("Index Cond", "Filter") if name in node)
    if kind in _LIST:
        name = node.get("Function Name") or node.get("CTE Name") or node.get("Alias", "")
        return Step(Access.OTHER, name, None, round(rows * loops), round(removed), loops)
    table = node["Relation Name"]
    if kind in _TABLE_SCANS:
        access, index = Access.TABLE, None
    elif kind == "Bitmap Heap Scan":
        inner = [one for one, _ in _nodes(node, {}) if one["Node Type"] == "Bitmap Index Scan"]
        access = Access.INDEX
        index = ", ".join(dict.fromkeys(str(one["Index Name"]) for one in inner))
        found = " AND ".join([*(str(one.get("Index Cond", "")) for one in inner), found])
    else:
        index = node["Index Name"]
        keyed = index == f"{table}_pkey"
        searched = "Index Cond" in node
        access = Access.WHOLE_INDEX if not searched else Access.KEY if keyed else Access.INDEX
    return Step(access, table, index, round(rows * loops), round(removed), loops, found)


def _sorts(node: _Node) -> bool:
    return node["Node Type"] in _SORTS or _spilled(node) > 0


def _spilled(node: _Node) -> int:
    if node.get("Sort Space Type") == "Disk":
        return int(node.get("Sort Space Used", 0)) * 1024
    batches = node.get("HashAgg Batches", node.get("Hash Batches", 1))
    return int(node.get("Disk Usage", 0)) * 1024 if batches > 1 else 0


def _sorting(node: _Node) -> Sorting:
    child: _Node = (node.get("Plans") or ({},))[0]
    rows = round(child.get("Actual Rows", child.get("Plan Rows", 0)))
    what = "order by " + ", ".join(node["Sort Key"]) if "Sort Key" in node else "hash"
    return Sorting(what, rows, _spilled(node))
