"""The load generators: `load.c` for HTTP/1.1 and `load_grpc.c`, compiled when a run begins."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.measure import cpu_seconds, memory_bytes
from bench.servers import Running

HOME = Path(__file__).parent
OFFSET_OF_A_ROUND = 7919
"""Each round starts elsewhere in the file of requests."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much load: connections kept open, seconds of warm-up, seconds measured."""

    connections: int
    warmup: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What one measurement of one server under one workload found."""

    server: str
    workload: str
    round: int
    requests: int
    seconds: float
    requests_per_second: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    bytes_per_answer: float
    server_cpu_us: float
    """CPU microseconds per request, over all processes of the server."""
    database_cpu_us: float
    """The same of PostgreSQL; 0 where the database is part of the server."""
    generator_cpu_us: float
    memory_mib: float


class LoadFailed(Exception):
    """A server broke a connection or gave an answer that says that something went wrong."""


def build(directory: Path, name: str = "load") -> Path:
    """Compile the generator `name` into `directory` with the system's C compiler."""
    program, source = directory / name, HOME / f"{name}.c"
    subprocess.run(["cc", "-O2", "-std=c11", "-o", str(program), str(source)], check=True)
    return program


@dataclass(frozen=True, slots=True)
class Generator:
    """The compiled program, the directory of request files, and the database to watch, if any."""

    program: Path
    directory: Path
    database_pid: int | None
    load: Load


def run(
    generator: Generator, running: Running, workload: str, round: int, messages: int = 1
) -> Sample:
    """Send the workload's requests to the server for the given time; measure both it and the
    database. Raises LoadFailed when any answer is not what it has to be: 2xx, without errors of
    GraphQL, of so many `messages`."""
    load = generator.load
    timing = (load.connections, load.warmup, load.seconds, round * OFFSET_OF_A_ROUND)
    arguments = (running.port, generator.directory / workload, *timing)
    process = subprocess.Popen(
        [str(generator.program), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        process.stdout.readline()  # the warm-up is over
        before = _cpu(running, generator)
        answer = process.stdout.readline()
        after = _cpu(running, generator)
        complaint = process.stderr.read()
    found = json.loads(answer) if answer else {"failed": 1, "broken": 0}
    complete = found.get("fewest") == found.get("most") == messages
    if found["failed"] or found["broken"] or not complete:
        raise LoadFailed(f"{running.server.name}, {workload}: {found}\n{complaint}")
    answers = found["messages"] / messages  # a stream counts as far as it has come
    each = 1e6 / answers
    return Sample(
        server=running.server.name,
        workload=workload,
        round=round,
        requests=found["requests"],
        seconds=found["seconds"],
        requests_per_second=answers / found["seconds"],
        p50_ms=found["p50_us"] / 1000,
        p90_ms=found["p90_us"] / 1000,
        p99_ms=found["p99_us"] / 1000,
        max_ms=found["max_us"] / 1000,
        bytes_per_answer=found["bytes"] / answers,
        server_cpu_us=(after[0] - before[0]) * each,
        database_cpu_us=(after[1] - before[1]) * each,
        generator_cpu_us=found["cpu_seconds"] * each,
        memory_mib=memory_bytes(running.pid) / 2**20,
    )


def _cpu(running: Running, generator: Generator) -> tuple[float, float]:
    database = generator.database_pid if running.server.database == "postgresql" else None
    return cpu_seconds(running.pid), 0.0 if database is None else cpu_seconds(database)
