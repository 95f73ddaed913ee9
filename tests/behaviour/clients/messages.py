"""Rows as messages, and messages as the rows that they are in JSON.

What a message cannot say (a text where a number has to be) is no test of this protocol: it is
skipped.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn

import pytest
from google.protobuf import json_format

from charter.contract.contract import Contract
from charter.contract.types import Scalar
from charter.wire.grpc.members import Slot, row_slots
from charter.wire.grpc.names import values_of
from charter.wire.grpc.pool import Messages
from tests.behaviour.clients.base import Both, Either, Has, Made, Row, Unless, Where

_COMPARATORS = (
    "eq", "ne", "lt", "lte", "gt", "gte", "like", "ilike", "in", "nin", "null", "contains",
)  # fmt: skip


def unsayable(what: str) -> NoReturn:
    pytest.skip(f"a message cannot say {what}")


@dataclass(frozen=True)
class Shapes:
    """Fills and reads the messages of one contract."""

    contract: Contract
    messages: Messages

    def message(self, name: str, **values: Any) -> Any:
        return self.messages.of(name)(**values)

    def slots(self, resource: str) -> dict[str, Slot]:
        found = self.contract.resource_named[resource]
        return {slot.name: slot for slot in row_slots(self.contract, found)}

    def fill(self, message: Any, resource: str, values: Any) -> None:
        """Set the values of a row. Those that are null, or that there are not, are named."""
        if not hasattr(values, "items"):
            unsayable(f"{values!r} as a row")
        message.SetInParent()
        slots = self.slots(resource)
        for name, value in values.items():
            if value is None or name not in slots:
                message.null_fields.append(name)
            else:
                self.put(message, slots[name], value)

    def put(self, message: Any, slot: Slot, value: Any) -> None:
        if slot.many:
            if not isinstance(value, list):
                unsayable(f"{value!r} as a list")
            for item in value:
                self.put_one(message, slot, item, many=True)
        else:
            self.put_one(message, slot, value, many=False)

    def put_one(self, message: Any, slot: Slot, value: Any, *, many: bool) -> None:
        at = getattr(message, slot.name)
        if slot.type is None:
            row = at.add() if many else at
            self.fill(row, slot.target or "", value)
            return
        scalar = slot.type.scalar
        if scalar is Scalar.JSON:
            if "18446744073709551616" in json.dumps(value):
                unsayable("an integer that no double holds")
            json_format.ParseDict(value, at.add() if many else at)
        elif scalar is Scalar.DATETIME:
            moment = at.add() if many else at
            try:
                moment.FromJsonString(value)
            except (ValueError, AttributeError, TypeError):
                unsayable(f"the moment {value!r}")
        elif many:
            at.append(self.plain(message, slot, value))
        else:
            setattr(message, slot.name, self.plain(message, slot, value))

    def plain(self, message: Any, slot: Slot, value: Any) -> Any:
        assert slot.type is not None
        scalar = slot.type.scalar
        if isinstance(value, Made):
            return f"{{{value.name}.id}}"
        if slot.choices and isinstance(value, str):
            name = values_of(slot.enum, slot.choices).get(value)
            enum = message.DESCRIPTOR.fields_by_name[slot.name].enum_type
            return 99_999 if name is None else enum.values_by_name[name].number
        if scalar is Scalar.DECIMAL and type(value) in {int, float, Decimal, str}:
            return f"{Decimal(str(value)):f}" if type(value) is not str else value
        wanted: dict[Scalar, set[type]] = {
            Scalar.INTEGER: {int},
            Scalar.BOOLEAN: {bool},
            Scalar.FLOAT: {int, float},
        }
        fits = type(value) in wanted.get(scalar, {str})
        if fits and scalar is Scalar.INTEGER and not -(2**63) <= value < 2**63:
            fits = False
        if fits and isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                fits = False
        return value if fits else unsayable(f"{value!r} as {scalar}")

    def row(self, resource: str, message: Any, fields: str, include: str) -> Row:
        """The row in a message, as far as it was asked for."""
        tree = Branch.of(fields, include)
        return self.shown_row(resource, message, tree)

    def shown_row(self, resource: str, message: Any, branch: "Branch") -> Row:
        hidden = set(message.hidden_fields)
        if "*" in hidden:
            return {}
        slots, found = self.slots(resource), self.contract.resource_named[resource]
        names = branch.picks or ([item.name for item in found.readable] if branch.whole else [])
        row = {name: self.value(slots[name], message) for name in names if name not in hidden}
        for name, below_ in branch.below.items():
            slot = slots[name]
            if name in hidden:
                continue
            value = getattr(message, name)
            target = slot.target or ""
            if slot.many:
                row[name] = [self.shown_row(target, item, below_) for item in value]
                if getattr(message, f"{name}_cut", False):
                    row[f"{name}_cut"] = True
            else:
                there = message.HasField(name)
                row[name] = self.shown_row(target, value, below_) if there else None
        return row

    def value(self, slot: Slot, message: Any) -> Any:
        """A value as JSON has it."""
        assert slot.type is not None
        at = getattr(message, slot.name)
        if slot.many:
            nulls = getattr(message, "null_fields", ())
            return None if slot.name in nulls else [self.told(slot, item) for item in at]
        return self.told(slot, at) if message.HasField(slot.name) else None

    def told(self, slot: Slot, value: Any) -> Any:
        assert slot.type is not None
        if slot.choices:
            return slot.choices[value - 1]
        if slot.type.scalar is Scalar.JSON:
            return json_format.MessageToDict(value)
        if slot.type.scalar is Scalar.DATETIME:
            return told_moment(value)
        return value

    def filter(self, where: Where) -> Any:
        """A filter as messages."""
        message = self.message("charterapi.v1.Filter")
        match where:
            case Has(name, comparator, value):
                message.condition.field = name
                known = _COMPARATORS.index(comparator) + 1 if comparator in _COMPARATORS else 99
                message.condition.comparator = known
                listed = isinstance(value, list | tuple)
                message.condition.values.extend(map(text, value if listed else [value]))
            case Both(parts):
                message.all.filters.extend(map(self.filter, parts))
            case Either(parts):
                message.any.filters.extend(map(self.filter, parts))
            case Unless(part):
                getattr(message, "not").CopyFrom(self.filter(part))
        return message


@dataclass
class Branch:
    """What is asked for of one row."""

    whole: bool
    picks: list[str]
    below: dict[str, "Branch"]

    @staticmethod
    def of(fields: str, include: str) -> "Branch":
        top = Branch(not fields, [], {})
        for path in filter(None, include.split(",")):
            top.grow(path.split("."), whole=True)
        for path in filter(None, fields.split(",")):
            *way, last = path.split(".")
            branch = top.grow(way, whole=False)
            if last not in branch.picks:
                branch.picks.append(last)
        return top

    def grow(self, way: Iterable[str], *, whole: bool) -> "Branch":
        branch = self
        for name in way:
            branch = branch.below.setdefault(name, Branch(whole, [], {}))
        return branch


def told_moment(value: Any) -> str:
    """As the database has it: without zeros at the end of its fraction."""
    moment = value.ToDatetime(UTC)
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}{fraction}+00:00"


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)
