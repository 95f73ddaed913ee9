"""The server: listening, TLS, health, reflection."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

from charter.core.problems import Problem
from charter.serve.grpc.calls import Calls
from charter.serve.grpc.watches import Watches
from charter.wire.grpc.parse import Parser
from charter.wire.grpc.settings import GrpcSettings
from charter.wire.grpc.shape import Rpc, Verb
from charter.wire.http import Request

_EVERYWHERE = (any_pb2, duration_pb2, error_details_pb2, status_pb2, health_pb2, reflection_pb2)
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class CannotServe(ValueError):
    """The address or the certificates cannot be used, and why."""


class _Handlers(grpc.GenericRpcHandler):
    """The methods of the contract. Messages come and go as bytes."""

    def __init__(self, calls: Calls, watches: Watches | None) -> None:
        rpcs = calls.parser.rpcs.values()
        served = (rpc for rpc in rpcs if watches is not None or rpc.verb is not Verb.WATCH)
        self._made = {rpc.path: _handler(calls, watches, rpc) for rpc in served}

    def service(self, handler_call_details: Any) -> Any:
        return self._made.get(handler_call_details.method)


def _handler(calls: Calls, watches: Watches | None, rpc: Rpc) -> Any:
    if rpc.verb is Verb.WATCH and watches is not None:
        return grpc.unary_stream_rpc_method_handler(partial(watches.answer, rpc))
    if rpc.verb is Verb.STREAM:
        return grpc.unary_stream_rpc_method_handler(partial(calls.streamed, rpc))
    return grpc.unary_unary_rpc_method_handler(partial(calls.unary, rpc))


class _Health(health.aio.HealthServicer):
    """The standard service, which asks the database as well."""

    def __init__(self, ready: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._ready = ready

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        found = await super().Check(request, context)
        if found.status == _SERVING:
            try:
                await self._ready()
            except Problem:
                found.status = _NOT_SERVING
        return found


class GrpcServer:
    """Serves the calls of one process. For one event loop."""

    def __init__(  # noqa: PLR0913 - what it is put together from
        self,
        calls: Calls,
        watches: Watches | None,
        settings: GrpcSettings,
        host: str,
        ready: Callable[[Request], Awaitable[object]],
        *,
        reflects: bool,
        shared: bool,
    ) -> None:
        """Without `watches` nothing is told of changes. `shared` lets several processes listen at
        one port. `ready` raises problems."""
        self._calls = calls
        self._watches = watches
        self._settings = settings
        self._host = f"[{host}]" if ":" in host else host
        self._ready = ready
        self._reflects = reflects
        self._shared = shared
        self._server: Any = None
        self._health: _Health | None = None
        self.port = settings.port or 0

    @property
    def parser(self) -> Parser:
        return self._calls.parser

    async def start(self) -> None:
        """Listen. Raises CannotServe."""
        server = grpc.aio.server(
            handlers=[_Handlers(self._calls, self._watches)],
            options=_options(self._settings, self._shared),
        )
        self._health = _Health(self._is_ready)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        parser = self._calls.parser
        for name in ("", *parser.services):
            await self._health.set(name, _SERVING)
        if self._reflects:
            names = (*parser.services, health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, server, _pool(parser.messages.pool))
        address = f"{self._host}:{self._settings.port or 0}"
        credentials = credentials_of(self._settings)
        try:
            if credentials is None:
                self.port = server.add_insecure_port(address)
            else:
                self.port = server.add_secure_port(address, credentials)
        except RuntimeError as error:
            raise CannotServe(f"cannot serve gRPC at {address}: {error}") from None
        await server.start()
        self._server = server

    async def end_watches(self) -> None:
        """End the calls that are told of changes, and take no more of them."""
        if self._watches is not None:
            await self._watches.close()

    async def stop(self, seconds: float) -> None:
        """Take no more calls, and wait for those under way so long."""
        if self._health is not None:
            await self._health.enter_graceful_shutdown()
        await self.end_watches()
        if self._server is not None:
            await self._server.stop(seconds)
            self._server = None

    async def _is_ready(self) -> None:
        await self._ready(Request("GET", "/"))


def _pool(pool: Any) -> Any:
    """The pool of the contract, with what is the same everywhere: services, details of errors."""
    for module in _EVERYWHERE:
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    return pool


def _options(settings: GrpcSettings, shared: bool) -> tuple[tuple[str, int], ...]:
    return (
        ("grpc.max_receive_message_length", settings.max_request),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", settings.max_streams),
        ("grpc.max_metadata_size", settings.max_metadata),
        ("grpc.absolute_max_metadata_size", settings.max_metadata),
        ("grpc.keepalive_time_ms", int(settings.keepalive_time * 1000)),
        ("grpc.keepalive_timeout_ms", int(settings.keepalive_timeout * 1000)),
        (
            "grpc.http2.min_recv_ping_interval_without_data_ms",
            int(settings.keepalive_least * 1000),
        ),
        ("grpc.so_reuseport", int(shared)),
    )


def credentials_of(settings: GrpcSettings) -> grpc.ServerCredentials | None:
    """TLS as the settings have it; None for none. Raises CannotServe."""
    if settings.certificate is None or settings.key is None:
        return None
    pair = (_read(settings.key), _read(settings.certificate))
    roots = None if settings.client_ca is None else _read(settings.client_ca)
    return grpc.ssl_server_credentials([pair], roots, roots is not None)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotServe(f"{path}: {error.strerror}") from None
