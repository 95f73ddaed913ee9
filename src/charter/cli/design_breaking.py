"""`charter design --against`: what a change breaks, in a terminal, as Markdown or as JSON."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from charter.cli.design_access import MARKDOWN
from charter.cli.markdown import bold, escaped, table_lines
from charter.contract.contract import Contract
from charter.core.places import Place
from charter.plan.breaking.finding import Finding, Severity
from charter.plan.breaking.gate import Part, Report, compare
from charter.plan.breaking.numbering import Numbering
from charter.plan.breaking.version import Step

JSON = "json"
UNSAID = 1
"""The exit code where the version does not say what changed."""

_STYLES = {Severity.BREAKING: "bold red", Severity.ADDITIVE: "green", Severity.NEUTRAL: "dim"}
_HEADINGS = ("change", "of", "what it means", "where")


def show_breaking(
    old: Contract,
    contract: Contract,
    form: str,
    console: Console,
    numbers: tuple[Numbering, Numbering] | None = None,
) -> int:
    """Print what changed since the old contract; gives the exit code. `numbers` are those of gRPC
    before and after, where both are known."""
    report = compare(old, contract, numbers)
    if form == JSON:
        console.file.write(json.dumps(_document(report), indent=2, ensure_ascii=False) + "\n")
    elif form == MARKDOWN:
        title = f"# What changed: {contract.name} {old.version} to {contract.version}"
        console.file.write("\n".join([title, *_markdown(report)]) + "\n")
    else:
        _draw(report, console)
    return 0 if report.version.said else UNSAID


def _conclusion(report: Report) -> str:
    """What was found, and what the version has to be."""
    counts = [(severity, report.count(severity)) for severity in Severity]
    found = ", ".join(f"{count} {severity.value}" for severity, count in counts if count)
    version = report.version
    if version.step is Step.NONE and version.said:
        return f"{found or 'Nothing changed for anybody'}. {version.new} can stay."
    step = f"{found or 'Nothing changed for anybody'}: {_named(version.step)}."
    if version.said:
        return f"{step} {version.old} to {version.new} says so."
    return f"{step} {version.old} to {version.new} does not say so: make it {version.wanted}."


def _named(step: Step) -> str:
    return "no step" if step is Step.NONE else f"a {step.name.lower()} step"


# -- terminals ---------------------------------------------------------------------------------
def _draw(report: Report, console: Console) -> None:
    for part in report.parts:
        console.print(_drawn(part))
        console.print()
    style = "bold green" if report.version.said else "bold red"
    console.print(Text(_conclusion(report), style))


def _drawn(part: Part) -> Table:
    found = Table(title=part.area.title, title_justify="left", title_style="bold", show_lines=True)
    for heading in _HEADINGS:
        found.add_column(heading, overflow="fold")
    for item in part.findings:
        style = _STYLES[item.severity]
        meaning = Text(item.message)
        if item.code.instead:
            meaning.append(f"\n{item.code.instead}", "dim")
        where = "\n".join(_places(item))
        found.add_row(Text(item.code.name, style), Text(item.subject), meaning, Text(where))
    return found


def _places(item: Finding) -> Iterator[str]:
    """Where the old contract speaks of it, then the new one."""
    return (_spelt(place) for place in (item.before, item.after) if place.file)


def _spelt(place: Place) -> str:
    return f"{_shown(place.file)}:{place.line}"


def _shown(file: str) -> str:
    """A path as the reader would write it: from here, where it is below."""
    path = Path(file)
    here = Path(os.path.curdir).resolve()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


# -- Markdown ----------------------------------------------------------------------------------
def _markdown(report: Report) -> Iterator[str]:
    yield ""
    yield escaped(_conclusion(report))
    for part in report.parts:
        yield ""
        yield f"## {part.area.title}"
        yield ""
        yield from table_lines(_HEADINGS, [tuple(_cells(item)) for item in part.findings])


def _cells(item: Finding) -> Iterator[str]:
    breaking = item.severity is Severity.BREAKING
    yield bold(item.code.name) if breaking else escaped(item.code.name)
    yield escaped(item.subject)
    yield escaped(item.message + (f" — {item.code.instead}" if item.code.instead else ""))
    yield escaped(", ".join(_places(item)))


# -- JSON --------------------------------------------------------------------------------------
def _document(report: Report) -> dict[str, Any]:
    version = report.version
    return {
        "step": version.step.name.lower(),
        "version": {
            "old": version.old,
            "new": version.new,
            "wanted": version.wanted,
            "said": version.said,
        },
        "findings": [
            {
                "area": part.area.name,
                "code": item.code.name,
                "severity": item.severity.value,
                "subject": item.subject,
                "message": item.message,
                "instead": item.code.instead or None,
                "before": _place(item.before),
                "after": _place(item.after),
            }
            for part in report.parts
            for item in part.findings
        ],
    }


def _place(place: Place) -> dict[str, str | int] | None:
    return {"file": _shown(place.file), "line": place.line} if place.file else None
