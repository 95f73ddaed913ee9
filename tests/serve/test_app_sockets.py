"""What a client gets over a real socket from `charter run`: bounds, leaving early, stopping."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.serve.apps import CONTRACT, Served, environment, free_port, served, token, until


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bounds = "--body-timeout 0.5 --header-timeout 1 --max-in-flight 8 --max-body 1000 --production"
    with served(tmp_path_factory.mktemp("served"), *bounds.split()) as found:
        yield found


def exchange(service: Served, *parts: bytes, half_close: bool = False) -> bytes:
    """Send the parts and read to the end of the connection."""
    with service.connect() as connection:
        for part in parts:
            connection.sendall(part)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    while piece := connection.recv(65_536):
        answer += piece
    return answer


def post(path: str, *headers: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1", "Host: test", f"Authorization: Bearer {token()}",
        "Content-Type: application/json", "Connection: close", *headers,
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_body_that_does_not_come_is_given_up(service: Served) -> None:
    answer = exchange(service, post("/v1/notes", "Content-Length: 100"), b'{"text":')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_too_slow"' in answer


def test_a_header_that_does_not_come_is_given_up(service: Served) -> None:
    assert b" 200 " not in exchange(service, b"GET /v1/notes HTTP/1.1\r\nHost:")


def test_a_chunked_body_is_counted_as_it_comes(service: Served) -> None:
    chunk = b"190\r\n" + b" " * 400 + b"\r\n"
    head = post("/v1/notes", "Transfer-Encoding: chunked")
    answer = exchange(service, head, chunk, chunk, chunk)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"too_large"' in answer


def test_a_chunked_body_is_read(service: Served) -> None:
    head = post("/v1/notes", "Transfer-Encoding: chunked")
    answer = exchange(service, head, b'7\r\n{"text"\r\n', b'8\r\n:"chunk"\r\n1\r\n}\r\n0\r\n\r\n')
    assert answer.startswith(b"HTTP/1.1 201 ")


def test_a_body_is_refused_before_it_is_sent(service: Served) -> None:
    answer = exchange(service, post("/v1/notes", "Content-Length: 1000000"))
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("end", [b"", b'{"text":"ha', b'{"text":"half"'])
@pytest.mark.parametrize("framing", ["Content-Length: 15", "Transfer-Encoding: chunked"])
async def test_a_request_that_breaks_off_writes_nothing(
    service: Served, end: bytes, framing: str
) -> None:
    if framing.startswith("Transfer") and end:
        end = f"{len(end):x}\r\n".encode() + end + b"\r\n"
    answer = exchange(service, post("/v1/note-at-once", framing), end, half_close=True)
    assert not answer.startswith(b"HTTP/1.1 2")
    async with service.client() as client:
        notes = (await client.get("/v1/notes", params={"limit": 500})).json()["items"]
    assert "half" not in [note["text"] for note in notes]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v1/notes HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(90)) + b"\r\n",
    ],
)
def test_a_header_beyond_its_bounds_is_refused(service: Served, head: bytes) -> None:
    with service.connect() as connection:
        connection.sendall(head)
        status = connection.recv(4096).split(b" ")[1]
    assert status in {b"400", b"414", b"431"}


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/v1/notes/%FF", {b"400", b"404"}),
        (b"/v1/notes/%00", {b"400", b"404"}),
        (b"/v1/%2e%2e/notes", {b"400", b"404"}),
        (b"/v1/notes/\xff", {b"400", b"404"}),
        (b"/v1/notes?fields=%ff", {b"400"}),
        (b"/v1/notes?\xff=1", {b"400"}),
        (b"*", {b"404"}),
    ],
)
def test_odd_targets_are_the_fault_of_the_client(
    service: Served, target: bytes, status: set[bytes]
) -> None:
    with service.connect() as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4096).split(b" ")[1] in status


async def test_the_work_for_a_client_that_leaves_is_given_up(service: Served) -> None:
    body = b'{"text":"left","seconds":5}'
    with service.connect() as connection:
        connection.sendall(post("/v1/note-slowly", f"Content-Length: {len(body)}") + body)
        await asyncio.sleep(0.5)
    async with service.client() as client:
        # The writer is free again long before the five seconds are over, or this times out.
        made = await client.post("/v1/notes", json={"text": "after"})
        notes = (await client.get("/v1/notes", params={"limit": 500})).json()["items"]
    assert made.status_code == 201
    assert "left" not in [note["text"] for note in notes]


async def test_a_flood_is_shed_and_then_all_is_well(service: Served) -> None:
    async with service.client() as client:

        async def one(number: int) -> int:
            body = {"text": f"flood {number}", "seconds": 0.05}
            return (await client.post("/v1/note-slowly", json=body)).status_code

        statuses = await asyncio.gather(*(one(number) for number in range(60)))
        assert set(statuses) == {204, 503}

        async def well() -> bool:
            return (await client.get("/v1/notes")).status_code == 200

        await until(well)
        notes = (await client.get("/v1/notes", params={"limit": 500})).json()["items"]
    flooded = [note for note in notes if note["text"].startswith("flood")]
    assert len(flooded) == statuses.count(204)


async def test_a_stream_ends_with_its_last_row(service: Served) -> None:
    async with service.client() as client:
        for number in range(3):
            await client.post("/v1/notes", json={"text": f"row {number}"})
        headers = {"accept": "application/x-ndjson", "accept-encoding": "identity"}
        rows = (await client.get("/v1/notes", headers=headers)).text.splitlines()
        count = (await client.get("/v1/notes", params={"count": "exact"})).json()["count"]
    assert len(rows) == count


BREAKING = """

import asyncio

from charter.core import codes
from charter.core.problems import Problem
from charter.serve.engine import reading

_whole = reading._bodies


async def _broken(first, batches):
    async for bodies in _whole(first, batches):
        yield bodies
    {failure}


reading._bodies = _broken
"""


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("raise RuntimeError('inside')", "internal"),
        ("raise Problem(codes.TOO_COMPLEX)", "too_complex"),
        ("await asyncio.sleep(60)", "timed_out"),
    ],
)
async def test_a_stream_that_fails_says_so_and_ends(
    tmp_path: Path, failure: str, code: str
) -> None:
    contract = tmp_path / "breaking.py"
    text = CONTRACT.read_text(encoding="utf-8") + BREAKING.format(failure=failure)
    contract.write_text(text, encoding="utf-8")
    with served(tmp_path, "--request-timeout", "1", contract=contract) as service:
        async with service.client() as client:
            await client.post("/v1/notes", json={"text": "row"})
            headers = {"accept": "application/x-ndjson", "accept-encoding": "identity"}
            answer = await client.get("/v1/notes", headers=headers, timeout=15)
    row, *_, last = answer.text.splitlines()
    assert json.loads(row)["text"] == "row"
    assert json.loads(last)["problem"]["code"] == code


async def test_requests_under_way_end_before_the_process_does(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        async with service.client() as client:
            body = {"text": "to the end", "seconds": 1}
            slow = asyncio.create_task(client.post("/v1/note-slowly", json=body))
            await asyncio.sleep(0.4)
            service.process.send_signal(signal.SIGTERM)
            assert (await slow).status_code == 204
        service.process.communicate(timeout=60)
        assert service.process.returncode == 0
        assert "stopping" in {line["event"] for line in service.lines()}


async def test_a_request_without_end_does_not_hold_up_the_stop_for_ever(tmp_path: Path) -> None:
    with served(tmp_path, "--stop-timeout", "1") as service:
        async with service.client() as client:
            body = {"text": "never", "seconds": 9}
            slow = asyncio.create_task(client.post("/v1/note-slowly", json=body))
            await asyncio.sleep(0.4)
            service.process.send_signal(signal.SIGTERM)
            with pytest.raises(httpx2.TransportError):
                await slow
        service.process.communicate(timeout=60)


async def test_workers_do_not_outlive_their_parent(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        service.process.kill()
        service.process.wait(timeout=60)

        async def nobody_listens() -> bool:
            try:
                service.connect().close()
            except ConnectionRefusedError:
                return True
            return False

        await until(nobody_listens)


@pytest.fixture
async def crowd(tmp_path: Path) -> AsyncIterator[Served]:
    with served(tmp_path, "--workers", "2") as service:
        yield service


async def test_several_workers_share_one_sqlite_file(crowd: Served) -> None:
    async with crowd.client() as client:
        made = await asyncio.gather(
            *(client.post("/v1/notes", json={"text": f"note {n}"}) for n in range(40))
        )
        listed = (await client.get("/v1/notes", params={"limit": 100})).json()["items"]
        cursor: str | None = "/v1/notes?limit=7"
        walked = 0
        while cursor is not None:
            page = (await client.get(cursor)).json()
            walked, cursor = walked + len(page["items"]), page["next"]
    assert {answer.status_code for answer in made} == {201}
    assert len(listed) == walked == 40


def test_a_port_that_is_taken_is_said_clearly(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = run_briefly(tmp_path, "--port", port)
    assert ended.returncode == 1
    assert f"port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_name_for_the_address_will_do(tmp_path: Path) -> None:
    with served(tmp_path, "--host", "localhost") as service:
        assert service.process.poll() is None


def test_production_does_not_start_without_a_key(tmp_path: Path) -> None:
    ended = run_briefly(tmp_path, "--port", str(free_port()), "--production", key=False)
    assert ended.returncode == 1
    assert "CHARTER_AUTH_SECRET" in ended.stderr


def test_another_schema_is_refused_and_the_difference_is_named(tmp_path: Path) -> None:
    text = CONTRACT.read_text(encoding="utf-8")
    grown = tmp_path / "grown.py"
    grown.write_text(
        text.replace("text: str = field(max_length=200)", "text: str\n    more: str | None = None")
    )
    flags = ("--database", f"sqlite:///{tmp_path}/one.db")
    with served(tmp_path, *flags):
        pass
    ended = run_briefly(tmp_path, "--port", str(free_port()), *flags, contract=grown)
    assert ended.returncode == 1
    assert "more" in ended.stderr
    assert "Traceback" not in ended.stderr


def run_briefly(
    directory: Path, *flags: str, key: bool = True, contract: Path = CONTRACT
) -> "subprocess.CompletedProcess[str]":
    """`charter run` where it is to end by itself."""
    variables = environment()
    if not key:
        del variables["CHARTER_AUTH_SECRET"]
    return subprocess.run(
        [sys.executable, "-m", "charter", "run", str(contract), *flags],
        cwd=directory, env=variables, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
