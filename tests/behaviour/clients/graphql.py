"""The GraphQL client: intents as documents with variables, over any transport."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx2

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.contract.types import Scalar, Type
from charter.core.names import snake
from charter.wire.graphql.names import camel
from tests.behaviour.clients.base import (
    Actor,
    Both,
    Either,
    Flaw,
    Has,
    Page,
    Refused,
    Row,
    Unless,
    Where,
    Within,
)
from tests.behaviour.clients.rest import RestClient, text
from tests.behaviour.serving import Served, token

PATH = "/graphql"
JSON = "application/json"
MOST = 500
KNOWN = {"code", "family", "documentation", "flaws"}


@asynccontextmanager
async def connect(served: Served) -> AsyncIterator["GraphqlClient"]:
    """A client on the app, without a network between them."""
    transport = httpx2.ASGITransport(served.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://studio") as http:
        yield GraphqlClient(http, token, Words(served.contract))


@dataclass(slots=True)
class Tree:
    """What is asked of a resource: single fields, or all of them, and what it leads to."""

    whole: bool
    picks: list[str] = field(default_factory=list)
    below: dict[str, "Tree"] = field(default_factory=dict)


def tree_of(fields: str, include: str) -> Tree:
    top = Tree(whole=not fields)
    for names, whole in ((include, True), (fields, False)):
        for path in filter(None, names.split(",")):
            steps = path.split(".")
            last = None if whole else steps.pop()
            branch = top
            for step in steps:
                branch = branch.below.setdefault(step, Tree(whole))
            if last is not None:
                branch.picks.append(last)
    return top


@dataclass(frozen=True)
class Words:
    """The names of a contract in documents, and its rows in answers."""

    contract: Contract

    def resource(self, name: str) -> Resource:
        return self.contract.resource_named[name]

    def one(self, name: str) -> str:
        return camel(snake(name))

    def many(self, name: str) -> str:
        return camel(self.resource(name).path.replace("-", "_"))

    def target(self, resource: Resource, name: str) -> str | None:
        """The resource whose key a field holds."""
        stored = resource.field_named.get(name)
        return resource.name if name == "id" else stored.references if stored else None

    def names(self, resource: Resource, tree: Tree) -> list[str]:
        known = [item.name for item in resource.readable]
        return list(dict.fromkeys(tree.picks if tree.picks or not tree.whole else known))

    def selected(self, resource: Resource, tree: Tree) -> str:
        """A selection set."""
        names = self.names(resource, tree)
        found = [camel(name) for name in names]
        if names:
            found.append("hidden")
        for name, branch in tree.below.items():
            relation = resource.relation_named.get(name)
            if relation is None:
                found.append(f"{camel(name)} {{ id }}")
                continue
            inner = self.selected(self.resource(relation.target), branch)
            if not relation.to_one:
                inner = f"(first: {MOST}) {{ nodes {inner} }}"
            found.append(f"{camel(name)} {inner}")
        return f"{{ {' '.join(found) or '__typename'} }}"

    def row(self, resource: Resource, tree: Tree, shown: Mapping[str, Any]) -> Row:
        """A row of an answer under the names of the contract."""
        hidden = shown.get("hidden", ())
        found: Row = {}
        for name in self.names(resource, tree):
            value = shown[camel(name)]
            if camel(name) in hidden:
                assert value is None
                continue
            if value is not None and self.target(resource, name) is not None:
                value = self.key(resource, name, value)
            found[name] = value
        for name, branch in tree.below.items():
            relation = resource.relation_named[name]
            target, inner = self.resource(relation.target), shown[camel(name)]
            if relation.to_one:
                found[name] = None if inner is None else self.row(target, branch, inner)
            else:
                found[name] = [self.row(target, branch, one) for one in inner["nodes"]]
        return found

    def key(self, resource: Resource, name: str, value: str) -> Any:
        """The key that a global identifier holds."""
        target = self.target(resource, name) or resource.name
        prefix, _, key = value.partition(":")
        assert prefix == target, value
        return int(key) if self.resource(target).key.type.scalar is Scalar.INTEGER else key

    def where(self, resource: Resource, where: Where) -> Any:
        """A filter as the value of a variable."""
        match where:
            case Both(parts):
                return {"and": [self.where(resource, part) for part in parts]}
            case Either(parts):
                return {"or": [self.where(resource, part) for part in parts]}
            case Unless(part):
                return {"not": self.where(resource, part)}
            case Has():
                return self._test(resource, where.name.split("."), where)

    def _test(self, resource: Resource, path: list[str], has: Has) -> Any:
        name = path[0]
        if len(path) > 1:
            relation = resource.relation_named.get(name)
            inner = resource if relation is None else self.resource(relation.target)
            return {camel(name): self._test(inner, path[1:], has)}
        comparator = "isNull" if has.comparator == "null" else has.comparator
        target, type_ = self.target(resource, name), resource.type_of(name)
        if comparator == "isNull":
            value: Any = has.value if isinstance(has.value, bool) else has.value == "true"
        elif isinstance(has.value, list | tuple):
            value = [plain(item, type_, target) for item in has.value]
        else:
            value = plain(has.value, type_, target)
        return {camel(name): {comparator: value}}


def plain(value: Any, type_: Type | None, target: str | None = None) -> Any:
    """A value as JSON has it for a type."""
    if target is not None:
        return f"{target}:{value}"
    kind = Scalar.TEXT if type_ is None else type_.scalar
    try:
        if kind is Scalar.INTEGER:
            return int(value)
        if kind is Scalar.FLOAT:
            return float(value)
    except ValueError:
        return value
    if isinstance(value, bool):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)


class GraphqlClient(RestClient):
    """Speaks GraphQL. `words` are those of the contract that is served."""

    def __init__(self, http: httpx2.AsyncClient, token: Any, words: Words) -> None:
        super().__init__(http, token)
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "wheres", {})

    words: Words
    wheres: dict[str, Where]

    async def run(
        self, document: str, variables: Mapping[str, Any], actor: Actor = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """The data of an answer. Raises what the first of its errors says."""
        sent = {"content-type": JSON, "accept": "application/graphql-response+json"}
        if actor is not None:
            sent["authorization"] = f"Bearer {self.token(actor)}"
        body = json.dumps({"query": document, "variables": variables}).encode()
        answer = await self.http.post(PATH, content=body, headers={**sent, **(headers or {})})
        result = answer.json()
        if "errors" in result:
            raise refused(result["errors"][0], answer.text)
        data: dict[str, Any] = result["data"]
        return data

    async def read(
        self, resource: str, key: Any, actor: Actor = None, *, fields: str = "",
        include: str = "", within: Within | None = None,
    ) -> Row:  # fmt: skip
        words, tree = self.words, tree_of(fields, include)
        shown = words.resource(resource)
        selected = words.selected(shown, tree)
        if within is not None:
            inner = f"{camel(within.relation)}(filter: $filter) {{ nodes {selected} }}"
            document = (
                f"query($id: ID!, $filter: {resource}Filter) "
                f"{{ found: {words.one(within.resource)}(id: $id) {{ {inner} }} }}"
            )
            where = {"id": {"eq": f"{resource}:{key}"}}
            given = {"id": f"{within.resource}:{within.key}", "filter": where}
            owner = (await self.run(document, given, actor))["found"]
            rows = owner and owner[camel(within.relation)]["nodes"]
            found = rows[0] if rows else None
        else:
            document = f"query($id: ID!) {{ found: {words.one(resource)}(id: $id) {selected} }}"
            found = (await self.run(document, {"id": f"{resource}:{key}"}, actor))["found"]
        if found is None:
            raise Refused("not_found", (), {}, "null")
        return words.row(shown, tree, found)

    async def page(
        self, resource: str, actor: Actor = None, *, where: Where | None = None,
        search: str | None = None, sort: str = "", limit: int | None = None, fields: str = "",
        include: str = "", count: str = "", within: Within | None = None,
    ) -> Page:  # fmt: skip
        params = {
            "sort": sort, "fields": fields, "include": include, "count": count,
            "limit": "" if limit is None else str(limit),
            "within": "" if within is None else
            f"{within.resource}.{within.key}.{within.relation}",
        }  # fmt: skip
        given = {name: value for name, value in params.items() if value}
        if search is not None:
            given["search"] = search
        return await self._page(self.words.resource(resource), given, where, None, actor)

    async def follow(self, page: Page, actor: Actor = None) -> Page:
        path, _, query = (page.next or "").partition("?")
        params = dict(parse_qsl(query, keep_blank_values=True))
        (shown,) = (item for item in self.words.contract.resources if item.path == path)
        where = self._where(params)
        cursor = params.pop("cursor")
        return await self._page(shown, params, where, cursor, actor)

    def _where(self, params: dict[str, str]) -> Where | None:
        """The filter of an address, which a test may have changed."""
        for name in list(params):
            if "[" in name:
                text_ = f"{name}={params[name]}"
                field_, _, comparator = name.rstrip("]").partition("[")
                return self.wheres.get(text_) or Has(field_, comparator, params.pop(name))
        return None

    async def _page(
        self, shown: Resource, params: Mapping[str, str], where: Where | None,
        cursor: str | None, actor: Actor,
    ) -> Page:  # fmt: skip
        words = self.words
        tree = tree_of(params.get("fields", ""), params.get("include", ""))
        given: dict[str, Any] = {"after": cursor}
        types = {"first": "Int", "after": "String", "filter": f"{shown.name}Filter"}
        types["sort"] = f"[{shown.name}Sort!]"
        if "limit" in params:
            given["first"] = int(params["limit"])
        if where is not None:
            given["filter"] = words.where(shown, where)
        if "sort" in params:
            given["sort"] = [
                {"field": part.removeprefix("-").upper(),
                 "direction": "DESC" if part.startswith("-") else "ASC"}
                for part in params["sort"].split(",")
            ]  # fmt: skip
        if "search" in params:
            given["search"], types["search"] = params["search"], "String"
        total = "totalCount" if "count" in params else ""
        inner = (
            f"{{ nodes {words.selected(shown, tree)} "
            f"pageInfo {{ hasNextPage endCursor }} {total} }}"
        )
        arguments = ", ".join(f"{name}: ${name}" for name in types)
        declared = ", ".join(f"${name}: {type_}" for name, type_ in types.items())
        owner = params.get("within", "").split(".")
        if len(owner) > 1:
            declared += ", $id: ID!"
            given["id"] = f"{owner[0]}:{owner[1]}"
            field_ = f"{camel(owner[2])}({arguments}) {inner}"
            top = f"found: {words.one(owner[0])}(id: $id) {{ found: {field_} }}"
        else:
            top = f"found: {words.many(shown.name)}({arguments}) {inner}"
        answer = (await self.run(f"query({declared}) {{ {top} }}", given, actor))["found"]
        if answer is None:
            raise Refused("not_found", (), {}, "null")
        if len(owner) > 1:
            answer = answer["found"]
        rows = [words.row(shown, tree, row) for row in answer["nodes"]]
        info = answer["pageInfo"]
        follow = None
        if info["hasNextPage"]:
            follow = self._address(shown, params, where, info["endCursor"])
        return Page(rows, follow, answer.get("totalCount"))

    def _address(
        self, shown: Resource, params: Mapping[str, str], where: Where | None, cursor: str
    ) -> str:
        pairs = [(name, value) for name, value in params.items() if "[" not in name]
        if isinstance(where, Has) and not isinstance(where.value, list | tuple):
            pairs.append((f"{where.name}[{where.comparator}]", text(where.value)))
        elif where is not None:
            name = f"where[{len(self.wheres)}]"
            self.wheres[f"{name}="] = where
            pairs.append((name, ""))
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
        return f"{shown.path}?{query}&cursor={cursor}"

    async def summarize(
        self, resource: str, measures: str, actor: Actor = None, *, group: str = "",
        where: Where | None = None, sort: str = "",
    ) -> list[Row]:  # fmt: skip
        shown = self.words.resource(resource)
        groups = [name for name in group.split(",") if name]
        asked = [measure(item) for item in measures.split(",")]
        selected = [
            "count" if name is None else f"{FUNCTIONS[function]} {{ {camel(name)} }}"
            for function, name in asked
        ]
        if groups:
            selected.append(f"by {{ {' '.join(map(camel, groups))} }}")
        document = (
            f"query($by: [{resource}GroupField!], $filter: {resource}Filter, "
            f"$sort: [{resource}AggregateSort!]) {{ found: {self.words.many(resource)}Aggregate"
            f"(groupBy: $by, filter: $filter, sort: $sort) {{ {' '.join(selected)} }} }}"
        )
        given = {
            "by": [name.upper() for name in groups],
            "filter": None if where is None else self.words.where(shown, where),
            "sort": [sorted_by(part, groups) for part in sort.split(",") if part],
        }
        rows = (await self.run(document, given, actor))["found"]
        return [self._summed(shown, row, groups, asked) for row in rows]

    def _summed(
        self, shown: Resource, row: Row, groups: Sequence[str], asked: Sequence[Any]
    ) -> Row:
        found: Row = {}
        for name in groups:
            found[name] = row["by"][camel(name)]
        for function, name in asked:
            if name is None:
                found["count"] = row["count"]
            else:
                found[f"{function}_{name}"] = row[FUNCTIONS[function]][camel(name)]
        return found

    async def export(
        self, resource: str, actor: Actor = None, *, where: Where | None = None, sort: str = ""
    ) -> list[Row]:
        """All rows, page by page."""
        page = await self.page(resource, actor, where=where, sort=sort, limit=MOST)
        rows = page.items
        while page.next is not None:
            page = await self.follow(page, actor)
            rows += page.items
        return rows


FUNCTIONS = {"count": "counts", "sum": "sum", "avg": "avg", "min": "min", "max": "max"}


def measure(item: str) -> tuple[str, str | None]:
    function, _, name = item.rstrip(")").partition("(")
    return function, name or None


def sorted_by(part: str, groups: Sequence[str]) -> dict[str, str]:
    name = part.removeprefix("-")
    direction = "DESC" if part.startswith("-") else "ASC"
    if name in groups:
        return {"field": name.upper(), "direction": direction}
    function, _, inner = name.partition("_")
    found = {"function": function.upper(), "direction": direction}
    return {**found, "field": inner.upper()} if inner else found


def refused(error: Mapping[str, Any], said: str) -> Refused:
    """The problem that an error is. What validation finds says no more than where."""
    extensions = error["extensions"]
    code = extensions["code"]
    if code == "invalid_document":
        return Refused("unknown_field", (Flaw("unknown_field", "", error["message"]),), {}, said)
    flaws = tuple(
        Flaw(item["code"], pointer(item["pointer"]), item["detail"])
        for item in extensions.get("flaws", ())
    )
    members = {name: value for name, value in extensions.items() if name not in KNOWN}
    return Refused(code, flaws, members, said)


def pointer(text_: str) -> str:
    """A pointer into the input, under the names of the contract."""
    return "/".join(snake(part) for part in text_.removeprefix("/input").split("/"))
