"""A new row inside the statement that makes it: what is stored of it, and what is told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from charter.contract.resource import Field, Given, Made, Resource
from charter.contract.types import TEXT, Scalar
from charter.plan.newrows import NewRows
from charter.plan.values import default_value
from charter.sql.canonical import json_form, json_text
from charter.sql.dialect import Dialect, Pieces
from charter.sql.fragment import Fragment, checked, parameter, sql
from charter.sql.sources import ActorValue, NowValue, SlotValue, Source, TenantValue
from charter.sql.system import JSON
from charter.sql.writes import stored_values


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A new row whose values stand in these slots, by field, and the id of its event in another."""

    dialect: Dialect
    resource: Resource
    slots: Mapping[str, int]
    event_id: SlotValue

    def stored(self) -> list[Fragment]:
        """What its columns get, in the order of the fields."""
        return [value for field in self.resource.fields for value in self._stored(field)]

    def value(self, field: Field) -> Fragment:
        """The value of a field, as its column stores it."""
        source = self._source(field)
        if source is None:
            return self.dialect.constant(_constant(field), field.type)
        return self.dialect.argument(source, field.type)

    def payload(self) -> Fragment:
        """What its event tells of it: the fields that can be read, as JSON."""
        pieces: list[str | Fragment] = []
        for field in self.resource.fields:
            if field.readable:
                pieces += [f'{"," if pieces else "{"}"{field.name}":', *self._told(field)]
        text = self.dialect.concatenated([*pieces, "}"])
        return sql("CAST({} AS {})", text, checked(self.dialect.column_type(JSON)))

    def _stored(self, field: Field) -> list[Fragment]:
        source = self._source(field)
        if isinstance(source, SlotValue):
            return stored_values(self.dialect, self.resource, field, source.index)
        return [self.value(field)]

    def _told(self, field: Field) -> Pieces:
        source, kind = self._source(field), field.type
        if source is None:
            value, form = _constant(field), json_form(kind)
            return [json_text(value if form is None or value is None else form(value)) or "null"]
        if kind.scalar is Scalar.FLOAT and not kind.many:
            # A whole number keeps its point, which the database would leave out.
            value = parameter(source, json_text, self.dialect.cast(TEXT))
            return [sql("coalesce({}, 'null')", value)]
        value = self.value(field)
        if kind.scalar is Scalar.DECIMAL and not kind.many:
            # A default may have fewer places than the column.
            value = sql("CAST({} AS {})", value, checked(self.dialect.column_type(kind)))
        return self.dialect.json_value(value, kind, nullable=field.optional)

    def _source(self, field: Field) -> Source | None:
        """Where the value of a field comes from; None where it is a constant of the contract."""
        slot = self.slots.get(field.name)
        if slot is not None:
            return SlotValue(slot)
        match field.default:
            case Made.NOW:
                return NowValue()
            case Made.ACTOR:
                return ActorValue()
            case Made.TENANT:
                return TenantValue(field.type)
            case _:
                return None


def newcomers(dialect: Dialect, rows: Sequence[NewRows], first: int) -> list[Newcomer]:
    """A row and its parts, with their slots from `first` on: for each its key, the id of its
    event, and what it brings."""
    key_of_owner = first
    found = []
    for part in rows:
        for _ in range(part.count):
            slots = {"id": first}
            if part.owner is not None:
                slots[part.owner] = key_of_owner
            slots.update((field.name, first + 2 + at) for at, field in enumerate(part.brought))
            found.append(Newcomer(dialect, part.resource, slots, SlotValue(first + 1)))
            first += 2 + len(part.brought)
    return found


def _constant(field: Field) -> object:
    if isinstance(field.default, Given):
        return default_value(field.type, field.default.value)
    return None
