"""The GraphQL client: intents as documents with variables, over any transport."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx2

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.contract.types import Scalar, Type
from charter.core.names import snake
from charter.plan.spelling import input_name, link_name, singular
from charter.wire.graphql.describe.schema import described
from charter.wire.graphql.names import camel
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
        yield GraphqlClient(http, token, words_of(served))


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

    @cached_property
    def arguments(self) -> Mapping[str, Mapping[str, str]]:
        """The types of the arguments of each field of a mutation."""
        mutation = described(self.contract).schema.mutation_type
        fields = {} if mutation is None else mutation.fields
        return {
            name: {one: str(item.type) for one, item in known.args.items()}
            for name, known in fields.items()
        }

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
            if relation.to_one and camel(relation.near) in hidden:
                assert inner is None
            elif relation.to_one:
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


_KNOWN: list[tuple[Served, Words]] = []
"""The words of the service that was used last: they take longer to find than most tests."""


def words_of(served: Served) -> Words:
    if not _KNOWN or _KNOWN[0][0] is not served:
        _KNOWN[:] = [(served, Words(served.contract))]
    return _KNOWN[0][1]


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
            raise refused(result["errors"], answer.text)
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
            name, value = f"{where.name}[{where.comparator}]", text(where.value)
            self.wheres[f"{name}={value}"] = where
            pairs.append((name, value))
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

    async def create(
        self, resource: str, values: Values, actor: Actor = None, *, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row:  # fmt: skip
        field_ = Mutation(self.words, f"create{self._title(resource, within)}", resource)
        field_.give("input", f"Create{resource}Input!", self._values(resource, values))
        return await self._row(field_, how, actor, within)

    async def create_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        field_ = Mutation(self.words, f"create{self._several(resource)}", resource, many=True)
        field_.give(
            "input", f"[Create{resource}Input!]!", [self._values(resource, row) for row in rows]
        )
        found: list[Row] = await self._mutate(field_, how, actor)
        return found

    async def update(
        self, resource: str, key: Any, values: Values, actor: Actor = None, *,
        version: int | None = None, whole: bool = False, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row:  # fmt: skip
        word = "replace" if whole else "update"
        field_ = Mutation(self.words, f"{word}{self._title(resource, within)}", resource)
        field_.give("id", "ID!", f"{resource}:{key}")
        field_.give("version", "Long", version)
        given = self._values(resource, values)
        field_.give("input", f"{word.title()}{resource}Input!", given)
        return await self._row(field_, how, actor, within)

    async def update_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]:
        field_ = Mutation(self.words, f"update{self._several(resource)}", resource, many=True)
        field_.give(
            "input", f"[Change{resource}Input!]!", [self._values(resource, row) for row in rows]
        )
        found: list[Row] = await self._mutate(field_, how, actor)
        return found

    async def delete(
        self, resource: str, key: Any, actor: Actor = None, *, version: int | None = None,
        how: How = PLAIN, within: Within | None = None,
    ) -> None:  # fmt: skip
        field_ = Mutation(self.words, f"delete{self._title(resource, within)}", None)
        field_.selected = "deletedId"
        field_.give("id", "ID!", f"{resource}:{key}")
        field_.give("version", "Long", version)
        self._within(field_, within)
        await self._mutate(field_, how, actor)

    async def delete_all(
        self, resource: str, keys: Sequence[Any], actor: Actor = None, *, how: How = PLAIN
    ) -> None:
        field_ = Mutation(self.words, f"delete{self._several(resource)}", None)
        field_.selected = "deletedIds"
        field_.give("ids", "[ID!]!", [f"{resource}:{key}" for key in keys])
        await self._mutate(field_, how, actor)

    async def call(
        self, command: str, actor: Actor = None, *, resource: str | None = None,
        key: Any = None, inputs: Values | None = None, version: int | None = None,
        how: How = PLAIN,
    ) -> Any:  # fmt: skip
        field_ = self._called(command, resource, None if key is None else f"{resource}:{key}")
        if inputs is not None:
            field_.give("input", "", self._inputs(command, resource, inputs))
        if version is not None:
            field_.give("version", "Long", version)
        return await self._mutate(field_, how, actor)

    async def batch(
        self, steps: Sequence[Step], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row | None]:
        fields = [self._step(step) for step in steps]
        names = [step.name or f"s{at}" for at, step in enumerate(steps)]
        return await self._together(fields, names, how, actor, "@transaction")

    def _step(self, step: Step) -> "Mutation":
        key = None
        if step.key is not None:
            made = isinstance(step.key, Made)
            key = f"{{{step.key.name}.id}}" if made else f"{step.resource}:{step.key}"
        if step.what not in ("create", "update", "delete"):
            return self._called(step.what, step.resource, key)
        shown = None if step.what == "delete" else step.resource
        field_ = Mutation(self.words, f"{step.what}{step.resource}", shown)
        if key is not None:
            field_.give("id", "ID!", key)
        if step.version is not None:
            field_.give("version", "Long", step.version)
        if step.values is not None:
            type_ = f"{step.what.title()}{step.resource}Input!"
            field_.give("input", type_, self._values(step.resource, step.values))
        if shown is None:
            field_.selected = "deletedId"
        return field_

    def _called(self, command: str, resource: str | None, key: str | None) -> "Mutation":
        contract = self.words.contract
        found = next(
            (one for one in contract.commands_of.get(resource, ()) if one.name == command), None
        )
        name = camel(command)
        if resource is not None:
            name += resource if key is not None else self._several(resource)
        shown = None if found is None else found.result.resource
        field_ = Mutation(self.words, name, shown)
        field_.many = found is not None and found.result.many
        if found is not None and shown is None:
            field_.selected = "done" if found.result.type is None else "result"
        if key is not None:
            field_.give("id", "ID!", key)
        return field_

    def _title(self, resource: str, within: Within | None) -> str:
        return resource if within is None else within.resource + part(within.relation)

    def _several(self, resource: str) -> str:
        many = self.words.many(resource)
        return many[:1].upper() + many[1:]

    def _within(self, field_: "Mutation", within: Within | None) -> None:
        if within is not None:
            name = f"{self.words.one(within.resource)}Id"
            field_.give(name, "ID!", f"{within.resource}:{within.key}")

    async def _row(self, field_: "Mutation", how: How, actor: Actor, within: Within | None) -> Row:
        self._within(field_, within)
        row: Row = await self._mutate(field_, how, actor)
        return row

    async def _mutate(self, field_: "Mutation", how: How, actor: Actor) -> Any:
        (found,) = await self._together([field_], ["found"], how, actor, "")
        return found

    async def _together(
        self, fields: Sequence["Mutation"], names: Sequence[str], how: How, actor: Actor,
        directive: str,
    ) -> list[Any]:  # fmt: skip
        tree = tree_of(how.fields, how.include)
        declared: list[str] = []
        lines: list[str] = []
        given: dict[str, Any] = {}
        for name, field_ in zip(names, fields, strict=True):
            field_.complete()
            declared += [f"${name}_{one}: {type_}" for one, type_ in field_.types.items()]
            given |= {f"{name}_{one}": value for one, value in field_.given.items()}
            arguments = ", ".join(f"{one}: ${name}_{one}" for one in field_.types)
            shown = f"({arguments})" if arguments else ""
            lines.append(f"{name}: {field_.name}{shown} {{ {field_.shown(tree)} }}")
        head = f"({', '.join(declared)})" if declared else ""
        trial = "@dryRun" if how.dry_run else ""
        document = f"mutation{head} {directive} {trial} {{ {' '.join(lines)} }}"
        headers = {} if how.once is None else {"idempotency-key": how.once}
        try:
            data = await self.run(document, given, actor, headers)
        except Refused as problem:
            raise placed(problem, names if directive else ()) from None
        return [field_.read(tree, data[name]) for name, field_ in zip(names, fields, strict=True)]

    def _values(self, resource: str, values: Any) -> Any:
        """The values of a row under the names of the schema, with identifiers for keys."""
        if not isinstance(values, Mapping):
            return values
        known = self.words.resource(resource)
        links = {link_name(one): one.target for one in known.relations if one.kind == "link"}
        parts = {one.name: one.target for one in known.relations if one.owned}
        found: dict[str, Any] = {}
        for name, value in values.items():
            target = self.words.target(known, name)
            given = value
            if target is not None:
                given = identified(target, value)
            elif name in links and isinstance(value, list):
                given = [identified(links[name], item) for item in value]
            elif name in parts and isinstance(value, list):
                given = [self._values(parts[name], item) for item in value]
            found[camel(name)] = given
        return found

    def _inputs(self, command: str, resource: str | None, inputs: Values) -> Any:
        found = next(
            one for one in self.words.contract.commands_of[resource] if one.name == command
        )
        targets = {input_name(one): one.references for one in found.inputs if one.references}
        return {
            camel(name): [identified(targets[name], item) for item in value]
            if name in targets and isinstance(value, list)
            else identified(targets[name], value)
            if name in targets
            else value
            for name, value in inputs.items()
        }

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


@dataclass
class Mutation:
    """One field of a mutation: its arguments with their types, and what is shown of it."""

    words: Words
    name: str
    resource: str | None
    many: bool = False
    selected: str = "__typename"
    types: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)

    def give(self, name: str, type_: str, value: Any) -> None:
        self.types[name], self.given[name] = type_, value

    def complete(self) -> None:
        """The types of arguments as the schema has them, where it has the field."""
        known = self.words.arguments.get(self.name, {})
        self.types |= {name: known[name] for name in self.types if name in known}

    def shown(self, tree: Tree) -> str:
        if self.resource is None:
            return self.selected
        resource = self.words.resource(self.resource)
        word = self.words.many(self.resource) if self.many else self.words.one(self.resource)
        return f"rows: {word} {self.words.selected(resource, tree)}"

    def read(self, tree: Tree, data: Mapping[str, Any] | None) -> Any:
        assert data is not None
        if self.resource is None:
            return data.get("result")
        resource, rows = self.words.resource(self.resource), data["rows"]
        if self.many:
            return [self.words.row(resource, tree, row) for row in rows]
        return {} if rows is None else self.words.row(resource, tree, rows)


def identified(target: str, value: Any) -> Any:
    """A key as a global identifier; a step of a batch by its name."""
    if isinstance(value, Made):
        return f"{{{value.name}.id}}"
    return value if value is None else f"{target}:{value}"


def part(relation: str) -> str:
    name = camel(singular(relation))
    return name[:1].upper() + name[1:]


def placed(problem: Refused, names: Sequence[str]) -> Refused:
    """The problem with its places where those of a batch are."""
    flaws = tuple(
        Flaw(flaw.code, f"/operations/{names.index(flaw.field)}/body{flaw.at}", flaw.message)
        if isinstance(flaw, Found) and flaw.field in names
        else Flaw(flaw.code, flaw.at, flaw.message)
        for flaw in problem.flaws
    )
    return Refused(problem.code, flaws, problem.members, problem.text)


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


@dataclass(frozen=True, slots=True)
class Found(Flaw):
    """A flaw of the input of one field of several."""

    field: str = ""


def refused(errors: Sequence[Mapping[str, Any]], said: str) -> Refused:
    """The problem that errors are. What validation finds says no more than where."""
    extensions = errors[0]["extensions"]
    code = extensions["code"]
    if code == "invalid_document":
        found = tuple(Found("unknown_field", "", error["message"]) for error in errors)
        return Refused("unknown_field", found, {}, said)
    flaws = tuple(
        Found(item["code"], pointer(item["pointer"]), item["detail"], str(error["path"][0]))
        if "path" in error
        else Flaw(item["code"], pointer(item["pointer"]), item["detail"])
        for error in errors
        for item in _flaws(error, alone=len(errors) == 1)
    )
    members = {name: value for name, value in extensions.items() if name not in KNOWN}
    return Refused(code, flaws, members, said)


def _flaws(error: Mapping[str, Any], *, alone: bool) -> Sequence[Mapping[str, Any]]:
    """The flaws that an error names; one of several that names none is one itself."""
    extensions = error["extensions"]
    whole = {"code": extensions["code"], "pointer": "", "detail": error["message"]}
    found: Sequence[Mapping[str, Any]] = extensions.get("flaws", [] if alone else [whole])
    return found


def pointer(text_: str) -> str:
    """A pointer into the input, under the names of the contract."""
    names = (snake(name) for name in text_.removeprefix("/input").split("/"))
    return quote("/".join(names), safe="/~!$&'()*+,;=:@?")
