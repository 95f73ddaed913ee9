"""Parameters of operations: filters and other words of the query, keys in paths, headers."""

from collections.abc import Iterator, Mapping
from typing import Any

from charter.contract.resource import Resource
from charter.contract.types import MAX_INTEGER, MIN_INTEGER, Scalar, Type
from charter.plan.ask import Comparator
from charter.plan.comparators import comparators_of
from charter.wire.rest.describe.values import (
    NO_NUL,
    Maker,
    Schema,
    decimal_pattern,
    given,
)
from charter.wire.rest.groups import GROUPS
from charter.wire.rest.idempotency import LONGEST_KEY
from charter.wire.rest.lists import MOST_SEARCHED
from charter.wire.rest.query import CURSOR, SEARCH, WORDS
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.vocabulary import Vocabularies, Vocabulary

Parameter = dict[str, Any]

_RESERVED = WORDS | GROUPS | {SEARCH, CURSOR}
_SPACE = r"[\s\u001c-\u001f\u0085]"
_WORD = r"[^\s\u0000\u001c-\u001f\u0085]+"
_SEARCHED = f"^{_SPACE}*{_WORD}(?:{_SPACE}+{_WORD}){{0,{MOST_SEARCHED - 1}}}{_SPACE}*$"
_LIKE = r"^(?:[^\\\u0000]|\\[^\u0000])*$"
_BARE = r'^[^,()"\u0000]*$'
_TAG = r'^"(?:0|[1-9][0-9]{0,18})(?:\.[!#-~]*)?"$'
_IDEMPOTENCY_KEY = (
    rf"^(?:[!#-+\--:<-\[\]-~]{{1,{LONGEST_KEY}}}"
    rf'|"(?:[ !#-\[\]-~]|\\["\\]){{1,{LONGEST_KEY}}}")$'
)


def query(name: str, schema: Schema, description: str, **further: Any) -> Parameter:
    found = {"name": name, "in": "query", "description": description, "schema": schema}
    return found | further


def _header(name: str, schema: Schema, description: str, **further: Any) -> Parameter:
    found = {"name": name, "in": "header", "description": description, "schema": schema}
    return found | further


def _listed(name: str, choices: list[str], description: str) -> Parameter:
    """A list of words separated by commas; a word that is there twice counts once."""
    schema = {"type": "array", "items": {"type": "string", "enum": choices}, "minItems": 1}
    return query(name, schema, description, style="form", explode=False)


def items(name: str, item: Schema, description: str, **further: Any) -> Parameter:
    """A list of values after `[in]` or `[nin]`. How many there can be is bounded by the length
    of the query also, so no number is given."""
    if item.get("pattern") == NO_NUL:
        item = {**item, "pattern": _BARE}
    schema = {"type": "array", "items": item, "minItems": 1}
    return query(name, schema, description, style="form", explode=False, **further)


SHARED: Mapping[str, Parameter] = {
    "count": query(
        "count",
        {"type": "string", "enum": ["exact", "estimated"]},
        "Whether to count all rows of the list, or to count up to a bound.",
    ),
    "dry_run": query(
        "dry_run", {"type": "boolean"}, "Answer as if it were done; nothing is written."
    ),
    "if_match": _header(
        "If-Match",
        {"anyOf": [{"const": "*"}, {"type": "string", "pattern": _TAG}]},
        "The ETag of the row that the change is based on (RFC 9110, section 13.1.1).",
    ),
    "if_none_match": _header(
        "If-None-Match",
        {"type": "string"},
        "ETags that the client has; one that is current is answered with 304.",
    ),
    "idempotency_key": _header(
        "Idempotency-Key",
        {"type": "string", "pattern": _IDEMPOTENCY_KEY},
        "A fresh random text; the same request with the same key gets the first answer again.",
    ),
}
"""Parameters that are the same wherever they are, by their name among the components."""

REQUIRED_MATCH = {**SHARED["if_match"], "required": True}


def shared(name: str) -> Parameter:
    return {"$ref": f"#/components/parameters/{name}"}


def key(name: str, resource: Resource) -> Parameter:
    """The key of a row in a path."""
    schema = given(resource.key.type)
    if resource.key.type.scalar is Scalar.TEXT:
        schema = {**schema, "minLength": 1, "pattern": r"^[^\u0000/]+$"}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"The id of the {resource.name}.",
        "schema": schema,
    }


def shows(
    vocabularies: Vocabularies, vocabulary: Vocabulary, settings: RestSettings
) -> Iterator[Parameter]:
    """What to show of each row: `fields` and `include`."""
    paths = _paths(vocabularies, vocabulary)[: settings.max_include]
    fields = [*vocabulary.fields]
    for name in vocabulary.relations:
        if name in paths:
            target = vocabularies[vocabulary.relations[name].target]
            fields.extend(f"{name}.{field}" for field in target.fields)
    yield _listed("fields", fields, "Only these fields; those of related rows include these.")
    if paths:
        yield _listed(
            "include", paths, "Related rows to show inside each row; deeper ones by longer paths."
        )


def _paths(vocabularies: Vocabularies, vocabulary: Vocabulary) -> list[str]:
    """The relations of a row, then those of its related rows."""
    return [
        *vocabulary.relations,
        *(
            f"{name}.{further}"
            for name, relation in vocabulary.relations.items()
            for further in vocabularies[relation.target].relations
        ),
    ]


def listing(vocabulary: Vocabulary, settings: RestSettings) -> Iterator[Parameter]:
    """What a list takes besides filters."""
    orders = [name for name in vocabulary.fields if vocabulary.sortable(name)]
    signed = [item for name in orders for item in (name, f"-{name}")]
    yield _listed("sort", signed, "Fields to sort by, `-` before those that descend.")
    limit = {"type": "integer", "minimum": 1, "maximum": settings.max_limit}
    yield query("limit", {**limit, "default": settings.default_limit}, "Rows of one page, at most.")
    yield shared("count")
    if vocabulary.resource.search_fields:
        names = ", ".join(f"`{item.name}`" for item in vocabulary.resource.search_fields)
        yield query(
            SEARCH,
            {"type": "string", "pattern": _SEARCHED},
            f"Words that are all in {names}, whatever their case.",
        )


def filters(vocabulary: Vocabulary, settings: RestSettings) -> Iterator[Parameter]:
    """The tests on the resource's own fields: as many as one request may have together.

    Where there are more, those that are used least are left out.
    """
    possible = [
        (comparator, name, type_)
        for name, type_ in vocabulary.fields.items()
        for comparator in Comparator
        if comparator in comparators_of(type_, name in vocabulary.foldable)
        and (comparator is not Comparator.NULL or _can_be_null(vocabulary.resource, name))
    ]
    listed = sorted(possible, key=lambda item: _BY_USE.index(item[0]))[: settings.max_conditions]
    for comparator, name, type_ in possible:
        if (comparator, name, type_) in listed:
            plain = comparator is Comparator.EQ and name not in _RESERVED
            yield _test(name if plain else f"{name}[{comparator}]", type_, comparator, name)


def _can_be_null(resource: Resource, name: str) -> bool:
    field = resource.field_named.get(name)
    return field is None or field.optional


_BY_USE = (
    Comparator.EQ,
    Comparator.CONTAINS,
    Comparator.GE,
    Comparator.LT,
    Comparator.LIKE,
    Comparator.ILIKE,
    Comparator.IN,
    Comparator.NULL,
    Comparator.LE,
    Comparator.GT,
    Comparator.NE,
    Comparator.NOT_IN,
)
_WORDS = {
    Comparator.EQ: "`{}` is this.",
    Comparator.NE: "`{}` is not this.",
    Comparator.LT: "`{}` is less than this.",
    Comparator.LE: "`{}` is at most this.",
    Comparator.GT: "`{}` is more than this.",
    Comparator.GE: "`{}` is at least this.",
    Comparator.LIKE: "`{}` fits this pattern: `*` is any text, `?` any character.",
    Comparator.ILIKE: "`{}` fits this pattern, whatever its case.",
    Comparator.IN: "`{}` is one of these.",
    Comparator.NOT_IN: "`{}` is none of these.",
    Comparator.NULL: "Whether `{}` is null.",
    Comparator.CONTAINS: "The list `{}` has this item.",
}


def _test(spelt: str, type_: Type, comparator: Comparator, field: str) -> Parameter:
    description = _WORDS[comparator].format(field)
    match comparator:
        case Comparator.IN | Comparator.NOT_IN:
            return items(spelt, _text(type_), description)
        case Comparator.LIKE | Comparator.ILIKE:
            return query(spelt, {"type": "string", "pattern": _LIKE}, description)
        case Comparator.NULL:
            return query(spelt, {"type": "boolean"}, description)
        case _:
            return query(spelt, _text(type_), description)


def _text(type_: Type) -> Schema:
    """A value to compare with, as a query has it: its kind and form, without other bounds."""
    return _TEXTS[type_.scalar](type_)


def _given(type_: Type) -> Schema:
    return given(Type(type_.scalar, choices=type_.choices))


def _any_text(_: Type) -> Schema:
    return {"type": "string", "pattern": NO_NUL}


def _decimal(type_: Type) -> Schema:
    unbounded = Type(Scalar.DECIMAL, digits=type_.digits, places=type_.places)
    return {"type": "string", "pattern": decimal_pattern(unbounded)}


_INTEGER: Schema = {"type": "integer", "minimum": MIN_INTEGER, "maximum": MAX_INTEGER}

_TEXTS: Mapping[Scalar, Maker] = {
    Scalar.TEXT: _any_text,
    Scalar.EMAIL: _any_text,
    Scalar.URL: _any_text,
    Scalar.INTEGER: lambda _: dict(_INTEGER),
    Scalar.FLOAT: lambda _: {"type": "number"},
    Scalar.DECIMAL: _decimal,
    Scalar.BOOLEAN: _given,
    Scalar.DATE: _given,
    Scalar.DATETIME: _given,
    Scalar.UUID: _given,
    Scalar.CHOICE: _given,
    Scalar.JSON: _any_text,
}
