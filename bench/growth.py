"""Does the cost stay the same when the data grows? `python -m bench.growth`

Three measurements of Charter on SQLite: a keyset page of 1,000 and of 1,000,000 orders, the
memory that an export of 1,000,000 orders takes, early and late, and that of 1,000 idle connections.
Prints them, keeps them in `bench/results/` and writes `docs/benchmarks.md` anew.
"""

from __future__ import annotations

import argparse
import random
import resource
import socket
import struct
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

from rich.console import Console
from rich.table import Table

from bench import load, report
from bench.answers import Disagreement, ask
from bench.dataset import FIRST_DAY, Record, seed_sqlite, uuid7
from bench.measure import memory_bytes
from bench.run import RESULTS
from bench.servers import ROOT, SERVERS, Running, Server, charter_python, missing, started
from bench.stores import prime, sqlite_url
from bench.tokens import token
from bench.workloads import Request

SUMMARY = "Measure how Charter's costs grow with its data and its connections."
OWNER = "customer-0000"
SMALL, LARGE = 1_000, 1_000_000
PAGE = 20
STRIDE = 500
"""Rows in each page of the walk that collects cursors."""
STEPS = 200
"""The walk ends after so many pages, or at the last one."""
IDLE_CONNECTIONS = 1_000
FILES_NEEDED = 4 * IDLE_CONNECTIONS
IDLE_GOAL_MIB = 50.0
PAGE_GOAL = 1.25
EXPORT_GOAL_MIB = 4.0
SAMPLE_SECONDS = 0.05
MIB = 2**20


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all three; the exit status is 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=SUMMARY)
    parser.add_argument("--large", type=int, default=LARGE, help="rows of the large database")
    parser.add_argument("--seconds", type=float, default=3.0, help="measured, per size")
    parser.add_argument("--charter-python", default=charter_python(), metavar="PATH")
    parser.add_argument("--no-save", dest="save", action="store_false", help="only print")
    options = parser.parse_args(arguments)
    console = Console()
    allow_files(FILES_NEEDED)
    server = next(server for server in SERVERS if server.name == "charter_sqlite")
    if reason := missing(server, options.charter_python):
        console.print(f"[red]{reason}")
        return 1
    try:
        found = measure(server, options, console)
    except (Disagreement, load.LoadFailed, RuntimeError) as error:
        console.print(str(error), style="red", markup=False)
        return 1
    show(console, found)
    if options.save:
        report.save_growth(RESULTS, found)
        report.write_page(ROOT / "docs" / "benchmarks.md", RESULTS)
    return 0 if all(one.reached for one in found) else 1


def measure(server: Server, options: argparse.Namespace, console: Console) -> list[report.Growth]:
    """Serve the small and the large database, one after the other, and compare."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="charter-bench-")))
        amount = load.Load(connections=1, warmup=0.5, seconds=options.seconds)
        generator = load.Generator(load.build(directory), directory, None, amount)
        pages: list[load.Sample] = []
        for rows in (SMALL, options.large):
            path = directory / f"{rows}.db"
            with console.status(f"Making a database of {rows:,} orders"):
                prime(server, sqlite_url(path), options.charter_python, directory)
                seed_sqlite(path, tables(rows))
            with started(server, sqlite_url(path), options.charter_python, directory) as running:
                with console.status(f"Reading pages of {rows:,} orders"):
                    write_pages(directory / "pages", walk(running))
                    pages.append(load.run(generator, running, "pages", 0))
                with console.status(f"Exporting {rows:,} orders"):
                    export = export_memory(running, rows)
        stack.enter_context(console.status(f"Keeping {IDLE_CONNECTIONS:,} connections open"))
        url = sqlite_url(directory / f"{SMALL}.db")
        with started(server, url, options.charter_python, directory) as running:
            idle = idle_memory(running, IDLE_CONNECTIONS)
    return [
        page_growth(pages[0], pages[1], options.large),
        export_growth(*export, options.large),
        idle_growth(idle),
    ]


def allow_files(count: int) -> None:
    """Allow this process, and those that it starts, so many open files, where it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def tables(orders: int) -> Iterator[tuple[str, Iterator[Record]]]:
    """One customer and all its orders, made as they are read."""
    yield "users", iter([(OWNER, "Customer 0", "customer0@example.com", FIRST_DAY, FIRST_DAY, 1)])
    yield "orders", _orders(orders)


def _orders(count: int) -> Iterator[Record]:
    rng = random.Random(count)
    for n in range(count):
        moment = FIRST_DAY + timedelta(seconds=n)
        yield (uuid7(moment, rng), OWNER, "placed", moment, moment, moment, 1)


def walk(running: Running) -> list[str]:
    """Paths of pages of `PAGE` orders, spread over the table from the first page on."""
    bearer = token(OWNER)
    listing = "/v1/orders?status=placed&sort=-created_at"
    paths, at = [f"{listing}&limit={PAGE}"], f"{listing}&limit={STRIDE}"
    for _ in range(STEPS):
        answer = ask(running, Request("GET", at, OWNER, bearer))
        if answer.status != 200:
            raise Disagreement(f"GET {at} answers {answer.status}: {answer.body}")
        if answer.body["next"] is None:
            break
        at = next_path(listing, answer.body["next"], STRIDE)
        paths.append(next_path(listing, answer.body["next"], PAGE))
    return paths


def next_path(listing: str, following: str, limit: int) -> str:
    """The path of the next page; `next` is a cursor, or a link that has one as a parameter."""
    for part in urlsplit(following).query.split("&"):
        name, _, value = part.partition("=")
        if name == "cursor":
            return f"{listing}&limit={limit}&cursor={value}"
    return f"{listing}&limit={limit}&cursor={quote(following, safe='')}"


def write_pages(path: Path, pages: Sequence[str]) -> None:
    """The requests for these pages, as the load generator reads them."""
    bearer = token(OWNER)
    with path.open("wb") as file:
        for page in pages:
            request = Request("GET", page, OWNER, bearer).encode()
            file.write(struct.pack("<I", len(request)) + request)


def export_memory(running: Running, rows: int) -> tuple[float, float]:
    """MiB that the server's memory grows by, at most, while it streams the first half of all
    orders as NDJSON, and all of them."""
    fields = Request("GET", "/v1/orders", OWNER, token(OWNER)).head()
    before = memory_bytes(running.pid)
    connection = HTTPConnection("127.0.0.1", running.port, timeout=600)
    with peak_memory(running.pid) as peak:
        connection.request(
            "GET", "/v1/orders", headers={**fields, "Accept": "application/x-ndjson"}
        )
        response = connection.getresponse()
        count, half = 0, 0
        for chunk in iter(lambda: response.read(1 << 16), b""):
            count += chunk.count(b"\n")
            if count <= rows / 2:
                half = peak[0]
    connection.close()
    if response.status != 200 or count != rows:
        raise Disagreement(f"The export answers {response.status} with {count:,} of {rows:,} lines")
    return max(0, half - before) / MIB, max(0, peak[0] - before) / MIB


@contextmanager
def peak_memory(pid: int) -> Iterator[list[int]]:
    """Yields a list whose one number is the most memory seen until the block ends."""
    peak, done = [memory_bytes(pid)], threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], memory_bytes(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def idle_memory(running: Running, count: int) -> float:
    """MiB that `count` connections take, each of which has had one answer and waits."""
    request = Request("GET", "/v1/orders?limit=1", OWNER, token(OWNER)).encode()
    with ExitStack() as stack:
        warm = [stack.enter_context(_idle(running.port, request)) for _ in range(10)]
        before = memory_bytes(running.pid)
        kept = [stack.enter_context(_idle(running.port, request)) for _ in range(count)]
        after = memory_bytes(running.pid)
        if not all(map(_is_open, [*warm, *kept])):
            raise Disagreement("The server closed an idle connection")
    return max(0, after - before) / MIB


def _idle(port: int, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(request)
    answer = connection.recv(1 << 16)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise Disagreement(f"An idle connection got {answer[:100]!r}")
    return connection


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1))
    except BlockingIOError:
        return True


def page_growth(small: load.Sample, large: load.Sample, rows: int) -> report.Growth:
    """The median page of the small and of the large table."""
    return report.Growth(
        f"keyset page of {PAGE}, median, of {SMALL:,} and {rows:,} orders",
        f"{small.p50_ms:.2f} ms",
        f"{large.p50_ms:.2f} ms",
        f"at most {PAGE_GOAL:g}×",
        large.p50_ms <= PAGE_GOAL * small.p50_ms,
    )


def export_growth(half: float, whole: float, rows: int) -> report.Growth:
    """The memory of an export. The first rows fill the cache of the database, of 16 MiB."""
    return report.Growth(
        f"memory that an NDJSON export takes: after {rows // 2:,} orders, and after {rows:,}",
        f"{half:.1f} MiB",
        f"{whole:.1f} MiB",
        f"at most {EXPORT_GOAL_MIB:g} MiB more",
        whole - half <= EXPORT_GOAL_MIB,
    )


def idle_growth(idle: float) -> report.Growth:
    """The memory of the idle connections."""
    return report.Growth(
        f"memory of {IDLE_CONNECTIONS:,} idle connections",
        "–",
        f"{idle:.1f} MiB",
        f"below {IDLE_GOAL_MIB:g} MiB",
        idle < IDLE_GOAL_MIB,
    )


def show(console: Console, found: Sequence[report.Growth]) -> None:
    """Print what was found."""
    table = Table("what", "small", "large", "goal", "reached", title="Growth")
    for one in found:
        style = "green" if one.reached else "red"
        table.add_row(
            one.what, one.small, one.large, one.goal, report.yes(one.reached), style=style
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
