"""The matrix of access as tables of words, for terminals and documents."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, NEVER, Expression
from charter.contract.resource import Resource
from charter.contract.wording import worded
from charter.plan.matrix import Entry, Matrix
from charter.plan.view import CREATE, READ, UPDATE
from charter.plan.widening import Change, Direction


class Tone(StrEnum):
    """How much a cell gives away."""

    OPEN = "open"
    SOME = "some"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Cell:
    """One word or more, and the conditions that follow them."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class AccessTable:
    """The access to one resource (None: commands on nothing). Each heading names the kinds of
    actor for whom its column holds."""

    resource: str | None
    headings: tuple[str, ...]
    actions: tuple[Row, ...]
    fields: tuple[Row, ...]


def tables(matrix: Matrix) -> Iterator[AccessTable]:
    """One table for each resource; kinds with the same access share a column, fields a row."""
    for name in matrix.resources:
        actions = [_action(matrix, entry) for entry in matrix.actions(name)]
        fields = [_field(matrix, name, item) for item in matrix.fields(name)]
        columns = _columns([row.cells for row in (*actions, *fields)])
        yield AccessTable(
            name,
            tuple(", ".join(matrix.kinds[place].name for place in column) for column in columns),
            tuple(_picked(row, columns) for row in actions),
            tuple(_picked(row, columns) for row in _together(fields)),
        )


def _columns(rows: list[tuple[Cell, ...]]) -> list[list[int]]:
    """Places of kinds, those together whose cells are all the same."""
    found: dict[tuple[Cell, ...], list[int]] = {}
    for place in range(len(rows[0])):
        found.setdefault(tuple(cells[place] for cells in rows), []).append(place)
    return list(found.values())


def _picked(row: Row, columns: list[list[int]]) -> Row:
    return Row(row.label, tuple(row.cells[column[0]] for column in columns))


def _together(rows: Iterable[Row]) -> Iterator[Row]:
    labels: dict[tuple[Cell, ...], list[str]] = {}
    for row in rows:
        labels.setdefault(row.cells, []).append(row.label)
    for cells, names in labels.items():
        yield Row(", ".join(names), cells)


def _action(matrix: Matrix, entry: Entry) -> Row:
    resource = _resource(matrix.contract, entry.resource)
    cells = (
        _verdict(condition, matrix.contract, resource, "always", "if", "never")
        for condition in matrix.cells[entry]
    )
    return Row(entry.action, tuple(cells))


def _verdict(
    condition: Expression,
    contract: Contract,
    resource: Resource | None,
    always: str,
    when: str,
    never: str,
) -> Cell:
    if condition == ALWAYS:
        return Cell(always, Tone.OPEN)
    if condition == NEVER:
        return Cell(never, Tone.SHUT)
    return Cell(f"{when} {worded(condition, contract, resource)}", Tone.SOME)


def _field(matrix: Matrix, name: str | None, field: str) -> Row:
    resource = _resource(matrix.contract, name)
    cells = tuple(
        _field_cell(_Access(matrix, place, resource, field)) for place in range(len(matrix.kinds))
    )
    return Row(field, cells)


@dataclass(frozen=True, slots=True)
class _Access:
    """What one kind of actor has to do with one field."""

    matrix: Matrix
    place: int
    resource: Resource | None
    field: str

    def of(self, action: str, field: str | None = None) -> Expression:
        name = self.resource.name if self.resource is not None else None
        row = self.matrix.cells.get(Entry(name, action, field))
        return NEVER if row is None else row[self.place]

    def within(self, field_action: str, action: str) -> Expression:
        """The field's condition, or never where the action itself is never allowed."""
        return NEVER if self.of(action) == NEVER else self.of(field_action, self.field)

    @property
    def guarded(self) -> bool:
        freezes = self.resource.policy.freezes if self.resource is not None else ()
        return any(rule.field == self.field for rule in freezes)

    def said(self, condition: Expression, always: str, when: str, never: str) -> Cell:
        contract = self.matrix.contract
        return _verdict(condition, contract, self.resource, always, when, never)


def _field_cell(at: _Access) -> Cell:
    parts = []
    if at.of(READ) != NEVER:
        parts.append(at.said(at.of("show", at.field), "shown", "shown if", "hidden"))
    set_, change = at.within("set", CREATE), at.within("change", UPDATE)
    parts.extend(_writing(at, set_, change))
    if not parts:
        return Cell("–", Tone.SHUT)
    tones = {part.tone for part in parts}
    tone = tones.pop() if len(tones) == 1 else Tone.SOME
    return Cell(", ".join(part.text for part in parts), tone)


def _writing(at: _Access, set_: Expression, change: Expression) -> Iterator[Cell]:
    if set_ == change:
        if set_ != NEVER:
            yield at.said(set_, "writable", "writable if", "")
        elif at.guarded and at.of(UPDATE) != NEVER:
            yield Cell("frozen", Tone.SHUT)
        return
    if set_ != NEVER:
        yield at.said(set_, "set when created", "set when created if", "")
    if change != NEVER:
        yield at.said(change, "changeable", "changeable if", "")
    elif at.guarded and at.of(UPDATE) != NEVER:
        yield Cell("frozen", Tone.SHUT)


# -- changes -----------------------------------------------------------------------------------
ADVICE: Mapping[Direction, str] = {
    Direction.WIDENED: "WIDENED",
    Direction.CHANGED: "changed — review",
    Direction.NARROWED: "narrowed",
}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    direction: Direction
    what: str
    who: str
    before: str
    after: str


def change_rows(found: Iterable[Change], old: Contract, new: Contract) -> Iterator[ChangeRow]:
    """The changes in words, what was widened first."""
    order = list(Direction)
    for change in sorted(found, key=lambda one: order.index(one.direction)):
        entry = change.entry
        yield ChangeRow(
            change.direction,
            _what(entry),
            ", ".join(change.kinds),
            _side(change.before, old, entry),
            _side(change.after, new, entry),
        )


def _what(entry: Entry) -> str:
    if entry.resource is None:
        return f"call {entry.action}"
    thing = entry.resource if entry.field is None else f"{entry.resource}.{entry.field}"
    return f"{entry.action} {thing}"


def _side(condition: Expression | None, contract: Contract, entry: Entry) -> str:
    if condition is None:
        return "not there"
    resource = _resource(contract, entry.resource)
    return _verdict(condition, contract, resource, "always", "if", "never").text


def _resource(contract: Contract, name: str | None) -> Resource | None:
    return None if name is None else contract.resource_named.get(name)
