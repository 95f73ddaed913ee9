"""Rendering: what came of an ask → the bytes of messages."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from charter.contract.contract import Contract
from charter.contract.types import TEXT
from charter.plan.ask import EVERYTHING, Can, ReadMany, ReadTogether, Selection, Summarize
from charter.plan.cursors import seal
from charter.plan.outcome import (
    CanOutcome,
    ManyOutcome,
    Outcome,
    PageOutcome,
    RowOutcome,
    StreamOutcome,
    SummaryOutcome,
    TogetherOutcome,
    ValueOutcome,
    WriteOutcome,
)
from charter.wire.grpc.names import result_field, row_field
from charter.wire.grpc.numbers import Numbers
from charter.wire.grpc.pool import Messages
from charter.wire.grpc.rows import UNSEEN, FillRow, RowFillers, turn_of, value
from charter.wire.grpc.shape import Rpc, Verb
from charter.wire.rest.call import Call

Filled = Mapping[str, Any]
_row = msgspec.json.Decoder(dict[str, Any]).decode
_rows = msgspec.json.Decoder(list[dict[str, Any]]).decode
_any = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class Renderer:
    """Renders the outcomes of one contract. `cursor_key` seals page tokens."""

    contract: Contract
    cursor_key: bytes = field(repr=False)
    numbers: Numbers = field(repr=False)
    messages: Messages
    fillers: RowFillers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fillers", RowFillers(self.contract, self.numbers))


def render(renderer: Renderer, rpc: Rpc, call: Call, outcome: Outcome) -> bytes:
    """The answer to a call that is one message.

    Raises `too_complex` where the sort values of a page are too long for a token.
    """
    filled = _filled(renderer, rpc, call, outcome)
    data: bytes = renderer.messages.of(rpc.response)(**filled).SerializeToString()
    return data


async def stream(
    renderer: Renderer, rpc: Rpc, call: Call, outcome: Outcome
) -> AsyncGenerator[Sequence[bytes], None]:
    """The answer to a call that is a stream of rows, in batches as they come. Who leaves it before
    its end closes it, and with it what it reads from."""
    message, fill = renderer.messages.of(rpc.response), filler(renderer, call)
    if isinstance(outcome, PageOutcome):
        yield [message(**fill(row)).SerializeToString() for row in _rows(f"[{outcome.rows}]")]
    elif isinstance(outcome, StreamOutcome):
        async for bodies in outcome.batches:
            rows = _rows(f"[{','.join(bodies)}]")
            yield [message(**fill(row)).SerializeToString() for row in rows]
    else:
        raise TypeError("a list is expected")


def _filled(renderer: Renderer, rpc: Rpc, call: Call, outcome: Outcome) -> Filled:
    """What the message of the answer is filled with."""
    match outcome:
        case RowOutcome():
            return {} if outcome.deleted else _row_filled(renderer, call, outcome)
        case PageOutcome():
            return _page(renderer, call, outcome)
        case ManyOutcome():
            return _many(renderer, rpc, call, outcome)
        case ValueOutcome():
            return _value(renderer, rpc, call, outcome)
        case SummaryOutcome():
            return {"items": [_row(body) for body in outcome.bodies]}
        case StreamOutcome() | CanOutcome() | TogetherOutcome():
            raise ValueError(f"{rpc.name} does not answer with one message")


def filler(renderer: Renderer, call: Call) -> FillRow:
    """What fills the messages of the rows that a call shows."""
    if call.resource is None:
        raise ValueError(f"{call.route} has no rows")
    return renderer.fillers.of(call.resource.name, _selection(call))


def _selection(call: Call) -> Selection:
    form = call.ask.form
    return EVERYTHING if isinstance(form, Summarize | ReadTogether | Can) else form.selection


def _row_filled(renderer: Renderer, call: Call, outcome: RowOutcome) -> Filled:
    """The row as its reader may see it."""
    if not outcome.body:
        return UNSEEN
    selection = _selection(call) if call.resource is not None else EVERYTHING
    return renderer.fillers.of(outcome.resource, selection)(_row(outcome.body))


def _page(renderer: Renderer, call: Call, outcome: PageOutcome) -> Filled:
    fill, form = filler(renderer, call), call.ask.form
    if not isinstance(form, ReadMany):
        raise ValueError(f"{call.route} is no list")
    page: dict[str, Any] = {"items": [fill(row) for row in _rows(f"[{outcome.rows}]")]}
    if outcome.last is not None:
        resource = renderer.contract.resource_named[form.resource]
        types = [resource.type_of(sort.field) or TEXT for sort in form.sort]
        page["next_page_token"] = seal(outcome.last, types, call.fingerprint, renderer.cursor_key)
    if outcome.count is not None:
        page["count"] = outcome.count
        page["count_exact"] = form.count == "exact" or outcome.count_is_exact
    return page


def _many(renderer: Renderer, rpc: Rpc, call: Call, outcome: ManyOutcome) -> Filled:
    if rpc.verb is Verb.BATCH:
        return {"results": [_result(renderer, call, part) for part in outcome.parts]}
    rows = [part for part in outcome.parts if isinstance(part, RowOutcome) and not part.deleted]
    return {"items": [_row_filled(renderer, call, row) for row in rows]} if rows else {}


def _result(renderer: Renderer, call: Call, part: WriteOutcome) -> Filled:
    """What came of one operation of a batch."""
    if isinstance(part, ValueOutcome):
        return {"nothing": {}} if part.body is None else {"value": value(_any(part.body))}
    if part.deleted:
        return {"nothing": {}}
    resource = renderer.contract.resource_named[part.resource]
    return {result_field(row_field(resource)): _row_filled(renderer, call, part)}


def _value(renderer: Renderer, rpc: Rpc, call: Call, outcome: ValueOutcome) -> Filled:
    command = rpc.command
    if outcome.body is None or command is None:
        return {}
    if command.result.resource is not None:
        fill = filler(renderer, call)
        return {"items": [fill(row) for row in _rows(outcome.body)]}
    found, answer = command.result.type, _any(outcome.body)
    if found is None or answer is None:
        return {}
    turn = turn_of(found.scalar)
    if turn is not None:
        many = found.many or command.result.many
        answer = [turn(item) for item in answer] if many else turn(answer)
    return {"value": answer}
