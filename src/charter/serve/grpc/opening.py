"""Puts the server together. What stands on gRPC's packages is imported where it is served."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from charter.contract.contract import Contract
from charter.core.signals import Listener
from charter.plan.ask import Ask
from charter.plan.outcome import Outcome
from charter.serve.grpc.calls import Calls
from charter.serve.grpc.server import GrpcServer
from charter.serve.grpc.watches import Watches
from charter.serve.live.hub import Hub
from charter.serve.settings.model import Settings
from charter.serve.web.authenticate import Authenticator
from charter.serve.web.correlation import Correlator
from charter.serve.web.edge import Edge
from charter.serve.web.inflight import InFlight
from charter.serve.web.throttle import Throttle
from charter.wire.grpc.numbers import Numbers
from charter.wire.grpc.parse import Parser
from charter.wire.grpc.render import Renderer
from charter.wire.http import Request


@dataclass(frozen=True, slots=True)
class Parts:
    """What the server shares with the app over HTTP."""

    answer: Callable[[Ask], Awaitable[Outcome]]
    authenticator: Authenticator
    in_flight: InFlight
    correlate: Correlator
    edge: Edge
    ready: Callable[[Request], Awaitable[object]]
    throttle: Throttle | None
    listener: Listener | None
    hub: Hub
    connections: Callable[[], int]
    """How many connections are told of changes already, over whatever protocol."""


def opened(
    contract: Contract, settings: Settings, numbers: Numbers, cursor_key: bytes, parts: Parts
) -> GrpcServer:
    """The server of a contract, not listening yet."""
    grpc, serve = settings.grpc, settings.serve
    parser = Parser(contract, cursor_key, settings.rest, numbers)
    calls = Calls(
        parser,
        Renderer(contract, cursor_key, numbers, parser.messages),
        parts.answer,
        parts.authenticator,
        parts.in_flight,
        parts.correlate,
        parts.edge,
        serve.request_timeout,
        grpc.certificate is not None,
        parts.throttle,
        parts.listener,
        parts.listener if serve.access_log else None,
    )
    watches = None
    if settings.live.enabled:
        watches = Watches(calls, parts.hub, settings.live, parts.connections)
    reflects = not serve.in_production if grpc.reflection is None else grpc.reflection
    return GrpcServer(
        calls,
        watches,
        grpc,
        grpc.host or serve.host,
        parts.ready,
        reflects=reflects,
        shared=serve.workers > 1,
    )
