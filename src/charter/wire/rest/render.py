"""Rendering: what came of an ask → the bytes of an answer. Bodies are passed through."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec

from charter.contract.contract import Contract
from charter.contract.types import TEXT
from charter.plan.ask import EVERYTHING, ReadMany, ReadOne, Selection, Write
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
from charter.wire.http import Response
from charter.wire.rest import headers as fixed
from charter.wire.rest.answer import answer, opaque_tag
from charter.wire.rest.call import Call, Style
from charter.wire.rest.can import can_body
from charter.wire.rest.compress import chosen, compressed_stream
from charter.wire.rest.export import csv, ndjson
from charter.wire.rest.hal import Hal
from charter.wire.rest.headers import Headers, attachment, link, reference
from charter.wire.rest.links import own_path, page_paths, row_path
from charter.wire.rest.routes import BATCH
from charter.wire.rest.settings import RestSettings

_EXPORTS = frozenset({Style.NDJSON, Style.CSV})
_raws = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Renderer:
    """Renders the outcomes of one contract. `cursor_key` seals cursors."""

    contract: Contract
    cursor_key: bytes = field(repr=False)
    settings: RestSettings = field(default_factory=RestSettings)
    hal: Hal = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hal", Hal(self.contract, self.settings.prefix))


def render(renderer: Renderer, call: Call, outcome: Outcome) -> Response:
    """The answer to a call.

    Raises `too_complex` where the sort values of a page are too long for a cursor.
    """
    match outcome:
        case RowOutcome():
            return _row(renderer, call, outcome)
        case PageOutcome():
            return _page(renderer, call, outcome)
        case ManyOutcome():
            return _many(renderer, call, outcome)
        case ValueOutcome():
            return _value(renderer, call, outcome)
        case SummaryOutcome():
            return _summary(renderer, call, outcome)
        case StreamOutcome():
            return _stream(renderer, call, outcome)
        case CanOutcome():
            return _answer(renderer, call, 200, fixed.WRITTEN[Style.JSON], can_body(outcome))
        case TogetherOutcome():
            raise TypeError("REST asks for one thing at a time")


def _row(renderer: Renderer, call: Call, outcome: RowOutcome) -> Response:
    form = call.ask.form
    if outcome.deleted:
        return Response(204, fixed.EMPTY)
    body = _row_body(renderer, call, outcome)
    status, headers, tagged = 200, fixed.READ[call.style], True
    if isinstance(form, Write):
        headers = fixed.WRITTEN[call.style]
        tagged = outcome.body != "" and not form.dry_run
        if outcome.created and not form.dry_run:
            status, headers = 201, (*headers, *_locations(renderer, call, outcome))
    return answer(
        call.request,
        status,
        headers,
        body,
        tag=opaque_tag(outcome.version, body) if tagged else None,
        min_compressed=renderer.settings.min_compressed,
    )


def _row_body(renderer: Renderer, call: Call, outcome: RowOutcome) -> bytes:
    """The row as its reader may see it: empty where a writer may not read what it wrote."""
    if not outcome.body:
        return b"{}"
    if call.style is not Style.HAL:
        return outcome.body.encode()
    return msgspec.json.encode(_hal_row(renderer, call, outcome))


def _hal_row(renderer: Renderer, call: Call, outcome: RowOutcome) -> dict[str, Any]:
    resource = renderer.contract.resource_named[outcome.resource]
    return renderer.hal.row(resource, _selection(call), outcome.body, outcome.key)


def _selection(call: Call) -> Selection:
    form = call.ask.form
    return form.selection if isinstance(form, ReadOne | ReadMany | Write) else EVERYTHING


def _locations(renderer: Renderer, call: Call, outcome: RowOutcome) -> Headers:
    """Where a created row is: below its list, or below the owner that it is a part of."""
    resource = renderer.contract.resource_named[outcome.resource]
    if resource.owner is None:
        path = row_path(renderer.settings.prefix, resource, outcome.key)
    elif call.route.endswith(f"/{BATCH}"):
        return ()
    else:
        path = f"{reference(call.request.path)}/{quote(str(outcome.key), safe='')}"
    return (("location", path),)


def _page(renderer: Renderer, call: Call, outcome: PageOutcome) -> Response:
    if call.style in _EXPORTS:
        return _stream(renderer, call, StreamOutcome(_once(_bodies(outcome.rows.encode()))))
    first, following = page_paths(call.request, _cursor(renderer, call, outcome))
    links = link(first, "first")
    if following is not None:
        links += ", " + link(following, "next")
    counted = _counted(call, outcome)
    if call.style is Style.HAL and call.resource is not None:
        targets = {"self": own_path(call.request), "first": first, "next": following}
        document = renderer.hal.page(
            call.resource, _selection(call), _bodies(outcome.rows.encode()), targets, counted
        )
        body = msgspec.json.encode(document)
    else:
        tail = msgspec.json.encode({"next": following, **counted})
        body = b'{"items":[' + outcome.rows.encode() + b"]," + tail[1:]
    headers = (*fixed.READ[call.style], ("link", links))
    return _answer(renderer, call, 200, headers, body)


def _counted(call: Call, outcome: PageOutcome) -> dict[str, Any]:
    if outcome.count is None:
        return {}
    form = call.ask.form
    if isinstance(form, ReadMany) and form.count == "estimated":
        return {"count": outcome.count, "count_exact": outcome.count_is_exact}
    return {"count": outcome.count}


def _cursor(renderer: Renderer, call: Call, outcome: PageOutcome) -> str | None:
    form = call.ask.form
    if outcome.last is None or not isinstance(form, ReadMany):
        return None
    resource = renderer.contract.resource_named[form.resource]
    types = [resource.type_of(sort.field) or TEXT for sort in form.sort]
    return seal(outcome.last, types, call.fingerprint, renderer.cursor_key)


def _summary(renderer: Renderer, call: Call, outcome: SummaryOutcome) -> Response:
    body = _items(outcome.bodies)
    return _answer(renderer, call, 200, fixed.READ[Style.JSON], body)


def _bodies(rows: bytes) -> list[str]:
    """The JSON texts of rows that stand with commas between them."""
    return [bytes(raw).decode() for raw in _raws.decode(b"[" + rows + b"]")]


def _items(bodies: Sequence[str]) -> bytes:
    return b'{"items":[' + ",".join(bodies).encode() + b"]}"


def _value(renderer: Renderer, call: Call, outcome: ValueOutcome) -> Response:
    if outcome.body is None:
        return Response(204, fixed.EMPTY)
    body = outcome.body.encode()
    if call.style is Style.HAL and call.resource is not None:
        bodies = _bodies(body[1:-1])
        links: dict[str, str | None] = {"self": own_path(call.request)}
        rows = renderer.hal.page(call.resource, _selection(call), bodies, links, {})
        body = msgspec.json.encode(rows)
    return _answer(renderer, call, 200, fixed.WRITTEN[call.style], body)


def _many(renderer: Renderer, call: Call, outcome: ManyOutcome) -> Response:
    if call.resource is None:
        body = _items([_batched(renderer, call, part) for part in outcome.parts])
        return _answer(renderer, call, 200, fixed.WRITTEN[Style.JSON], body)
    rows = [part for part in outcome.parts if isinstance(part, RowOutcome)]
    if rows and all(row.deleted for row in rows):
        return Response(204, fixed.EMPTY)
    bodies = [_row_body(renderer, call, row).decode() for row in rows]
    status = 201 if _creates(call, rows) else 200
    return _answer(renderer, call, status, fixed.WRITTEN[call.style], _items(bodies))


def _creates(call: Call, rows: Sequence[RowOutcome]) -> bool:
    form = call.ask.form
    kept = isinstance(form, Write) and not form.dry_run
    return kept and bool(rows) and all(row.created for row in rows)


def _batched(renderer: Renderer, call: Call, part: WriteOutcome) -> str:
    """One result of a batch, with what would be its status and header fields alone."""
    if isinstance(part, ValueOutcome):
        return '{"status":204}' if part.body is None else f'{{"status":200,"body":{part.body}}}'
    if part.deleted:
        return '{"status":204}'
    body = _row_body(renderer, call, part)
    form = call.ask.form
    head: dict[str, Any] = {"status": 200}
    if part.body and not (isinstance(form, Write) and form.dry_run):
        if part.created:
            head = {"status": 201, **dict(_locations(renderer, call, part))}
        head["etag"] = f'"{opaque_tag(part.version, body)}"'
    return f'{msgspec.json.encode(head).decode()[:-1]},"body":{body.decode()}}}'


async def _once(bodies: Sequence[str]) -> AsyncIterator[Sequence[str]]:
    yield bodies


def _stream(renderer: Renderer, call: Call, outcome: StreamOutcome) -> Response:
    suffix = "csv" if call.style is Style.CSV else "ndjson"
    stem = call.resource.path if call.resource is not None else "rows"
    headers = (*fixed.READ[call.style], attachment(f"{stem}.{suffix}"))
    coding = chosen(call.request.headers.get("accept-encoding"))
    if coding is not None:
        headers = (*headers, ("content-encoding", coding.value))
    if call.request.method == "HEAD":
        return Response(200, headers)
    body: AsyncIterator[bytes] = (
        csv(call.columns, outcome.batches) if call.style is Style.CSV else ndjson(outcome.batches)
    )
    return Response(200, headers, compressed_stream(coding, body) if coding else body)


def _answer(renderer: Renderer, call: Call, status: int, headers: Headers, body: bytes) -> Response:
    return answer(
        call.request, status, headers, body, min_compressed=renderer.settings.min_compressed
    )
