"""Rendering: what came of an ask → the bytes of messages."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from charter.contract.contract import Contract
from charter.contract.types import TEXT, Type
from charter.plan.ask import EVERYTHING, Can, ReadMany, Selection, Summarize
from charter.plan.cursors import seal
from charter.plan.outcome import (
    CanOutcome,
    ManyOutcome,
    Outcome,
    PageOutcome,
    RowOutcome,
    StreamOutcome,
    SummaryOutcome,
    ValueOutcome,
    WriteOutcome,
)
from charter.wire.grpc.describe import RESULT
from charter.wire.grpc.encode import (
    delimited,
    integer_field,
    struct_bytes,
    text_field,
    value_bytes,
)
from charter.wire.grpc.names import row_field
from charter.wire.grpc.numbers import Numbers
from charter.wire.grpc.rows import UNSEEN, RowWriters, put_value
from charter.wire.grpc.shape import Rpc, Verb
from charter.wire.rest.call import Call

_row = msgspec.json.Decoder(dict[str, Any]).decode
_rows = msgspec.json.Decoder(list[dict[str, Any]]).decode
_any = msgspec.json.Decoder().decode
_NO_CHOICES: Mapping[str, int] = {}


@dataclass(frozen=True)
class Renderer:
    """Renders the outcomes of one contract. `cursor_key` seals page tokens."""

    contract: Contract
    cursor_key: bytes = field(repr=False)
    numbers: Numbers
    writers: RowWriters = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "writers", RowWriters(self.contract, self.numbers))


def render(renderer: Renderer, rpc: Rpc, call: Call, outcome: Outcome) -> bytes:
    """The answer to a call that is one message.

    Raises `too_complex` where the sort values of a page are too long for a token.
    """
    match outcome:
        case RowOutcome():
            return b"" if outcome.deleted else _row_bytes(renderer, call, outcome)
        case PageOutcome():
            return _page(renderer, call, outcome)
        case ManyOutcome():
            return _many(renderer, rpc, call, outcome)
        case ValueOutcome():
            return _value(renderer, rpc, call, outcome)
        case SummaryOutcome():
            return b"".join(delimited(1, struct_bytes(_row(body))) for body in outcome.bodies)
        case StreamOutcome() | CanOutcome():
            raise ValueError(f"{rpc.name} does not answer with one message")


async def stream(
    renderer: Renderer, call: Call, outcome: Outcome
) -> AsyncIterator[Sequence[bytes]]:
    """The answer to a call that is a stream of rows, in batches as they come."""
    write = _writer(renderer, call)
    if isinstance(outcome, PageOutcome):
        yield [write(row) for row in _rows(f"[{outcome.rows}]")]
    elif isinstance(outcome, StreamOutcome):
        async for bodies in outcome.batches:
            yield [write(row) for row in _rows(f"[{','.join(bodies)}]")]
    else:
        raise TypeError("a list is expected")


def _writer(renderer: Renderer, call: Call) -> Callable[[Mapping[str, Any]], bytes]:
    if call.resource is None:
        raise ValueError(f"{call.route} has no rows")
    return renderer.writers.of(call.resource.name, _selection(call))


def _selection(call: Call) -> Selection:
    form = call.ask.form
    return EVERYTHING if isinstance(form, Summarize | Can) else form.selection


def _row_bytes(renderer: Renderer, call: Call, outcome: RowOutcome) -> bytes:
    """The row as its reader may see it."""
    if not outcome.body:
        return UNSEEN
    selection = _selection(call) if call.resource is not None else EVERYTHING
    return renderer.writers.of(outcome.resource, selection)(_row(outcome.body))


def _page(renderer: Renderer, call: Call, outcome: PageOutcome) -> bytes:
    write = _writer(renderer, call)
    parts = [delimited(1, write(row)) for row in _rows(f"[{outcome.rows}]")]
    form = call.ask.form
    if not isinstance(form, ReadMany):
        raise ValueError(f"{call.route} is no list")
    if outcome.last is not None:
        resource = renderer.contract.resource_named[form.resource]
        types = [resource.type_of(sort.field) or TEXT for sort in form.sort]
        token = seal(outcome.last, types, call.fingerprint, renderer.cursor_key)
        parts.append(text_field(2, token))
    if outcome.count is not None:
        parts.append(integer_field(3, outcome.count))
        parts.append(integer_field(4, form.count == "exact" or outcome.count_is_exact))
    return b"".join(parts)


def _many(renderer: Renderer, rpc: Rpc, call: Call, outcome: ManyOutcome) -> bytes:
    if rpc.verb is Verb.BATCH:
        return b"".join(delimited(1, _result(renderer, call, part)) for part in outcome.parts)
    rows = [part for part in outcome.parts if isinstance(part, RowOutcome) and not part.deleted]
    return b"".join(delimited(1, _row_bytes(renderer, call, row)) for row in rows)


def _result(renderer: Renderer, call: Call, part: WriteOutcome) -> bytes:
    """What came of one operation of a batch."""
    if isinstance(part, ValueOutcome):
        return delimited(1, b"") if part.body is None else delimited(2, _any_value(part.body))
    if part.deleted:
        return delimited(1, b"")
    resource = renderer.contract.resource_named[part.resource]
    number = renderer.numbers.of(RESULT, row_field(resource))
    return delimited(number, _row_bytes(renderer, call, part))


def _any_value(body: str) -> bytes:
    return value_bytes(_any(body))


def _value(renderer: Renderer, rpc: Rpc, call: Call, outcome: ValueOutcome) -> bytes:
    command = rpc.command
    if outcome.body is None or command is None:
        return b""
    if command.result.resource is not None:
        write = _writer(renderer, call)
        return b"".join(delimited(1, write(row)) for row in _rows(outcome.body))
    found = command.result.type
    value = _any(outcome.body)
    if found is None or value is None:
        return b""
    out: list[bytes] = []
    put_value(1, _listed(found, command.result.many), _NO_CHOICES)(value, out)
    return b"".join(out)


def _listed(type_: Type, many: bool) -> Type:
    return replace(type_, many=True) if many and not type_.many else type_
