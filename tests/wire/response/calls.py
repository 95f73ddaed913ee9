"""What the tests of answers share: the example shop, calls to it, and ways to read answers."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from charter.plan.actor import ANONYMOUS
from charter.plan.ask import Ask, ReadMany, ReadOne, Summarize, Write
from charter.plan.outcome import Outcome, RowOutcome
from charter.wire.http import Request, Response
from charter.wire.rest.call import Call, Style
from charter.wire.rest.render import Renderer, render
from examples.shop.contract import shop

CONTRACT = shop.build()
KEY = b"0123456789abcdef0123456789abcdef"
RENDERER = Renderer(CONTRACT, KEY)
ORDER = "0199c0de-0000-7000-8000-000000000001"
BODY = json.dumps({"id": ORDER, "customer_id": "ada", "status": "draft", "version": 3})


def reading(
    form: ReadOne | ReadMany | Summarize, path: str = "/v1/orders", query: str = "", **options: Any
) -> Call:
    """A GET of orders; `options` are fields of the call."""
    headers = options.pop("headers", {})
    method = options.pop("method", "GET")
    call = Call(
        Request(method, path, query, headers),
        Ask(form, (), ANONYMOUS, datetime.now(UTC)),
        route=path,
        resource=CONTRACT.resource_named[form.resource],
    )
    return replace(call, **options)


def one(**options: Any) -> Call:
    return reading(ReadOne("Order"), f"/v1/orders/{ORDER}", **options)


def many(query: str = "", form: ReadMany | None = None, **options: Any) -> Call:
    return reading(form or ReadMany("Order"), "/v1/orders", query, **options)


def writing(path: str, *, many: bool = False, dry_run: bool = False, **options: Any) -> Call:
    """A POST; `resource` names the resource of the rows in its answer."""
    resource = options.pop("resource", "Order")
    headers = options.pop("headers", {})
    call = Call(
        Request("POST", path, "", headers),
        Ask(Write((), many=many, dry_run=dry_run), (), ANONYMOUS, datetime.now(UTC)),
        route=path,
        resource=CONTRACT.resource_named[resource] if resource else None,
    )
    return replace(call, **options)


def row(body: str = BODY, version: int = 3, **options: Any) -> RowOutcome:
    return RowOutcome("Order", ORDER, body, version, **options)


def answer(call: Call, outcome: Outcome) -> Response:
    return render(RENDERER, call, outcome)


def fields(response: Response) -> dict[str, str]:
    """The header fields; none comes twice."""
    found = dict(response.headers)
    assert len(found) == len(response.headers)
    return found


def text(response: Response) -> str:
    assert isinstance(response.body, bytes)
    return response.body.decode()


def shown(response: Response) -> Any:
    return json.loads(text(response))


async def streamed(response: Response) -> bytes:
    assert not isinstance(response.body, bytes)
    return b"".join([chunk async for chunk in response.body])


async def batches(*items: Sequence[str]) -> AsyncIterator[Sequence[str]]:
    for item in items:
        yield item


HAL = Style.HAL
