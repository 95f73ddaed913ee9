"""What goes out of the service is bounded, and goes nowhere that it should not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from charter.access.outbound import (
    Outgoing,
    Reply,
    Unreachable,
    check_address,
    form,
    is_loopback,
    json_object,
    open_outbound,
)
from charter.access.outbound_httpx import HttpxOutbound, send_now

Answerer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(*pieces: bytes, ends: bool = True) -> AsyncIterator[str]:
    """The address of a server of bytes: these, whatever is asked. One that does not end keeps the
    connection open after them."""
    stopped = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
        await writer.drain()
        if not ends:
            await stopped.wait()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        stopped.set()
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def client(seconds: float = 5.0, most_bytes: int = 1000) -> AsyncIterator[HttpxOutbound]:
    made = HttpxOutbound(development=True, seconds=seconds, most_bytes=most_bytes)
    yield made
    await made.close()


async def failure(*pieces: bytes, ends: bool = True, seconds: float = 5.0) -> str:
    async with served(*pieces, ends=ends) as url, client(seconds) as outbound:
        with pytest.raises(Unreachable) as caught:
            await outbound.send(Outgoing("GET", url))
    return str(caught.value)


HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


async def test_an_answer_comes_whole() -> None:
    async with served(HEAD + b"X-Y: z\r\n\r\n", b'{"a":1}') as url, client() as outbound:
        reply = await outbound.send(Outgoing("GET", url))
    assert (reply.status, reply.headers["x-y"], reply.body) == (200, "z", b'{"a":1}')


async def test_more_bytes_than_are_wanted_end_the_answer() -> None:
    said = await failure(HEAD + b"\r\n", b"x" * 1001)
    assert said == "127.0.0.1 answered with more than 1000 bytes"


async def test_a_server_that_does_not_end_is_not_waited_for() -> None:
    said = await failure(HEAD + b"\r\n", b"x", ends=False, seconds=0.2)
    assert said.startswith("127.0.0.1 ")


async def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    assert (await failure(ends=False, seconds=0.2)).startswith("127.0.0.1 ")


async def test_a_redirect_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n"
    async with served(moved) as url, client() as outbound:
        reply = await outbound.send(Outgoing("GET", url))
    assert reply.status == 302
    with pytest.raises(Unreachable, match="302"):
        json_object(reply)


async def test_a_compressed_answer_is_refused() -> None:
    """It could grow without bounds, and nobody asked for it."""
    assert "encoding" in await failure(HEAD + b"Content-Encoding: gzip\r\n\r\n", b"\x1f\x8b")


@pytest.mark.parametrize("data", [b"", b"\xff", b"220 smtp\r\n\r\n"])
async def test_what_is_not_http_is_unreachable(data: bytes) -> None:
    assert (await failure(data)).startswith("127.0.0.1 cannot be asked")


async def test_before_there_is_a_loop_the_same_holds() -> None:
    async with served(HEAD + b"\r\n", b"x" * 1001) as url:
        with pytest.raises(Unreachable, match="more than 1000 bytes"):
            await asyncio.to_thread(
                send_now, Outgoing("GET", url), development=True, most_bytes=1000
            )
    async with served(HEAD + b"\r\n", b"fine") as url:
        reply = await asyncio.to_thread(send_now, Outgoing("GET", url), development=True)
    assert reply.body == b"fine"


# -- addresses -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url",
    [
        "http://id.example/",
        "http://10.0.0.1/",
        "http://127.0.0.1.evil.example/",
        "http://0x7f000001/",
        "ftp://id.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//id.example/",
        "id.example",
        "",
        "https://",
        "https:///path",
        "https://user@id.example/",
        "https://user:password@id.example/",
        "https://id.example/#fragment",
        "https://id.example:port/",
        "https://id.example:99999/",
        "https://id.example/\r\nHost: evil",
        "https://id.example/ x",
        "https://id.example\\@evil.example/",
        "https://id.exämple/",
        "https://id.example/" + "x" * 2048,
    ],
)
async def test_an_address_that_must_not_be_asked_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        check_address(url, development=True)
    async with client() as outbound:
        with pytest.raises(ValueError, match="address"):
            await outbound.send(Outgoing("GET", url))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost"])
def test_plain_http_is_for_this_machine_in_development(host: str) -> None:
    assert check_address(f"http://{host}:80/", development=True)
    with pytest.raises(ValueError, match="https"):
        check_address(f"http://{host}:80/", development=False)
    assert check_address(f"https://{host}/", development=False)


@pytest.mark.parametrize("host", ["id.example", "10.0.0.1", "0.0.0.0", "::", "localhost.evil"])  # noqa: S104
def test_other_hosts_are_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


def test_what_is_sent_and_answered_is_not_shown() -> None:
    sent = form("https://id.example/token", {"client_secret": "the-secret", "code": "the code"})
    assert sent.body == b"client_secret=the-secret&code=the+code"
    assert "secret" not in repr(sent)
    assert "the-token" not in repr(Reply(200, {"x": "the-token"}, b"the-token"))


async def test_the_client_is_opened_by_what_is_installed() -> None:
    outbound = open_outbound(development=False)
    assert not outbound.development
    await outbound.close()
