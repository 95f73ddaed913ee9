"""Rows of one place: lists and their pages, single rows, writes and commands."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypedDict
from urllib.parse import parse_qs, quote, urlsplit

import httpx2

from .http import Call, Http, Unreachable
from .live import Change, follow
from .rows import R, Row, conditions, decode, etag, row_of

Count = Literal["exact", "estimated"]
Where = Mapping[str, Any]
Params = Sequence[tuple[str, str]]


class Writing(TypedDict, total=False):
    """How a write is done."""

    dry_run: bool
    """Answer as if it were done; nothing is written."""
    idempotency_key: str
    """A key of your own; without one, each call makes its own and keeps it while it tries."""


@dataclass(frozen=True)
class Page(Generic[R]):
    """Some rows of a list. `cursor` leads to the next page; it is None on the last one."""

    items: tuple[R, ...]
    cursor: str | None
    count: int | None = None
    count_exact: bool | None = None


class Listing(Generic[R]):
    """A list that is asked for as it is read: `async for` goes through the rows of all pages."""

    def __init__(self, http: Http, call: Call, row: type[R]) -> None:
        self._http = http
        self._call = call
        self._row = row

    async def page(self) -> Page[R]:
        """The first page, or that at `cursor`."""
        answer = await self._http.send(self._call)
        found = answer.json()
        items = tuple(row_of(self._row, item) for item in found["items"])
        cursor = _cursor(found["next"])
        return Page(items, cursor, found.get("count"), found.get("count_exact"))

    async def pages(self) -> AsyncIterator[Page[R]]:
        """All pages, one after the other."""
        listing = self
        while True:
            page = await listing.page()
            yield page
            if page.cursor is None:
                return
            listing = Listing(self._http, _turned(self._call, page.cursor), self._row)

    async def all(self) -> tuple[R, ...]:
        """All rows at once."""
        return tuple([row async for row in self])

    async def __aiter__(self) -> AsyncIterator[R]:
        async for page in self.pages():
            for row in page.items:
                yield row


def _cursor(following: str | None) -> str | None:
    return (
        None if following is None else parse_qs(urlsplit(following).query)["cursor"][0]
    )


def _turned(call: Call, cursor: str) -> Call:
    kept = [(name, value) for name, value in call.params if name != "cursor"]
    return replace(call, params=[*kept, ("cursor", cursor)])


def merged(
    where: Mapping[str, Any] | None, filter_: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A filter that is given as a value, and one that is given by keywords."""
    return {**(where or {}), **filter_}


def params_of(**words: Any) -> Params:
    """The parameters that are given: texts, numbers, truth, and lists of words."""
    return [(name, word) for name, value in words.items() if (word := _word(value))]


def _word(value: Any) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(value)
    return "true" if value is True else str(value)


def based_on(version: Row | str | int | None) -> dict[str, str]:
    """If-Match: a row that was read before, its entity tag, or the number of its version."""
    if version is None:
        return {}
    if isinstance(version, Row):
        number = getattr(version, "version", None)
        version = etag(version) or (None if number is None else int(number))
        if version is None:
            raise ValueError(
                "this row does not tell its version: read it alone, or with `version`"
            )
    return {"if-match": f'"{version}"' if isinstance(version, int) else version}


class Rows(Generic[R]):
    """The rows at one path."""

    def __init__(self, http: Http, path: str, row: type[R]) -> None:
        self.http = http
        self.path = path
        self._row = row

    def below(self, key: Any, name: str) -> str:
        """The path of what belongs to one row."""
        return f"{self._at(key)}/{name}"

    # -- reads -------------------------------------------------------------------------------
    def list(self, where: Where, **words: Any) -> Listing[R]:
        params = [*params_of(**words), *conditions(self._row, where)]
        return Listing(self.http, Call("GET", self.path, params), self._row)

    async def get(self, key: Any, known: R | None, **words: Any) -> R:
        tag = None if known is None else etag(known)
        headers = {} if tag is None else {"if-none-match": tag}
        call = Call("GET", self._at(key), params_of(**words), headers=headers)
        answer = await self.http.send(call)
        if answer.status_code == 304 and known is not None:
            return known
        return self._shown(answer)

    async def summarize(
        self, measures: Sequence[str], where: Where, **words: Any
    ) -> Sequence[Mapping[str, Any]]:
        named = params_of(aggregate=measures, **words)
        call = Call("GET", self.path, [*named, *conditions(self._row, where)])
        answer = await self.http.send(call)
        found: Sequence[Mapping[str, Any]] = answer.json()["items"]
        return found

    async def export(self, where: Where, **words: Any) -> AsyncIterator[R]:
        params = [*params_of(**words), *conditions(self._row, where)]
        call = Call(
            "GET", self.path, params, headers={"accept": "application/x-ndjson"}
        )
        try:
            async with self.http.stream(call) as answer:
                async for line in answer.aiter_lines():
                    yield row_of(self._row, json.loads(line))
        except httpx2.TransportError as error:
            raise Unreachable(f"GET {self.path}: {error!r}") from error

    def follow(self, where: Where, **words: Any) -> AsyncIterator[Change[R]]:
        params = [*params_of(**words), *conditions(self._row, where)]
        return follow(self.http, Call("GET", self.path, params), self._row)

    # -- writes ------------------------------------------------------------------------------
    async def create(self, values: Mapping[str, Any], how: Mapping[str, Any]) -> R:
        return self._shown(await self._write("POST", self.path, values, how))

    async def create_many(
        self, values: Sequence[Mapping[str, Any]], how: Mapping[str, Any]
    ) -> tuple[R, ...]:
        return self._several(await self._write("POST", self.path, list(values), how))

    async def update(
        self, key: Any, values: Mapping[str, Any], version: Any, how: Mapping[str, Any]
    ) -> R:
        path = self._at(key)
        return self._shown(await self._write("PATCH", path, values, how, version))

    async def update_many(
        self, values: Sequence[Mapping[str, Any]], how: Mapping[str, Any]
    ) -> tuple[R, ...]:
        return self._several(await self._write("PATCH", self.path, list(values), how))

    async def replace(
        self, key: Any, values: Mapping[str, Any], version: Any, how: Mapping[str, Any]
    ) -> R:
        path = self._at(key)
        return self._shown(await self._write("PUT", path, values, how, version))

    async def delete(self, key: Any, version: Any, how: Mapping[str, Any]) -> None:
        await self._write("DELETE", self._at(key), None, how, version)

    async def delete_many(self, keys: Sequence[Any], how: Mapping[str, Any]) -> None:
        call = _written("DELETE", self.path, None, how, None)
        named = conditions(self._row, {"id_in": keys})
        await self.http.send(replace(call, params=[*call.params, *named]))

    async def _write(
        self,
        method: str,
        path: str,
        body: Any,
        how: Mapping[str, Any],
        version: Any = None,
    ) -> httpx2.Response:
        return await self.http.send(_written(method, path, body, how, version))

    def _at(self, key: Any) -> str:
        return f"{self.path}/{quote(str(key), safe='')}"

    def _shown(self, answer: httpx2.Response) -> R:
        return row_of(self._row, answer.json(), answer.headers.get("etag"))

    def _several(self, answer: httpx2.Response) -> tuple[R, ...]:
        return tuple(row_of(self._row, item) for item in answer.json()["items"])


def _written(
    method: str, path: str, body: Any, how: Mapping[str, Any], version: Any
) -> Call:
    words = {name: value for name, value in how.items() if name != "idempotency_key"}
    headers = based_on(version)
    if (key := how.get("idempotency_key")) is not None:
        headers["idempotency-key"] = key
    return Call(method, path, params_of(**words), body, headers)


async def command(
    http: Http,
    path: str,
    result: Any,
    values: Mapping[str, Any],
    how: Mapping[str, Any],
    version: Any = None,
) -> Any:
    """Call a command; `result` is the type of what it gives back, None where that is nothing."""
    answer = await http.send(_written("POST", path, values, how, version))
    if result is None:
        return None
    return decode(result, answer.json(), answer.headers.get("etag"))


# -- batches -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Operation:
    """One operation of a batch. Later ones name the row of one that has an `id` as `{id.id}`."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str
    body: Any = None
    id: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Done:
    """What came of one operation of a batch."""

    status: int
    body: Any = None
    etag: str | None = None
    location: str | None = None


async def batch(
    http: Http, path: str, operations: Sequence[Operation], how: Mapping[str, Any]
) -> tuple[Done, ...]:
    """Several operations in one transaction: all of them are done, or none."""
    given = [
        {name: value for name, value in vars(item).items() if value is not None}
        for item in operations
    ]
    answer = await http.send(_written("POST", path, {"operations": given}, how, None))
    return tuple(Done(**item) for item in answer.json()["items"])
