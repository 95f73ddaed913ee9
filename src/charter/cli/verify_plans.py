"""What `charter verify --plans` prints: findings, advice with its proof, clients' choices."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from charter.verify.plans.advice import Advice, Proof
from charter.verify.plans.explained import Explained
from charter.verify.plans.judge import Finding
from charter.verify.plans.verify import Report

_BESIDE = ", freshly and strongly"
_MOST_SHOWN = 3
_FEW_SORTED = 100
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL"}
_UNITS = {
    "sqlite": "steps of SQLite's machine",
    "postgresql": "pages and rows touched",
    "mysql": "rows and entries of indexes read",
}


def show_plans(report: Report, console: Console) -> None:
    """Print a report, what matters most first."""
    _head(report, console)
    if report.own:
        console.print()
        console.print(_findings(report))
    for number, advice in enumerate(report.advice, start=1):
        console.print()
        _show_advice(number, advice, report, console)
    if report.chosen:
        console.print()
        console.print(_chosen(report))
        said = "An API lets clients filter and sort by every field that they may see. An index for "
        said += "each costs every insert; --filters looks for those that would help."
        console.print(Text(said, "dim"))
    for name, words in report.failed:
        console.print(Text(f"{name}: the database refuses it: {words}", "red"))
    console.print()
    console.print(_verdict(report))


def _head(report: Report, console: Console) -> None:
    contract, shapes = report.contract, report.shapes
    head = f"{contract.name} {contract.version} on {_NAMES.get(report.dialect, report.dialect)}"
    console.print(Text(head, "bold"))
    sizes = sorted(report.sizes.items(), key=lambda item: -item[1])
    console.print(Text(", ".join(f"{name} {count:,}" for name, count in sizes), "dim"))
    said = f"{len(shapes.compiled):,} statements for {shapes.found:,} ways to ask"
    if shapes.left_out:
        said += f"; {shapes.left_out:,} more are left out"
    console.print(Text(f"{said}, each run on a quarter of the rows and on all of them.", "dim"))


def _findings(report: Report) -> Table:
    table = Table(
        title="Takes longer, the more rows there are", title_justify="left", title_style="bold"
    )
    for heading in ("statement", "asked by", "what it does", "×4 rows", "ms", "remedy"):
        right = heading in ("×4 rows", "ms")
        table.add_column(heading, overflow="fold", justify="right" if right else "left")
    for finding in report.own:
        remedy = _remedy(report, finding)
        table.add_row(
            Text(_statements(finding)),
            Text(_kinds([kind for one in finding.shapes for kind in one.shape.kinds])),
            Text("; ".join(finding.troubles) + f"\n{_plan(finding.before, finding.table)}"),
            Text(f"×{finding.growth:.1f}"),
            Text(f"{finding.before.seconds * 1000:.1f}"),
            Text(remedy, "green" if remedy.startswith("index") else "yellow"),
        )
    return table


def _statements(finding: Finding) -> str:
    names = list(dict.fromkeys(one.shape.name for one in finding.shapes))
    more = len(names) - _MOST_SHOWN
    return "\n".join([*names[:_MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])])


def _kinds(kinds: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(kind.removesuffix(_BESIDE) for kind in kinds))


def _remedy(report: Report, finding: Finding) -> str:
    for number, advice in enumerate(report.advice, start=1):
        if any(proof.name == finding.worst.shape.name for proof in advice.proofs):
            return f"index {number}"
    return "none: no index helps"


def _plan(explained: Explained, table: str) -> str:
    """How the rows of a table are come by, in a few words."""
    steps = dict.fromkeys(
        f"{step.access.value} {step.index or step.table}" for step in explained.on(table)
    )
    large = [one for one in explained.sortings if one.rows is None or one.rows > _FEW_SORTED]
    return ", ".join([*list(steps)[:2], *(["sort"] if large else [])])


def _show_advice(number: int, advice: Advice, report: Report, console: Console) -> None:
    console.print(Text(f"Index {number}: {advice.words}", "bold green"))
    for text in (*advice.makes, *advice.drops):
        console.print(Text(f"  {text};", "dim"), soft_wrap=True)
    console.print(Text(f"  costs {_size(advice.bytes)}{_inserting(advice)}"))
    table = Table(box=None, padding=(0, 2), show_header=True)
    for heading in ("  statement", "work", "ms"):
        table.add_column(heading, justify="left" if "statement" in heading else "right")
    for proof in advice.proofs[:_MOST_SHOWN]:
        table.add_row(*map(Text, _proven(proof)))
    console.print(table)
    more = len(advice.proofs) - _MOST_SHOWN
    if more > 0:
        console.print(Text(f"    and {more} more statement{'s' if more > 1 else ''}", "dim"))
    first, of = advice.proofs[0], report.contract.resource_named[advice.resource].table
    plans = f"  plan: {_plan(first.before, of)} → {_plan(first.after, of)}"
    console.print(Text(plans, "dim"), soft_wrap=True)


def _proven(proof: Proof) -> Iterator[str]:
    before, after = proof.before, proof.after
    yield f"  {proof.name}"
    yield f"{before.work:,} → {after.work:,}"
    yield f"{before.seconds * 1000:.2f} → {after.seconds * 1000:.2f}"


def _size(count: int) -> str:
    return f"{count / 1_048_576:.1f} MB" if count >= 1_048_576 else f"{count / 1024:.0f} KB"


def _inserting(advice: Advice) -> str:
    without, beside = advice.inserts
    if not without:
        return ""
    return f", and an insert takes {beside:.1f} µs instead of {without:.1f} µs"


def _chosen(report: Report) -> Table:
    table = Table(
        title="Reads or sorts all rows there are for the actor, if clients ask for it",
        title_justify="left",
        title_style="bold",
    )
    for heading in ("resource", "sort by", "filter by", "other"):
        table.add_column(heading, overflow="fold")
    for resource, (sorts, filters, others) in _by_resource(report.chosen).items():
        tested = ", ".join(f"{name} ({' '.join(ways)})" for name, ways in filters.items())
        table.add_row(*map(Text, (resource, ", ".join(sorts), tested, ", ".join(others))))
    return table


def _by_resource(
    findings: Sequence[Finding],
) -> Mapping[str, tuple[dict[str, None], dict[str, dict[str, None]], dict[str, None]]]:
    """For each resource the fields to sort by, those to filter by with how, and the rest."""
    found: dict[str, tuple[dict[str, None], dict[str, dict[str, None]], dict[str, None]]] = {}
    for finding in findings:
        for one in finding.shapes:
            shape = one.shape
            sorts, filters, others = found.setdefault(str(shape.resource), ({}, {}, {}))
            _, where, test = shape.name.partition(" where ")
            _, by, order = shape.name.partition(" by ")
            if where:
                name, _, way = test.partition(" ")
                filters.setdefault(name, {})[way] = None
            elif by and shape.name.startswith("list"):
                sorts[order.removeprefix("-")] = None
            else:
                others[shape.name] = None
    return found


def _verdict(report: Report) -> Text:
    helped = [one for one in report.own if report.helped(one)]
    if helped:
        count = len(report.advice)
        said = f"{len(helped)} of {len(report.own)} findings end with "
        said += "this index." if count == 1 else f"these {count} indexes."
        return Text(said + " --apply writes them into the contract.", "bold red")
    if report.own:
        return Text("No index is missing; what is left above no index would change.", "bold yellow")
    return Text("No statement of the contract takes longer, the more rows there are.", "bold green")


# -- JSON --------------------------------------------------------------------------------------
def as_document(report: Report) -> Mapping[str, Any]:
    """The report for tools. Work is in the units that `unit` names; times are milliseconds."""
    return {
        "contract": report.contract.name,
        "version": report.contract.version,
        "dialect": report.dialect,
        "unit": _UNITS.get(report.dialect, "work"),
        "rows": dict(report.sizes),
        "statements": len(report.shapes.compiled),
        "ways_to_ask": report.shapes.found,
        "left_out": report.shapes.left_out,
        "findings": [_finding(report, one) for one in report.findings],
        "advice": [_advice(one) for one in report.advice],
        "failed": [{"statement": name, "error": words} for name, words in report.failed],
    }


def _finding(report: Report, finding: Finding) -> Mapping[str, Any]:
    return {
        "origin": finding.origin.value,
        "resource": finding.resource,
        "table": finding.table,
        "troubles": [one.value for one in finding.troubles],
        "statements": list(dict.fromkeys(one.shape.name for one in finding.shapes)),
        "asked_by": list(finding.worst.shape.kinds),
        "sql": finding.worst.statement.text,
        "growth": round(finding.growth, 2),
        **_run(finding.before),
        "helped": report.helped(finding),
    }


def _advice(advice: Advice) -> Mapping[str, Any]:
    return {
        "resource": advice.resource,
        "words": advice.words,
        "fields": list(advice.index.fields),
        "makes": list(advice.makes),
        "drops": list(advice.drops),
        "bytes": advice.bytes,
        "insert_us_without": round(advice.inserts[0], 2),
        "insert_us_with": round(advice.inserts[1], 2),
        "proofs": [
            {"statement": one.name, "before": _run(one.before), "after": _run(one.after)}
            for one in advice.proofs
        ],
    }


def _run(explained: Explained) -> Mapping[str, Any]:
    return {
        "work": explained.work,
        "ms": round(explained.seconds * 1000, 3),
        "plan": [
            {"access": access, "table": table, "index": index}
            for access, table, index in explained.sign
        ],
        "sorts": [one.what for one in explained.sortings],
    }
