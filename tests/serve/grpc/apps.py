"""gRPC servers in this process, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from google.rpc import error_details_pb2, status_pb2

from charter.access.rates.settings import RatesSettings
from charter.core.signals import Listener
from charter.language.load import load_contract
from charter.serve.process import Process
from charter.serve.settings.live import LiveSettings
from charter.wire.grpc.parse import Parser
from charter.wire.grpc.problems import DETAILS
from charter.wire.grpc.settings import GrpcSettings
from charter.wire.grpc.shape import Rpc
from tests.serve.apps import CONTRACT, settings_in, token

NO_RATES = RatesSettings(enabled=False)


@dataclass
class Opened:
    """A server, and a channel to it."""

    process: Process
    server: Any
    channel: grpc.aio.Channel
    metadata: list[tuple[str, str]] = field(
        default_factory=lambda: [("authorization", f"Bearer {token()}")]
    )

    @property
    def parser(self) -> Parser:
        found: Parser = self.server.parser
        return found

    def rpc(self, name: str) -> Rpc:
        return next(rpc for rpc in self.parser.rpcs.values() if rpc.name == name)

    def message(self, name: str, **values: Any) -> Any:
        return self.parser.messages.of(name)(**values)

    def calling(self, name: str, request: Any = b"", **options: Any) -> Any:
        """A call under way."""
        rpc = self.rpc(name)
        raw = request if isinstance(request, bytes) else request.SerializeToString()
        answer = self.parser.messages.of(rpc.response).FromString
        unary: Any = self.channel.unary_unary(rpc.path, None, answer)
        return unary(raw, **{"metadata": self.metadata, **options})

    def streaming(self, name: str, request: Any = b"", **options: Any) -> Any:
        """A call that is answered with a stream of messages."""
        rpc = self.rpc(name)
        raw = request if isinstance(request, bytes) else request.SerializeToString()
        answer = self.parser.messages.of(rpc.response).FromString
        stream: Any = self.channel.unary_stream(rpc.path, None, answer)
        return stream(raw, **{"metadata": self.metadata, **options})

    async def ask(self, name: str, **values: Any) -> Any:
        return await self.calling(name, self.message(f"{name}Request", **values))

    async def refused(self, name: str, request: Any = b"", **options: Any) -> "Status":
        try:
            await self.calling(name, request, **options)
        except grpc.aio.AioRpcError as error:
            return Status.of(error)
        raise AssertionError(f"{name} was answered")


@dataclass(frozen=True)
class Status:
    """What a call was refused with; without details `reason` is empty."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    domain: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    fields: tuple[tuple[str, str], ...] = ()
    retry_after: float | None = None
    trailer: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(error: grpc.aio.AioRpcError) -> "Status":
        trailer: dict[str, Any] = dict(error.trailing_metadata() or ())
        found = Status(error.code(), error.details() or "", trailer=trailer)
        if DETAILS not in trailer:
            return found
        info, bad, retry = (
            error_details_pb2.ErrorInfo(),
            error_details_pb2.BadRequest(),
            error_details_pb2.RetryInfo(),
        )
        for detail in status_pb2.Status.FromString(trailer[DETAILS]).details:
            for item in (info, bad, retry):
                if detail.Is(item.DESCRIPTOR):
                    detail.Unpack(item)
        waits = retry.HasField("retry_delay")
        return replace(
            found,
            reason=info.reason,
            domain=info.domain,
            metadata=dict(info.metadata),
            fields=tuple((item.field, item.reason) for item in bad.field_violations),
            retry_after=retry.retry_delay.ToTimedelta().total_seconds() if waits else None,
        )


@asynccontextmanager
async def opened(
    directory: Path,
    settings: GrpcSettings | None = None,
    *,
    rates: RatesSettings = NO_RATES,
    live: LiveSettings | None = None,
    listener: Listener | None = None,
    contract: Path = CONTRACT,
    credentials: grpc.ChannelCredentials | None = None,
    **serve: Any,
) -> AsyncIterator[Opened]:
    """A server on a free port, and a channel: in plain text, or with these credentials."""
    whole = replace(
        settings_in(directory, **serve),
        grpc=settings or GrpcSettings(),
        rates=rates,
        live=live or LiveSettings(),
    )
    process = Process(load_contract(contract), whole, listener=listener)
    await process.start()
    server: Any = process.grpc()
    try:
        await server.start()
        address = f"127.0.0.1:{server.port}"
        options = [("grpc.use_local_subchannel_pool", 1)]
        channel = (
            grpc.aio.insecure_channel(address, options)
            if credentials is None
            else grpc.aio.secure_channel(address, credentials, options)
        )
        async with channel:
            yield Opened(process, server, channel)
    finally:
        await server.stop(0)
        await process.stop()
