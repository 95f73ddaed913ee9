"""Requests: credentials, time limits, what is tried again and what is said of failures."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2

from .rows import attributes, encode
from .token import Token, current

JSON: Final = "application/json"
PATCH: Final = "application/merge-patch+json"
IN_PROGRESS: Final = "in_progress"
_PASSING: Final = frozenset({429, 502, 503, 504})
_READS: Final = frozenset({"GET", "HEAD"})
_KNOWN: Final = frozenset(
    {"type", "title", "status", "detail", "instance", "code", "flaws"}
)


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with a request: at a JSON Pointer, or with a parameter."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(Exception):
    """The service refused (RFC 9457). `code` is stable; `members` is what it says beyond that."""

    def __init__(self, status: int, details: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(details.get("code", ""))
        self.title = str(details.get("title", ""))
        self.detail = str(details.get("detail", ""))
        self.instance: str | None = details.get("instance")
        self.flaws = tuple(_flaw(item) for item in details.get("flaws", ()))
        self.members = {
            name: value for name, value in details.items() if name not in _KNOWN
        }
        for name, (attribute, read) in attributes(type(self)).items():
            if name in self.members:
                value = self.members[name]
                setattr(self, attribute, None if value is None else read(value))
        super().__init__(f"{self.code or status}: {self.detail or self.title}")


class Unreachable(Exception):
    """The service did not answer, however often it was tried."""


def _flaw(item: Mapping[str, Any]) -> Flaw:
    pointer, parameter = item.get("pointer"), item.get("parameter")
    return Flaw(
        str(item.get("code", "")), str(item.get("detail", "")), pointer, parameter
    )


@dataclass(frozen=True)
class Retries:
    """How often a request is tried again, and after how many seconds.

    What failed in passing is: a lost connection, no answer in time, 429, 502, 503 and 504. The
    wait is random, up to `first` seconds at first and twice as long each time, up to `longest`;
    a `Retry-After` is waited out. One that is longer than `patience` is not, and the problem
    is raised.

    Writes can be tried again since each has an `Idempotency-Key` that it keeps: the service does
    none of them twice.
    """

    most: int = 4
    first: float = 0.25
    longest: float = 8.0
    patience: float = 60.0

    def wait(self, attempt: int) -> float:
        """Seconds after so many failures."""
        ceiling: float = min(self.longest, self.first * 2.0 ** min(attempt, 30))
        return random.uniform(0, ceiling)  # noqa: S311


@dataclass(frozen=True)
class Call:
    """A request, before it is made."""

    method: str
    path: str
    params: Sequence[tuple[str, str]] = ()
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def sent(self) -> tuple[dict[str, str], bytes | None]:
        """Its header fields and its content, which are the same whenever it is tried again."""
        headers = {"accept": JSON, **self.headers}
        if self.method not in _READS:
            headers.setdefault("idempotency-key", str(uuid.uuid4()))
        if self.body is None:
            return headers, None
        merged = self.method == "PATCH" and isinstance(self.body, Mapping)
        headers["content-type"] = PATCH if merged else JSON
        return headers, encode(self.body)


class Http:
    """Sends requests to one service."""

    def __init__(
        self,
        base_url: str,
        *,
        token: Token | None = None,
        timeout: float = 30.0,
        retries: Retries = Retries(),
        problems: Mapping[str, type[Problem]] | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._problems = problems or {}
        self._client = http or httpx2.AsyncClient()
        self._owned = http is None
        self.retries = retries

    async def close(self) -> None:
        if self._owned:
            await self._client.aclose()

    async def send(self, call: Call) -> httpx2.Response:
        """The answer. Raises Problem and Unreachable."""
        headers, content = call.sent()
        attempt = 0
        while True:
            try:
                request = await self._request(call, headers, content)
                answer = await self._client.send(request)
                if answer.status_code < 400:
                    return answer
                wait = self._passes(self.problem_of(answer), answer, attempt)
            except httpx2.TransportError as error:
                if attempt >= self.retries.most:
                    raise Unreachable(
                        f"{call.method} {call.path}: {error!r}"
                    ) from error
                wait = self.retries.wait(attempt)
            attempt += 1
            await asyncio.sleep(wait)

    @asynccontextmanager
    async def stream(self, call: Call, silence: float = 0) -> AsyncIterator[Any]:
        """An answer that is read as it comes. It is tried again until it begins, not after that.

        `silence` is how many seconds there may be without a byte, where that is more than the
        time limit of the client. Raises as `send`, and `httpx2.TransportError` once it has begun.
        """
        headers, _ = call.sent()
        attempt = 0
        while True:
            request = await self._request(call, headers, None, silence)
            try:
                answer = await self._client.send(request, stream=True)
            except httpx2.TransportError as error:
                if attempt >= self.retries.most:
                    raise Unreachable(
                        f"{call.method} {call.path}: {error!r}"
                    ) from error
                wait = self.retries.wait(attempt)
            else:
                try:
                    if answer.status_code < 400:
                        yield answer
                        return
                    await answer.aread()
                    wait = self._passes(self.problem_of(answer), answer, attempt)
                finally:
                    await answer.aclose()
            attempt += 1
            await asyncio.sleep(wait)

    def problem_of(self, answer: httpx2.Response) -> Problem:
        """The problem that an answer is, whoever made it."""
        try:
            found = answer.json()
        except ValueError:
            found = None
        title = answer.reason_phrase
        details = (
            found if isinstance(found, dict) else {"title": title, "detail": title}
        )
        kind = self._problems.get(str(details.get("code", "")), Problem)
        return kind(answer.status_code, details)

    def _passes(self, problem: Problem, answer: httpx2.Response, attempt: int) -> float:
        """Seconds until it is worth trying again. Raises the problem where it is not."""
        passing = problem.status in _PASSING or problem.code == IN_PROGRESS
        if not passing or attempt >= self.retries.most:
            raise problem
        told = _told(answer.headers.get("retry-after"))
        if told > self.retries.patience:
            raise problem
        return told + self.retries.wait(attempt)

    async def _request(
        self,
        call: Call,
        headers: Mapping[str, str],
        content: bytes | None,
        silence: float = 0,
    ) -> httpx2.Request:
        timeout = httpx2.Timeout(self._timeout, read=max(silence, self._timeout))
        return self._client.build_request(
            call.method,
            self._base + call.path,
            params=list(call.params) or None,
            content=content,
            headers={**headers, **await self._credentials()},
            timeout=timeout,
        )

    async def _credentials(self) -> dict[str, str]:
        if self._token is None:
            return {}
        return {"authorization": f"Bearer {await current(self._token)}"}


def _told(value: str | None) -> float:
    """Seconds that a Retry-After asks for (RFC 9110, section 10.2.3); none where it says nothing
    that can be read."""
    if value is None:
        return 0.0
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
