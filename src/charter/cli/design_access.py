"""`charter design --access`: who may do what, in a terminal or as Markdown, and what changed."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from charter.cli.markdown import bold, escaped, table_lines
from charter.contract.contract import Contract
from charter.plan.access import ADVICE, AccessTable, ChangeRow, Row, Tone, change_rows, tables
from charter.plan.breaking.names import names_of, under
from charter.plan.matrix import matrix_of
from charter.plan.widening import Direction, changes, widens

TERMINAL, MARKDOWN = "terminal", "markdown"
FORMATS = (TERMINAL, MARKDOWN)
WIDENED = 3
"""The exit code where access became wider, or may have."""

_ON_NOTHING = "Commands on nothing"
_TONES = {Tone.OPEN: "green", Tone.SOME: "yellow", Tone.SHUT: "red"}
_DIRECTIONS = {
    Direction.WIDENED: "bold red",
    Direction.CHANGED: "yellow",
    Direction.NARROWED: "green",
}
_CHANGE_HEADINGS = ("access", "to", "of", "before", "now")


def show_access(contract: Contract, form: str, console: Console) -> None:
    """Print the matrix of access."""
    found = tuple(tables(matrix_of(contract)))
    if form == MARKDOWN:
        for line in _document(contract, found):
            console.file.write(line + "\n")
        return
    for place, table in enumerate(found):
        if place:
            console.print()
        console.print(_drawn(table))


def show_changes(old: Contract, contract: Contract, form: str, console: Console) -> int:
    """Print what changed in the access since another contract; gives the exit code."""
    named = under(names_of(old, contract), old)
    found = changes(named, contract)
    rows = tuple(change_rows(found, named, contract))
    if form == MARKDOWN:
        for line in _changes_document(contract, rows):
            console.file.write(line + "\n")
    else:
        _draw_changes(rows, console)
    return WIDENED if widens(found) else 0


# -- terminals ---------------------------------------------------------------------------------
def _drawn(access: AccessTable) -> Table:
    table = Table(title=access.resource or _ON_NOTHING, title_justify="left", title_style="bold")
    table.add_column("")
    for heading in access.headings:
        table.add_column(heading, overflow="fold")
    for row in access.actions:
        table.add_row(*_styled(row, "bold"))
    if access.actions and access.fields:
        table.add_section()
    for row in access.fields:
        table.add_row(*_styled(row, ""))
    return table


def _styled(row: Row, style: str) -> Iterator[Text]:
    yield Text(row.label, style)
    for cell in row.cells:
        yield Text(cell.text, _TONES[cell.tone])


def _draw_changes(rows: Sequence[ChangeRow], console: Console) -> None:
    if not rows:
        console.print(Text("Nobody's access changed.", "bold"))
        return
    table = Table(title="Access that changed", title_justify="left", title_style="bold")
    for heading in _CHANGE_HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in rows:
        style = _DIRECTIONS[row.direction]
        table.add_row(Text(ADVICE[row.direction], style), *map(Text, _said(row)))
    console.print(table)
    console.print(Text(_counted(rows), "bold"))


def _counted(rows: Sequence[ChangeRow]) -> str:
    counts = [
        (direction, sum(1 for row in rows if row.direction is direction)) for direction in Direction
    ]
    return ", ".join(f"{count} {direction.value}" for direction, count in counts if count) + "."


# -- Markdown ----------------------------------------------------------------------------------
def _document(contract: Contract, found: Sequence[AccessTable]) -> Iterator[str]:
    yield f"# Access: {contract.name} {contract.version}"
    for table in found:
        yield ""
        yield f"## {table.resource or _ON_NOTHING}"
        yield ""
        actions = ([bold(row.label), *_texts(row)] for row in table.actions)
        fields = ([escaped(row.label), *_texts(row)] for row in table.fields)
        yield from table_lines(("", *table.headings), [*actions, *fields])


def _texts(row: Row) -> Iterator[str]:
    return (escaped(cell.text) for cell in row.cells)


def _changes_document(contract: Contract, rows: Sequence[ChangeRow]) -> Iterator[str]:
    yield f"# Access that changed: {contract.name} {contract.version}"
    yield ""
    if not rows:
        yield "Nobody's access changed."
        return
    yield _counted(rows)
    yield ""
    told = ([_marked(row), *map(escaped, _said(row))] for row in rows)
    yield from table_lines(_CHANGE_HEADINGS, list(told))


def _said(row: ChangeRow) -> tuple[str, ...]:
    return row.what, row.who, row.before, row.after


def _marked(row: ChangeRow) -> str:
    told = ADVICE[row.direction]
    return bold(told) if row.direction is Direction.WIDENED else told
