"""The REST client: intents as HTTP requests, over any transport."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from charter.core.names import kebab, plural, snake
from tests.behaviour.clients.base import (
    PLAIN,
    Actor,
    Both,
    Either,
    Flaw,
    Has,
    How,
    Made,
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

JSON = "application/json"
PATCH = "application/merge-patch+json"


@asynccontextmanager
async def connect(served: Served) -> AsyncIterator["RestClient"]:
    """A client on the app, without a network between them."""
    transport = httpx2.ASGITransport(served.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://studio") as http:
        yield RestClient(http, token)


@dataclass(frozen=True)
class RestClient:
    """Speaks REST. `send` gives the bare answer, for what only HTTP has."""

    http: httpx2.AsyncClient
    token: Callable[[Any], str]

    async def send(
        self, method: str, path: str, actor: Actor = None, *, body: Any = None,
        headers: dict[str, str] | None = None, params: Sequence[tuple[str, str]] = (),
    ) -> httpx2.Response:  # fmt: skip
        sent = {} if actor is None else {"authorization": f"Bearer {self.token(actor)}"}
        content = None
        if body is not None:
            sent["content-type"] = PATCH if method == "PATCH" and type(body) is dict else JSON
            content = json.dumps(body).encode()
        sent |= headers or {}
        return await self.http.request(
            method, path, content=content, headers=sent, params=list(params) or None
        )

    async def ask(self, method: str, path: str, actor: Actor, **options: Any) -> Any:
        answer = await self.send(method, path, actor, **options)
        if answer.status_code >= 400:
            raise refused(answer)
        return answer.json() if answer.content else None

    async def create(
        self, resource: str, values: Values, actor: Actor = None, *, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row:  # fmt: skip
        path = top(resource) if within is None else below(within)
        row: Row = await self.ask("POST", path, actor, body=dict(values), **written(how))
        return row

    async def create_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        body = [dict(row) for row in rows]
        answer = await self.ask("POST", top(resource), actor, body=body, **written(how))
        items: list[Row] = answer["items"]
        return items

    async def read(
        self, resource: str, key: Any, actor: Actor = None, *, fields: str = "",
        include: str = "", within: Within | None = None,
    ) -> Row:  # fmt: skip
        params = given({"fields": fields, "include": include})
        row: Row = await self.ask("GET", one(resource, key, within), actor, params=params)
        return row

    async def page(
        self, resource: str, actor: Actor = None, *, where: Where | None = None,
        search: str | None = None, sort: str = "", limit: int | None = None, fields: str = "",
        include: str = "", count: str = "", within: Within | None = None,
    ) -> Page:  # fmt: skip
        params = given({
            "sort": sort, "fields": fields, "include": include, "count": count,
            "limit": "" if limit is None else str(limit),
        })  # fmt: skip
        if search is not None:
            params.append(("search", search))
        path = top(resource) if within is None else below(within)
        answer = await self.ask("GET", path, actor, params=params + filters(where))
        return Page(answer["items"], answer["next"], answer.get("count"))

    async def follow(self, page: Page, actor: Actor = None) -> Page:
        answer = await self.ask("GET", page.next or "", actor)
        return Page(answer["items"], answer["next"], answer.get("count"))

    async def summarize(
        self, resource: str, measures: str, actor: Actor = None, *, group: str = "",
        where: Where | None = None, sort: str = "",
    ) -> list[Row]:  # fmt: skip
        params = given({"aggregate": measures, "group": group, "sort": sort}) + filters(where)
        items: list[Row] = (await self.ask("GET", top(resource), actor, params=params))["items"]
        return items

    async def update(
        self, resource: str, key: Any, values: Values, actor: Actor = None, *,
        version: int | None = None, whole: bool = False, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row:  # fmt: skip
        row: Row = await self.ask(
            "PUT" if whole else "PATCH", one(resource, key, within), actor,
            body=dict(values), **written(how, version),
        )  # fmt: skip
        return row

    async def update_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        body = [dict(row) for row in rows]
        answer = await self.ask("PATCH", top(resource), actor, body=body, **written(how))
        items: list[Row] = answer["items"]
        return items

    async def delete(
        self, resource: str, key: Any, actor: Actor = None, *, version: int | None = None,
        how: How = PLAIN, within: Within | None = None,
    ) -> None:  # fmt: skip
        path = one(resource, key, within)
        await self.ask("DELETE", path, actor, **written(how, version))

    async def delete_all(
        self, resource: str, keys: Sequence[Any], actor: Actor = None, *, how: How = PLAIN
    ) -> None:
        options = written(how)
        options["params"].append(("id[in]", ",".join(map(str, keys))))
        await self.ask("DELETE", top(resource), actor, **options)

    async def call(
        self, command: str, actor: Actor = None, *, resource: str | None = None,
        key: Any = None, inputs: Values | None = None, version: int | None = None,
        how: How = PLAIN,
    ) -> Any:  # fmt: skip
        path = called(command, resource, key)
        return await self.ask("POST", path, actor, body=dict(inputs or {}), **written(how, version))

    async def batch(
        self, steps: Sequence[Step], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row | None]:
        body = {"operations": [operation(step) for step in steps]}
        answer = await self.ask("POST", "/v1/batch", actor, body=body, **written(how))
        return [item.get("body") for item in answer["items"]]

    async def export(
        self, resource: str, actor: Actor = None, *, where: Where | None = None, sort: str = ""
    ) -> list[Row]:
        params = given({"sort": sort}) + filters(where)
        headers = {"accept": "application/x-ndjson"}
        answer = await self.send("GET", top(resource), actor, headers=headers, params=params)
        if answer.status_code >= 400:
            raise refused(answer)
        return [json.loads(line) for line in answer.text.splitlines()]


def refused(answer: httpx2.Response) -> Refused:
    """The problem that an answer is (RFC 9457)."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    known = {"type", "title", "status", "detail", "instance", "code", "flaws"}
    flaws = tuple(
        Flaw(
            item["code"],
            item["pointer"].removeprefix("#") if "pointer" in item else item.get("parameter", ""),
            item["detail"],
        )
        for item in problem.get("flaws", ())
    )
    members = {name: value for name, value in problem.items() if name not in known}
    return Refused(problem["code"], flaws, members, answer.text)


def top(resource: str) -> str:
    return f"/v1/{kebab(plural(snake(resource)))}"


def below(within: Within) -> str:
    return f"{top(within.resource)}/{within.key}/{kebab(within.relation)}"


def one(resource: str, key: Any, within: Within | None) -> str:
    return f"{top(resource) if within is None else below(within)}/{key}"


def called(command: str, resource: str | None, key: Any) -> str:
    base = "/v1" if resource is None else top(resource)
    return f"{base}/{kebab(command)}" if key is None else f"{base}/{key}/{kebab(command)}"


def written(how: How, version: int | None = None) -> dict[str, Any]:
    headers = {}
    if how.once is not None:
        headers["idempotency-key"] = how.once
    if version is not None:
        headers["if-match"] = f'"{version}"'
    params = given({"fields": how.fields, "include": how.include})
    if how.dry_run:
        params.append(("dry_run", "true"))
    return {"headers": headers, "params": params}


def given(params: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in params.items() if value]


def operation(step: Step) -> dict[str, Any]:
    """One operation of a batch."""
    key = step.key
    if isinstance(key, Made):
        key = placeholder(key)
    base = top(step.resource)
    made: dict[str, Any] = {
        "create": {"method": "POST", "path": base},
        "update": {"method": "PATCH", "path": f"{base}/{key}"},
        "delete": {"method": "DELETE", "path": f"{base}/{key}"},
    }.get(step.what, {"method": "POST", "path": called(step.what, step.resource, key)})
    if step.values is not None:
        made["body"] = filled(step.values)
    if step.name is not None:
        made["id"] = step.name
    if step.version is not None:
        made["version"] = step.version
    return made


def placeholder(made: Made) -> str:
    return f"{{{made.name}.id}}"


def filled(value: Any) -> Any:
    if isinstance(value, Made):
        return placeholder(value)
    if isinstance(value, list):
        return [filled(item) for item in value]
    return (
        {name: filled(item) for name, item in value.items()} if hasattr(value, "items") else value
    )


def filters(where: Where | None) -> list[tuple[str, str]]:
    """A filter as parameters; what is above conditions is written as groups."""
    match where:
        case None:
            return []
        case Has(name, comparator, value):
            return [(f"{name}[{comparator}]", plain(value))]
        case Both(parts):
            return [("all", group(parts))]
        case Either(parts):
            return [("any", group(parts))]
        case Unless(part):
            return [("not", group((part,)))]


def group(parts: Sequence[Where]) -> str:
    return f"({','.join(map(condition, parts))})"


def condition(where: Where) -> str:
    match where:
        case Has(name, comparator, value):
            return f"{name}[{comparator}]={quoted(value)}"
        case Both(parts):
            return f"all={group(parts)}"
        case Either(parts):
            return f"any={group(parts)}"
        case Unless(part):
            return f"not={group((part,))}"


def plain(value: Any) -> str:
    """A value as the text of a parameter of its own."""
    if isinstance(value, list | tuple):
        return f"({','.join(map(quoted, value))})"
    return text(value)


def quoted(value: Any) -> str:
    """A value as it stands in a group or list."""
    if isinstance(value, list | tuple):
        return f"({','.join(map(quoted, value))})"
    escaped = text(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)
