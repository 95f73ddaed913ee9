"""The named schemas of a contract: what its rows look like when shown, created and changed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from charter.contract.command import Command, DeclaredError, Parameter
from charter.contract.contract import Contract
from charter.contract.expression import Aggregate, Expression, Function
from charter.contract.resource import Computed, Field, Relation, Resource, SetBy
from charter.contract.types import DEFAULT_LIST_LENGTH, INTEGER, Scalar, Type
from charter.core.names import kebab, pascal
from charter.core.problems import Code
from charter.plan.drafts import Mode
from charter.plan.spelling import cut_name, input_name, link_name
from charter.wire.rest.describe.values import JSON_VALUE, Schema, given, nullable, shown
from charter.wire.rest.routes import creatable
from charter.wire.rest.vocabulary import Vocabulary, vocabularies

_VERSION = replace(INTEGER, ge=0)
_OF_SYSTEM = frozenset({"id", "created_at", "updated_at", "version"})
_NEVER_NULL = frozenset({Function.COUNT, Function.EXISTS, Function.SUM})
_SUFFIX = {Mode.CREATE: "New", Mode.REPLACE: "Replacement", Mode.PATCH: "Change"}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def body_name(resource: Resource, mode: Mode) -> str:
    """The name of the schema of a body that creates, replaces or changes a row."""
    return f"{resource.name}.{_SUFFIX[mode]}"


def list_name(resource: Resource) -> str:
    return f"{resource.name}.List"


def input_schema_name(command: Command) -> str:
    return f"{command.resource or 'Service'}.{pascal(command.name)}"


def error_name(error: DeclaredError) -> str:
    return f"Error.{error.name}"


def schemas(contract: Contract) -> dict[str, Schema]:
    """All of them, by name."""
    found: dict[str, Schema] = {}
    names = vocabularies(contract)
    for resource in contract.resources:
        found[resource.name] = _row(contract, names[resource.name])
        found[list_name(resource)] = _page(resource)
        if creatable(resource) or resource.owner is not None:
            found[body_name(resource, Mode.CREATE)] = body_schema(contract, resource, Mode.CREATE)
        for mode in (Mode.REPLACE, Mode.PATCH):
            found[body_name(resource, mode)] = body_schema(contract, resource, mode)
    for command in contract.commands:
        found[input_schema_name(command)] = _inputs(command)
    for error in contract.errors:
        found[error_name(error)] = _error(error)
    if any(type_.scalar is Scalar.JSON for type_ in _types(contract)):
        found["JsonValue"] = JSON_VALUE
    return found


def _types(contract: Contract) -> Iterator[Type]:
    for resource in contract.resources:
        yield from (item.type for item in resource.fields)
        yield from (item.type for item in resource.computed)
    for command in contract.commands:
        yield from (item.type for item in command.inputs)


def _row(contract: Contract, vocabulary: Vocabulary) -> Schema:
    resource = vocabulary.resource
    properties = {item.name: _shown(item) for item in resource.readable}
    for relation in vocabulary.relations.values():
        properties[relation.name] = _related(contract, relation)
        cut = None if relation.to_one else cut_name(resource, relation.name)
        if cut is not None:
            properties[cut] = _cut(resource, relation)
    doc = f"{resource.doc}\n\n" if resource.doc else ""
    return {
        "type": "object",
        "description": f"{doc}What `fields` leaves out, or a policy hides, is not there.",
        "properties": properties,
        "additionalProperties": False,
    }


def _shown(item: Field | Computed) -> Schema:
    schema = shown(item.type)
    if isinstance(item, Computed):
        found = schema if has_value(item.expression) else nullable(schema)
        return _documented(found, item.doc) | {"readOnly": True}
    found = nullable(schema) if item.optional else schema
    return _documented(found, item.doc)


def has_value(expression: Expression) -> bool:
    """Whether a computed field never comes out as nothing."""
    return isinstance(expression, Aggregate) and expression.function in _NEVER_NULL


def _documented(schema: Schema, doc: str) -> Schema:
    return {**schema, "description": doc} if doc else schema


def _related(contract: Contract, relation: Relation) -> Schema:
    target = ref(contract.resource_named[relation.target].name)
    doc = relation.doc or f"Shown with `include={relation.name}`."
    if relation.to_one:
        return {"anyOf": [target, {"type": "null"}], "description": doc}
    return {"type": "array", "items": target, "description": doc}


def _cut(resource: Resource, relation: Relation) -> Schema:
    doc = f"Whether `{relation.name}` shows only the first of them; left out where it shows all."
    if resource.owner is None:
        doc += f" All of them are the list `{resource.path}/{{id}}/{kebab(relation.name)}`."
    return {"type": "boolean", "description": doc}


def _page(resource: Resource) -> Schema:
    return {
        "type": "object",
        "description": "One page of a list; `next` is the reference to follow for the next one.",
        "properties": {
            "items": {"type": "array", "items": ref(resource.name)},
            "next": {"type": ["string", "null"], "format": "uri-reference"},
            "count": {"type": "integer", "minimum": 0, "description": "With `count`."},
            "count_exact": {
                "type": "boolean",
                "description": "With `count=estimated`: whether there are not more than that.",
            },
        },
        "required": ["items", "next"],
        "additionalProperties": False,
    }


def body_schema(contract: Contract, resource: Resource, mode: Mode) -> Schema:
    """What `plan.drafts` reads in this mode."""
    owner = resource.relation_named[resource.owner].near if resource.owner else None
    fields = [
        item for item in resource.fields if _settable(resource, item, mode) and item.name != owner
    ]
    properties = {item.name: _given(item) for item in fields}
    for relation in resource.relations:
        target = contract.resource_named[relation.target]
        if relation.owned:
            properties[relation.name] = _parts(target, mode)
        elif relation.kind == "link":
            properties[link_name(relation)] = _keys(target)
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [] if mode is Mode.PATCH else [item.name for item in fields if item.required]
    return found | {"required": required} if required else found


def _settable(resource: Resource, item: Field, mode: Mode) -> bool:
    known = item.name not in _OF_SYSTEM or (item.name == "id" and resource.keys_given)
    by = (SetBy.CLIENT, SetBy.ONCE) if mode is Mode.CREATE else (SetBy.CLIENT,)
    return item.set_by in by and not item.hidden and known


def _given(item: Field) -> Schema:
    schema = given(item.type)
    found = _documented(nullable(schema) if item.optional else schema, item.doc)
    return found | {"writeOnly": True} if item.write_only else found


def _parts(target: Resource, mode: Mode) -> Schema:
    new = ref(body_name(target, Mode.CREATE))
    items: Schema = new if mode is Mode.CREATE else {"anyOf": [new, ref(part_name(target))]}
    return {
        "type": "array",
        "items": items,
        "maxItems": DEFAULT_LIST_LENGTH,
        "description": "All of them: those that are not named are deleted.",
    }


def part_name(target: Resource) -> str:
    return f"{target.name}.Part"


def bulk_change_name(resource: Resource) -> str:
    return f"{resource.name}.BulkChange"


def addressed(contract: Contract) -> dict[str, Schema]:
    """Changes that name their row by its key: of parts within a body, and of many rows."""
    found: dict[str, Schema] = {}
    for resource in contract.resources:
        change = body_schema(contract, resource, Mode.PATCH)
        key = {"id": given(resource.key.type)}
        properties: Mapping[str, Any] = change["properties"]
        if resource.owner is not None:
            found[part_name(resource)] = {
                **change,
                "properties": {**key, **properties},
                "required": ["id"],
            }
        else:
            required = ["id", "version"] if resource.conditional_writes else ["id"]
            version = {"version": nullable(given(_VERSION))}
            found[bulk_change_name(resource)] = {
                **change,
                "properties": {**key, **version, **properties},
                "required": required,
            }
    return found


def _keys(target: Resource) -> Schema:
    most = {"maxItems": DEFAULT_LIST_LENGTH}
    return {"type": "array", "items": given(target.key.type), **most}


def _inputs(command: Command) -> Schema:
    properties = {input_name(item): _input(item) for item in command.inputs}
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [input_name(item) for item in command.inputs if item.required]
    return found | {"required": required} if required else found


def _input(item: Parameter) -> Schema:
    schema = given(item.type)
    return _documented(nullable(schema) if item.optional else schema, item.doc)


def _error(error: DeclaredError) -> Schema:
    properties: dict[str, Schema] = {"code": {"const": error.code}}
    for item in error.parameters:
        name = f"{item.name}_id" if item.references else item.name
        properties[name] = _documented(nullable(shown(item.type)), item.doc)
    found: Schema = {"allOf": [ref("Problem"), {"type": "object", "properties": properties}]}
    return _documented(found, error.doc)


def code_of(error: DeclaredError) -> Code:
    """The problem code that a declared error is."""
    title = error.doc.split("\n", maxsplit=1)[0] or error.name
    return Code(error.code, error.family, title, error.doc, "")
