"""Serving a contract with Granian: listening, workers, and their start and stop."""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import MPServer

from charter.access.extras import require
from charter.access.rates.open import shared_spending
from charter.core.signals import Started
from charter.language.load import load_contract
from charter.serve.asgi import AsgiApp
from charter.serve.logs.lines import as_json, as_text
from charter.serve.logs.observe import Log
from charter.serve.process import NOT_SHARED, Process, Shared
from charter.serve.settings.model import EventLoop, Interface, ServeSettings, Settings
from charter.serve.web.rsgi import RsgiApp
from charter.sql.own.history import Noted
from charter.store.written import shared_table
from charter.wire.grpc.numbers import NO_NUMBERS, Numbers

LEAST_BUFFER = 8192
"""Bytes; hyper, inside Granian, takes no smaller buffer for the header of a request."""
YOUNG_OBJECTS = (20_000, 20, 20)
"""When the garbage collector looks at new objects, at those that outlived that, and at the rest."""
_SECONDS_TO_START = 60.0
_SECONDS_BETWEEN_LOOKS = 1.0


class CannotListen(Exception):
    """The address cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Job:
    """What each worker needs to know. It is sent to another process, so it has plain values."""

    source: str
    settings: Settings
    cursor_key: bytes
    address: str
    coloured: bool
    shared: Shared = NOT_SHARED
    """What the workers share, where there are several."""
    noted: tuple[Noted, ...] = ()
    """The migrations beside the contract."""
    numbers: Numbers = NO_NUMBERS
    """The field numbers beside it."""


def check_address(settings: ServeSettings) -> None:
    """Raises CannotListen where the address cannot be had, also where it is shared: workers
    listen with SO_REUSEPORT, and two services would take turns unnoticed."""
    family, number = _resolved(settings)
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((number, settings.port))
            trial.listen(1)
        except OSError as error:
            raise _cannot(settings, error) from None


def check_grpc(settings: Settings) -> None:
    """The same for gRPC, where it is to be served. Raises MissingExtra too."""
    if settings.grpc.port is not None:
        require("grpc", "grpc", "Serving gRPC")
        host, port = grpc_host(settings), settings.grpc.port
        check_address(replace(settings.serve, host=host, port=port))


def grpc_host(settings: Settings) -> str:
    """Where gRPC is served."""
    return settings.grpc.host or settings.serve.host


def _resolved(settings: ServeSettings) -> tuple[socket.AddressFamily, str]:
    """The family and the number of the host: Granian takes no names. Raises CannotListen."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _cannot(settings, error) from None
    family, _, _, _, address = found[0]
    return family, str(address[0])


def _cannot(settings: ServeSettings, error: OSError) -> CannotListen:
    reason = error.strerror or str(error)
    return CannotListen(f"cannot listen at {settings.host}, port {settings.port}: {reason}")


def address_of(settings: ServeSettings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def log_of(settings: ServeSettings, *, coloured: bool) -> Log:
    """The log that the settings ask for, on standard error."""
    render = as_json if settings.logs_json else partial(as_text, coloured=coloured)
    return Log(settings.log_level, render)


def serve(job: Job, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM. `ready` is called once all workers serve.

    On either signal no connection is accepted any more, requests under way end, for at most
    `stop_timeout`, and the process returns. SystemExit(1) where a worker dies.
    """
    settings = job.settings
    with contextlib.ExitStack() as files:
        workers = settings.serve.workers
        spending = files.enter_context(shared_spending(settings.rates, workers))
        shares = workers > 1 and settings.serve.database_replicas
        written = files.enter_context(shared_table()) if shares else None
        _serve(replace(job, shared=Shared(spending, written)), ready)


def _serve(job: Job, ready: Callable[[], None]) -> None:
    settings = job.settings.serve
    started = multiprocessing.Semaphore(0)
    server = MPServer(
        job.source,
        address=_resolved(settings)[1],
        port=settings.port,
        interface=Interfaces(settings.interface.value),
        workers=settings.workers,
        loop=loop_of(settings.loop),
        http=HTTPModes.http1,
        websockets=job.settings.live.enabled,
        backlog=max(1024, settings.max_connections // settings.workers),
        backpressure=settings.max_connections,
        http1_settings=HTTP1Settings(
            header_read_timeout=int(settings.header_timeout * 1000),
            max_buffer_size=max(LEAST_BUFFER, settings.max_target + settings.max_header_bytes),
        ),
        log_level=LogLevels.error,
        workers_kill_timeout=int(settings.stop_timeout) + 2,
        respawn_failed_workers=settings.in_production,
    )
    waiter = threading.Thread(
        target=_await_workers, args=(started, settings.workers, ready), daemon=True
    )
    waiter.start()
    loader: Any = partial(worker_app, job, started)
    server.serve(target_loader=loader, wrap_loader=False)


def _await_workers(started: Semaphore, workers: int, ready: Callable[[], None]) -> None:
    for _ in range(workers):
        if not started.acquire(timeout=_SECONDS_TO_START):
            return
    ready()


def loop_of(wanted: EventLoop) -> Loops:
    """Granian's name of an event loop."""
    if wanted is EventLoop.AUTO:
        return Loops.uvloop if find_spec("uvloop") else Loops.asyncio
    return Loops(wanted.value)


def worker_app(job: Job, started: Semaphore) -> RsgiApp | AsgiApp:
    """The app of one worker, made in its own process."""
    log = log_of(job.settings.serve, coloured=job.coloured)
    process = Process(
        load_contract(Path(job.source)),
        job.settings,
        listener=log,
        cursor_key=job.cursor_key,
        shared=job.shared,
        noted=job.noted,
    )

    following: list[asyncio.Task[None]] = []

    async def start() -> None:
        log.start()
        at_signals(asyncio.get_running_loop(), process.leave_live)
        await process.start()
        await process.serve_grpc(job.numbers)
        settle()
        following.append(
            asyncio.create_task(_follow(os.getppid(), job.shared.spending, job.shared.written))
        )
        log(Started(job.address))
        started.release()

    async def stop() -> None:
        following.pop().cancel()
        await process.stop()
        log.close()

    if job.settings.serve.interface is Interface.ASGI:
        return HostedApp(process, start, stop)
    app = process.app()
    return RsgiApp(app, start, stop, app.live)


class HostedApp(AsgiApp):
    """The ASGI application of a worker, which starts and stops more than its process."""

    def __init__(
        self,
        process: Process,
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(process)
        self._start = start
        self._stop = stop

    async def open(self) -> None:
        await self._start()

    async def close(self) -> None:
        await self._stop()


def at_signals(loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[None]]) -> None:
    """Begin some work as soon as this process is asked to end. The server tells its app only once
    all connections have, which an answer without an end never does by itself.

    The server's own handlers are those of the loop, which hears of signals by another way than
    Python's handlers: it goes on to hear of them.
    """
    begun: list[asyncio.Future[None]] = []

    def begin() -> None:
        begun.append(asyncio.ensure_future(work()))

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(begin))


def settle() -> None:
    """Keep what a worker has made at its start, which stays to its end, out of the garbage
    collector's rounds, and make those rarer: the objects of a request go by their counts.

    Measured on creates of three rows with 32 connections: without it a fifth of the processor time
    went into looking at objects that never go, and the slowest hundredth of the answers waited
    for it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*YOUNG_OBJECTS)


async def _follow(parent: int, *files: Path | None) -> None:
    """End this worker in good order once its parent is dead: nobody else would ever stop it, and
    it would go on to share the port with its successors. What the parent would have taken away
    goes too."""
    while os.getppid() == parent:  # noqa: ASYNC110 - a parent's death is no event to wait for
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    _take_away(files)
    os.kill(os.getpid(), signal.SIGTERM)


def _take_away(files: Iterable[Path | None]) -> None:
    for file in files:
        if file is not None:
            file.unlink(missing_ok=True)


@contextlib.contextmanager
def quiet_interrupt() -> Iterator[None]:
    """Ends the process in good order where SIGINT comes before the server handles it."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.flush()
        raise SystemExit(130) from None
