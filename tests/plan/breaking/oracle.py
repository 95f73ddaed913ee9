"""What the OpenAPI documents of two contracts say that the second breaks, by their schemas.

Nothing here knows how contracts are compared: paths, parameters and bodies of the documents are
held against each other, the schemas by values that one takes.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import jsonschema_rs

from charter.contract.contract import Contract
from charter.core.names import kebab
from charter.wire.rest.describe.document import document
from charter.wire.rest.settings import RestSettings

Schema = Mapping[str, Any]
# Documents leave out filters and includes beyond what one request may have.
SETTINGS = RestSettings(max_conditions=10_000, max_include=10_000)
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_SIZES = ("minLength", "maxLength")
_LENGTHS = ("minItems", "maxItems")
_TEXTS = (
    "", "a", "ab", "a1", "A", "1", "-1", "0", "1.0", "1.5", "12.25", "-0.125", "123456", "true",
    "x@example.org", "https://example.org/a", "2024-02-29", "2024-02-29T10:00:00Z",
    "0190f5fe-7c00-7a00-8000-000000000000", "b", "c", "d", "a b",
)  # fmt: skip
_PLAIN: tuple[Any, ...] = (None, True, False, 0, 1, -1, 1.5, 2**62, 2**70, -0.125, {}, {"a": 1}, [])


@dataclass(frozen=True, slots=True)
class Broken:
    """What breaks, as an area of the gate and a subject (or its beginning) would name it."""

    area: str
    subject: str
    why: str


@dataclass(frozen=True)
class Described:
    """A document in which schemas are looked up."""

    document: Mapping[str, Any]

    def operations(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield path, method, operation

    def parameters(self, operation: Mapping[str, Any]) -> Mapping[tuple[str, str], Any]:
        found = (self.looked_up(item) for item in operation.get("parameters", ()))
        return {(item["in"], item["name"]): item for item in found}

    def looked_up(self, part: Any) -> Any:
        while "$ref" in part:
            here: Any = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                here = here[name]
            part = here
        return part

    def schema(self, name: str) -> Any:
        return self.document["components"]["schemas"].get(name)

    def taking(self, schema: Schema) -> Callable[[Any], bool]:
        """Whether a value is one of a schema."""
        parts = {"JsonValue": self.schema("JsonValue") or {}}
        return _validator(json.dumps({**schema, "components": {"schemas": parts}}))


@cache
def _validator(schema: str) -> Callable[[Any], bool]:
    return jsonschema_rs.Draft202012Validator(json.loads(schema), validate_formats=True).is_valid


def described(contract: Contract) -> Described:
    return Described(document(contract, SETTINGS))


def lost(old: Described, new: Described, was: Schema, now: Schema, *, query: bool = False) -> Any:
    """A value that one schema takes and the other does not, in a list; None where none is known.

    In a query every value is a text, and can be read as one.
    """
    if was == now:
        return None
    first, second = old.taking(was), new.taking(now)
    for value in (*_values(was, now), *_lists(was, now)):
        if first(value) and not second(value) and not (query and second(_spelt(value))):
            return [value]
    return None


def _spelt(value: Any) -> Any:
    if isinstance(value, list):
        return [_spelt(item) for item in value]
    return value if isinstance(value, str) else json.dumps(value)


def _values(*schemas: Schema) -> Iterator[Any]:
    """Values on both sides of every bound that the schemas have, and common ones."""
    yield from _PLAIN
    yield from _TEXTS
    for whole, places in product(range(1, 7), range(4)):
        yield "1" * whole + ("." + "1" * places if places else "")
    for schema in schemas:
        for part in _parts(schema):
            yield from part.get("enum", ())
            for name in _NUMBERS:
                if name in part:
                    for step in (-1, -0.5, -0.01, 0, 0.01, 0.5, 1):
                        yield (number := part[name] + step)
                        yield f"{number:f}"
                    yield part[name]
            for name in _SIZES:
                if name in part:
                    for size in (part[name] - 1, part[name], part[name] + 1):
                        yield "a" * size


def _lists(*schemas: Schema) -> Iterator[Any]:
    sizes = {0, 1, 2}
    for schema in schemas:
        for part in _parts(schema):
            for name in _LENGTHS:
                if name in part:
                    sizes |= {part[name] - 1, part[name], part[name] + 1}
    items = [part["items"] for schema in schemas for part in _parts(schema) if "items" in part]
    for value in _values(*items) if items else ():
        for size in sizes:
            if size >= 0:
                yield [value] * size


def _parts(schema: Schema) -> Iterator[Schema]:
    yield schema
    yield from schema.get("anyOf", ())


# -- the documents -----------------------------------------------------------------------------
def broken(before: Contract, after: Contract) -> Iterator[Broken]:
    """Everything that requests or answers lose, each with who should name it."""
    old, new = described(before), described(after)
    yield from _operations(before, old, new)
    for resource in before.resources:
        name = resource.name
        for suffix in ("New", "Replacement", "Change"):
            yield from _bodies(name, old, new, f"{name}.{suffix}")
        yield from _members("answers", name, old, new, name)
    for command in before.commands:
        called = command.name if command.resource is None else f"{command.resource}.{command.name}"
        title = command.name.capitalize()
        yield from _bodies(called, old, new, f"{command.resource or 'Service'}.{title}")
    for error in before.errors:
        was, now = old.schema(f"Error.{error.name}"), new.schema(f"Error.{error.name}")
        if was and now:
            yield from _shown("errors", error.name, old, new, was["allOf"][1], now["allOf"][1])


def _operations(contract: Contract, old: Described, new: Described) -> Iterator[Broken]:
    there = {(path, method): operation for path, method, operation in new.operations()}
    for path, method, operation in old.operations():
        subject = _subject(contract, path)
        if (path, method) not in there:
            yield Broken("paths", _owner(contract, path), f"{method} {path} is gone")
            continue
        now = there[path, method]
        if operation["responses"].get("200") == now["responses"].get("200"):
            yield from _parameters(subject, path, old, new, operation, now)
        for status, answer in now["responses"].items():
            known = operation["responses"].get(status)
            if status.startswith("2") and known is None:
                yield Broken("answers", subject, f"{method} {path} answers {status}")
            elif status.startswith("2") and operation["tags"] and _is_call(contract, path):
                yield from _results(subject, old, new, known, answer)


def _is_call(contract: Contract, path: str) -> bool:
    return any(path.endswith(f"/{command.name}") for command in contract.commands)


def _owner(contract: Contract, path: str) -> str:
    """The resource that a path begins with, or the command that is on none."""
    first = path.split("/")[2]
    return next((item.name for item in contract.resources if item.path == first), first)


def _subject(contract: Contract, path: str) -> str:
    """What a path belongs to: a command, or a resource."""
    _, _, first, *rest = path.split("/")
    resource = next((item for item in contract.resources if item.path == first), None)
    owner = None if resource is None else resource.name
    for relation in resource.relations if resource is not None else ():
        if kebab(relation.name) in rest and not relation.to_one:
            return relation.target if rest[-1] == "{part_id}" else f"{owner}.{relation.name}"
    for command in contract.commands:
        if command.name in (first, *rest):
            return command.name if owner is None else f"{owner}.{command.name}"
    return owner or first


def _parameters(
    subject: str, path: str, old: Described, new: Described, was: Any, now: Any
) -> Iterator[Broken]:
    before, after = old.parameters(was), new.parameters(now)
    for (place, name), item in before.items():
        found: Any = after.get((place, name))
        bare = name.partition("[")[0]
        if place == "path":
            if found is not None and lost(old, new, item["schema"], found["schema"]):
                yield Broken("paths", "", f"{path}: other keys")
        elif found is None:
            # A test for null is left out of the document where there is never null; it is taken.
            if not name.endswith("[null]"):
                yield Broken("queries", _of(path, bare), f"{path}: {name} is gone")
        elif value := lost(old, new, item["schema"], found["schema"], query=True):
            yield Broken("queries", _of(path, bare), f"{path}: {name} refuses {value}")
        words = item["schema"].get("items", {}).get("enum", ())
        for word in words if found is not None else ():
            if word not in found["schema"].get("items", {}).get("enum", ()):
                yield Broken("queries", "", f"{path}: {name} refuses {word}")
    for (place, name), item in after.items():
        needed = item.get("required") and not before.get((place, name), {}).get("required")
        if needed and place != "path":
            yield Broken("inputs", subject, f"{path}: {name} is required")


def _of(path: str, name: str) -> str:
    """Below the path of a row the list is one of another resource, so only the field is known."""
    return "" if name in ("fields", "include", "sort", "search") else f".{name}"


def _bodies(subject: str, old: Described, new: Described, name: str) -> Iterator[Broken]:
    was, now = old.schema(name), new.schema(name)
    if was is None or now is None:
        return
    for required in now.get("required", ()):
        if required not in was.get("required", ()):
            yield Broken("inputs", f"{subject}.{required}", "is required")
    for member, schema in was["properties"].items():
        other = now["properties"].get(member)
        if other is None:
            yield Broken("inputs", f"{subject}.{member}", "is unknown")
        elif value := lost(old, new, schema, other):
            yield Broken("inputs", f"{subject}.{member}", f"refuses {value}")


def _members(
    area: str, subject: str, old: Described, new: Described, name: str
) -> Iterator[Broken]:
    was, now = old.schema(name), new.schema(name)
    if was is not None and now is not None:
        yield from _shown(area, subject, old, new, was, now)


def _shown(
    area: str, subject: str, old: Described, new: Described, was: Any, now: Any
) -> Iterator[Broken]:
    """What an old reader meets in a new object that has all its members. Further ones are passed
    over, as clients of JSON do."""
    for member, schema in was["properties"].items():
        other = now["properties"].get(member)
        if other is None:
            yield Broken(area, f"{subject}.{member}", "is gone")
        elif value := lost(new, old, other, schema):
            yield Broken(area, f"{subject}.{member}", f"can be {value}")


def _results(subject: str, old: Described, new: Described, was: Any, now: Any) -> Iterator[Broken]:
    before, after = (
        item.get("content", {}).get("application/json", {}).get("schema") for item in (was, now)
    )
    if before is None or after is None:
        if before is not after:
            yield Broken("answers", subject, "answers with another body")
    elif any("Value" not in text and "$ref" in text for text in (str(before), str(after))):
        if before != after:
            yield Broken("answers", subject, "answers with other rows")
    elif value := lost(new, old, after, before):
        yield Broken("answers", subject, f"answers {value}")
