"""The client that `charter client --python` writes of the contract that is served."""

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx2

from charter.core.names import pascal, plural, snake
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import (
    PLAIN,
    Actor,
    Both,
    Either,
    Flaw,
    Has,
    How,
    Page,
    Refused,
    Row,
    Step,
    Unless,
    Values,
    Where,
    Within,
)
from tests.behaviour.serving import Served, token
from tests.support.written import imported


@asynccontextmanager
async def connect(served: Served) -> AsyncIterator["PythonClient"]:
    """A client on the app, without a network between them."""
    if "python" not in served.kept:
        folder = served.closing.enter_context(tempfile.TemporaryDirectory())
        served.kept["python"] = imported(served.contract, Path(folder))
    transport = httpx2.ASGITransport(served.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport) as http:
        yield PythonClient(served.contract.name, served.kept["python"], http)


@dataclass(frozen=True)
class PythonClient:
    """Calls the methods of the written client, and shows what they give back as JSON."""

    name: str
    module: ModuleType
    http: httpx2.AsyncClient
    pages: dict[int, tuple[Page, Any]] = field(default_factory=dict)
    """Pages, by their identity, with what leads on from them."""

    def _client(self, actor: Actor) -> Any:
        kind = getattr(self.module, f"{pascal(self.name)}Client")
        options = {} if actor is None else {"token": token(actor)}
        retries = self.module.Retries(most=0)
        return kind("http://studio", http=self.http, retries=retries, **options)

    def _place(self, resource: str, actor: Actor, within: Within | None = None) -> Any:
        client = self._client(actor)
        if within is None:
            return getattr(client, plural(snake(resource)))
        owner = getattr(client, plural(snake(within.resource)))
        return getattr(owner, within.relation)(within.key)

    async def create(
        self, resource: str, values: Values, actor: Actor = None, *, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row:  # fmt: skip
        place = self._place(resource, actor, within)
        return one(await told(place.create(values, **written(how))))

    async def create_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        return several(await told(self._place(resource, actor).create_many(rows, **written(how))))

    async def read(
        self, resource: str, key: Any, actor: Actor = None, *, fields: str = "",
        include: str = "", within: Within | None = None,
    ) -> Row:  # fmt: skip
        place = self._place(resource, actor, within)
        return one(await told(place.get(key, **words(fields=fields, include=include))))

    async def page(
        self, resource: str, actor: Actor = None, *, where: Where | None = None,
        search: str | None = None, sort: str = "", limit: int | None = None, fields: str = "",
        include: str = "", count: str = "", within: Within | None = None,
    ) -> Page:  # fmt: skip
        asked = words(sort=sort, fields=fields, include=include)
        if search is not None:
            asked["search"] = search
        listing = self._place(resource, actor, within).list(
            filtered(where), limit=limit, count=count or None, **asked
        )
        return await self._paged(listing.pages())

    async def follow(self, page: Page, actor: Actor = None) -> Page:
        return await self._paged(self.pages.pop(id(page))[1])

    async def _paged(self, pages: Any) -> Page:
        found = await told(anext(pages))
        page = Page(shown(found.items), found.cursor, found.count)
        self.pages[id(page)] = page, pages
        return page

    async def summarize(
        self, resource: str, measures: str, actor: Actor = None, *, group: str = "",
        where: Where | None = None, sort: str = "",
    ) -> list[Row]:  # fmt: skip
        place, asked = self._place(resource, actor), words(group=group, sort=sort)
        return several(await told(place.summarize(measures.split(","), filtered(where), **asked)))

    async def update(
        self, resource: str, key: Any, values: Values, actor: Actor = None, *,
        version: int | None = None, whole: bool = False, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row:  # fmt: skip
        place = self._place(resource, actor, within)
        method = place.replace if whole else place.update
        return one(await told(method(key, values, if_match=version, **written(how))))

    async def update_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        return several(await told(self._place(resource, actor).update_many(rows, **written(how))))

    async def delete(
        self, resource: str, key: Any, actor: Actor = None, *, version: int | None = None,
        how: How = PLAIN, within: Within | None = None,
    ) -> None:  # fmt: skip
        place = self._place(resource, actor, within)
        await told(place.delete(key, if_match=version, **written(how)))

    async def delete_all(
        self, resource: str, keys: Sequence[Any], actor: Actor = None, *, how: How = PLAIN
    ) -> None:
        await told(self._place(resource, actor).delete_many(keys, **written(how)))

    async def call(
        self, command: str, actor: Actor = None, *, resource: str | None = None,
        key: Any = None, inputs: Values | None = None, version: int | None = None,
        how: How = PLAIN,
    ) -> Any:  # fmt: skip
        place = self._client(actor) if resource is None else self._place(resource, actor)
        given = [] if key is None else [key]
        if inputs is not None:
            given.append(inputs)
        options = written(how) | ({} if version is None else {"if_match": version})
        return shown(await told(getattr(place, command)(*given, **options)))

    async def batch(
        self, steps: Sequence[Step], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row | None]:
        operation = self.module.runtime.Operation
        operations = [operation(**rest.operation(step)) for step in steps]
        done = await told(self._client(actor).batch(operations, **written(how)))
        return [item.body for item in done]

    async def export(
        self, resource: str, actor: Actor = None, *, where: Where | None = None, sort: str = ""
    ) -> list[Row]:
        rows = self._place(resource, actor).export(filtered(where), **words(sort=sort))
        return [shown(row) for row in await told(gathered(rows))]


async def gathered(rows: AsyncIterator[Any]) -> list[Any]:
    return [row async for row in rows]


async def told(work: Any) -> Any:
    """What comes of some work; what the service refuses, as the tests have it."""
    try:
        return await work
    except Exception as error:
        if not hasattr(error, "flaws"):
            raise
        raise refused(error) from None


def refused(problem: Any) -> Refused:
    flaws = tuple(
        Flaw(item.code, (item.pointer or item.parameter or "").removeprefix("#"), item.detail)
        for item in problem.flaws
    )
    said = f"{problem.title} {problem.detail} {problem.flaws} {problem.members}"
    return Refused(problem.code, flaws, problem.members, said)


def words(**given: str) -> dict[str, Any]:
    return {name: value.split(",") for name, value in given.items() if value}


def written(how: How) -> dict[str, Any]:
    found = words(fields=how.fields, include=how.include)
    if how.once is not None:
        found["idempotency_key"] = how.once
    return found | ({"dry_run": True} if how.dry_run else {})


def filtered(where: Where | None) -> dict[str, Any]:
    """A filter as the written client takes it."""
    match where:
        case None:
            return {}
        case Has(name, comparator, value):
            *path, last = name.split(".")
            found = {last if comparator == "eq" else f"{last}_{comparator}": value}
            for relation in reversed(path):
                found = {relation: found}
            return found
        case Both(parts):
            return {"all_": list(map(filtered, parts))}
        case Either(parts):
            return {"any_": list(map(filtered, parts))}
        case Unless(part):
            return {"not_": filtered(part)}


def one(row: Any) -> Row:
    found: Row = shown(row)
    return found


def several(rows: Any) -> list[Row]:
    return [one(row) for row in rows]


def shown(value: Any) -> Any:
    """What the client gives back, as the JSON that it was made of."""
    if isinstance(value, tuple | list):
        return [shown(item) for item in value]
    if isinstance(value, Mapping):
        return {name: shown(item) for name, item in value.items()}
    if isinstance(value, datetime):
        whole, point, rest = value.isoformat().removesuffix("+00:00").partition(".")
        return f"{whole}{point}{rest.rstrip('0')}+00:00"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if hasattr(value, "_read"):
        return {name.removesuffix("_"): shown(item) for name, item in vars(value).items()}
    return value
