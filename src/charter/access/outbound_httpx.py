"""Outgoing HTTP over httpx2: the only module that knows this library."""

import asyncio
import ssl
import time
from urllib.parse import urlsplit

import httpx2

from charter.access.outbound import (
    MOST_BYTES,
    SECONDS,
    Outgoing,
    Reply,
    Unreachable,
    check_address,
    is_loopback,
)

# A body that is not compressed cannot grow while it is read.
_HEADERS = {"accept-encoding": "identity", "user-agent": "charter"}
_LIMITS = httpx2.Limits(max_connections=20, max_keepalive_connections=5)


class HttpxOutbound:
    """An Outbound. Proxies and trusted certificates are those of the environment (HTTPS_PROXY,
    SSL_CERT_FILE); loopback is always asked directly."""

    def __init__(
        self, *, development: bool, seconds: float = SECONDS, most_bytes: int = MOST_BYTES
    ) -> None:
        self.development = development
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._clients: dict[bool, httpx2.AsyncClient] = {}

    async def send(self, outgoing: Outgoing) -> Reply:
        host = check_address(outgoing.url, development=self.development).hostname or ""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._sent(outgoing, is_loopback(host))
        except TimeoutError:
            raise Unreachable(f"{host} did not answer within {self._seconds:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise Unreachable(f"{host} cannot be asked ({type(error).__name__})") from None

    async def _sent(self, outgoing: Outgoing, loopback: bool) -> Reply:
        client = self._client(loopback)
        async with client.stream(
            outgoing.method,
            outgoing.url,
            headers={**_HEADERS, **outgoing.headers},
            content=outgoing.body or None,
        ) as answer:
            _check_encoding(answer)
            body = bytearray()
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > self._most_bytes:
                    raise _too_large(answer, self._most_bytes)
            return Reply(answer.status_code, _headers(answer), bytes(body))

    def _client(self, loopback: bool) -> httpx2.AsyncClient:
        if loopback not in self._clients:
            self._clients[loopback] = httpx2.AsyncClient(
                timeout=self._seconds,
                limits=_LIMITS,
                follow_redirects=False,
                trust_env=not loopback,
            )
        return self._clients[loopback]

    async def close(self) -> None:
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()


def send_now(
    outgoing: Outgoing,
    *,
    development: bool,
    seconds: float = SECONDS,
    most_bytes: int = MOST_BYTES,
    trusted: ssl.SSLContext | None = None,
) -> Reply:
    """Send one request and wait: for the start of a process, before there is an event loop.
    `trusted` may stand in for the certificates that the environment trusts. Raises what an
    Outbound does."""
    host = check_address(outgoing.url, development=development).hostname or ""
    end = time.monotonic() + seconds
    client = httpx2.Client(
        verify=trusted or True,
        timeout=seconds,
        follow_redirects=False,
        trust_env=not is_loopback(host),
    )
    sent = {**_HEADERS, **outgoing.headers}
    try:
        with (
            client,
            client.stream(
                outgoing.method, outgoing.url, headers=sent, content=outgoing.body or None
            ) as answer,
        ):
            _check_encoding(answer)
            body = bytearray()
            for piece in answer.iter_raw():
                body += piece
                if len(body) > most_bytes:
                    raise _too_large(answer, most_bytes)
                if time.monotonic() > end:
                    raise Unreachable(f"{host} did not answer within {seconds:g} s")
            return Reply(answer.status_code, _headers(answer), bytes(body))
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise Unreachable(f"{host} cannot be asked ({type(error).__name__})") from None


def _check_encoding(answer: httpx2.Response) -> None:
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Unreachable(f"{_host(answer)} answered in an encoding that it was not asked for")


def _too_large(answer: httpx2.Response, most: int) -> Unreachable:
    return Unreachable(f"{_host(answer)} answered with more than {most} bytes")


def _host(answer: httpx2.Response) -> str:
    return urlsplit(str(answer.request.url)).hostname or ""


def _headers(answer: httpx2.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}
