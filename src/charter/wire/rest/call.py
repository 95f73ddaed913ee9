"""A call: a parsed request, with what is needed to answer it."""

from dataclasses import dataclass
from enum import StrEnum

from charter.contract.resource import Resource
from charter.plan.ask import Ask
from charter.wire.http import Request


class Style(StrEnum):
    """The representations that can be asked for with `Accept`."""

    JSON = "application/json"
    HAL = "application/hal+json"
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"


@dataclass(slots=True)
class Call:
    """What the renderer needs to know of a request besides its outcome.

    `route` is the template of the path (`/v1/orders/{id}`), for logs and metrics. `resource` is
    the resource of the rows in the answer, None where the answer has none. `fingerprint` binds
    the cursors of this list to its sort, filter and actor-independent parameters.
    """

    request: Request
    ask: Ask
    route: str
    style: Style = Style.JSON
    resource: Resource | None = None
    fingerprint: bytes = b""
    columns: tuple[str, ...] = ()
    """The header line of CSV: the names of what each row shows, in order."""
