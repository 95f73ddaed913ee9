"""Messages as decoded JSON, which is what drafts and inputs are read from.

What stands in a message has a type, but none of the bounds of the contract: those are for the
readers of values, the same for every protocol.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from charter.contract.contract import Contract
from charter.contract.types import Scalar
from charter.core.codes import TOO_COMPLEX
from charter.core.problems import Problem
from charter.plan.spelling import input_name
from charter.wire.grpc.members import Slot, input_slots, row_slots
from charter.wire.grpc.numbers import Numbers
from charter.wire.grpc.requests import input_field
from charter.wire.grpc.shape import Rpc

Convert = Callable[[Any], Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = 2**53
"""Integers that a double holds are integers again; others stay what they are."""


class Values:
    """Reads the messages of rows and inputs of one contract."""

    def __init__(self, contract: Contract, numbers: Numbers, max_depth: int) -> None:
        self._numbers = numbers
        self._depth = max_depth
        self._rows: dict[str, dict[str, Convert]] = {}
        self._many = {
            resource.name: frozenset(
                slot.name for slot in row_slots(contract, resource) if slot.many
            )
            for resource in contract.resources
        }
        self._required = {
            resource.name: tuple(
                item.name for item in resource.fields if item.required and item.type.many
            )
            for resource in contract.resources
        }
        for resource in contract.resources:
            self._rows[resource.name] = self._table(resource.name, row_slots(contract, resource))

    def row(self, resource: str, message: Any, *, whole: bool = False) -> dict[str, Any]:
        """What is set in the message of a row, and null for what it says has no value. For a
        `whole` row, lists that must be given are: a message does not tell an empty one."""
        known = self._rows[resource]
        found = {
            field.name: known[field.name](value)
            for field, value in message.ListFields()
            if field.name in known
        }
        for name in message.null_fields:
            found.setdefault(name, None)
        for name in self._required[resource] if whole else ():
            found.setdefault(name, [])
        return found

    def masked(self, resource: str, message: Any, paths: Iterable[str]) -> dict[str, Any]:
        """What a mask names: what is not set is null, or for a list empty."""
        found = self.row(resource, message)
        many = self._many[resource]
        return {path: found.get(path, [] if path in many else None) for path in paths}

    def inputs(self, rpc: Rpc, fixed: Iterable[str]) -> Callable[[Any], dict[str, Any]]:
        """A reader of the inputs in the requests of a command."""
        command = rpc.command
        slots = () if command is None else input_slots(command)
        table = self._table(rpc.request, slots)
        taken = set(fixed)
        named = {input_field(slot.name, taken): slot.name for slot in slots}

        items = () if command is None else command.inputs
        required = [input_name(item) for item in items if item.required and item.type.many]

        def read(message: Any) -> dict[str, Any]:
            found = {
                named[field.name]: table[named[field.name]](value)
                for field, value in message.ListFields()
                if field.name in named
            }
            for name in required:
                found.setdefault(name, [])
            return found

        return read

    def _table(self, message: str, slots: Sequence[Slot]) -> dict[str, Convert]:
        return {slot.name: self._convert(message, slot) for slot in slots}

    def _convert(self, message: str, slot: Slot) -> Convert:
        one = self._one(message, slot)
        if not slot.many:
            return one or _same
        if one is None:
            return list
        each = one
        return lambda values: [each(value) for value in values]

    def _one(self, message: str, slot: Slot) -> Convert | None:
        if slot.target is not None:
            target = slot.target
            return lambda value: self.row(target, value, whole=not value.HasField("id"))
        if slot.choices:
            table = self._numbers.tables[f"{message}.{slot.enum}"].names
            texts = {found.number: choice for choice, found in table.items()}
            return lambda value: texts.get(value, str(value))
        scalar = None if slot.type is None else slot.type.scalar
        if scalar is Scalar.JSON:
            return lambda value: plain(value, self._depth)
        return moment if scalar is Scalar.DATETIME else None


def _same(value: Any) -> Any:
    return value


def moment(value: Any) -> str:
    """A Timestamp as text; one that no calendar has is told as such by who reads it."""
    try:
        found = _EPOCH + timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)
    except OverflowError:
        return f"{value.seconds} seconds"
    if not 0 <= value.nanos < 1_000_000_000:
        return f"{value.nanos} nanoseconds"
    return found.isoformat()


def plain(value: Any, depth: int) -> Any:
    """A google.protobuf.Value as decoded JSON. Raises `too_complex`."""
    kind = value.WhichOneof("kind")
    if kind in _CONTAINERS:
        if depth <= 0:
            raise Problem(TOO_COMPLEX, "Lists and objects in a value are nested too deep.")
        if kind == "list_value":
            return [plain(item, depth - 1) for item in value.list_value.values]
        fields: Mapping[str, Any] = value.struct_value.fields
        return {name: plain(fields[name], depth - 1) for name in fields}
    if kind == "number_value":
        number: float = value.number_value
        return int(number) if number.is_integer() and abs(number) < _EXACT else number
    return None if kind in {None, "null_value"} else getattr(value, kind)


_CONTAINERS = frozenset({"list_value", "struct_value"})
