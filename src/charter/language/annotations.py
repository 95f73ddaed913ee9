"""From a Python annotation to a type of the hub."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, ForwardRef, Literal, Union, get_args, get_origin
from uuid import UUID

from charter.contract.types import Scalar, Type
from charter.language.declared import Names
from charter.language.resource import Resource

_SCALARS: Mapping[object, Scalar] = {
    str: Scalar.TEXT,
    int: Scalar.INTEGER,
    bool: Scalar.BOOLEAN,
    float: Scalar.FLOAT,
    Decimal: Scalar.DECIMAL,
    date: Scalar.DATE,
    datetime: Scalar.DATETIME,
    UUID: Scalar.UUID,
    Any: Scalar.JSON,
    dict: Scalar.JSON,
}
_UNIONS = (Union, types.UnionType)
ResourceClass = type[Resource[Any]]


class NotFound(Exception):
    """A name in an annotation does not exist; the message names it."""


class Unsupported(Exception):
    """An annotation is no type of a contract; the message says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an annotation says: a type, or (`resource`) rows of a resource."""

    type: Type | None = None
    resource: ResourceClass | None = None
    many: bool = False
    optional: bool = False


def resolved(annotation: object, names: Names, known: Mapping[str, type[Any]]) -> object:
    """The annotation with the names in its texts looked up, at any depth.

    Raises NotFound with the name that is missing.
    """
    match annotation:
        case str():
            scope = {**known, **names.globals}
            try:
                found = eval(annotation, scope, dict(names.locals))  # noqa: S307 - their own file
            except NameError as error:
                raise NotFound(error.name or annotation) from error
            except Exception as error:
                raise NotFound(annotation) from error
            return resolved(found, names, known)
        case ForwardRef():
            return resolved(annotation.__forward_arg__, names, known)
    origin = get_origin(annotation)
    if origin in _UNIONS:
        return Union[tuple(resolved(item, names, known) for item in get_args(annotation))]  # noqa: UP007
    if origin is list:
        return list[resolved(get_args(annotation)[0], names, known)]  # type: ignore[misc]
    return annotation


def read(annotation: object) -> Reading:
    """What a resolved annotation says. Raises Unsupported."""
    if get_origin(annotation) in _UNIONS:
        parts = [item for item in get_args(annotation) if item is not types.NoneType]
        if len(parts) != 1 or len(parts) == len(get_args(annotation)):
            raise Unsupported("a field has one type; only `| None` can be added to it")
        inner = read(parts[0])
        if inner.many and inner.resource:
            raise Unsupported("a list of rows is never nothing: it may be empty")
        return Reading(inner.type, inner.resource, inner.many, optional=True)
    if annotation is list:
        raise Unsupported("a list says what is in it: `list[str]`")
    if get_origin(annotation) is list:
        item = read(get_args(annotation)[0])
        if item.many or item.optional or (item.type and item.type.many):
            raise Unsupported("a list holds scalars or rows, not lists or nothing")
        if item.resource:
            return Reading(resource=item.resource, many=True)
        if item.type is None or item.type.scalar is Scalar.JSON:
            return Reading(Type(Scalar.JSON))
        return Reading(Type(item.type.scalar, many=True, choices=item.type.choices))
    if isinstance(annotation, type) and issubclass(annotation, Resource):
        return Reading(resource=annotation)
    return Reading(_choice(annotation) if _choices(annotation) else Type(_scalar(annotation)))


def _scalar(annotation: object) -> Scalar:
    if get_origin(annotation) is Annotated:
        marks = [item for item in get_args(annotation)[1:] if isinstance(item, Scalar)]
        return marks[0] if marks else _scalar(get_args(annotation)[0])
    if get_origin(annotation) is dict:
        return Scalar.JSON
    try:
        return _SCALARS[annotation]
    except (KeyError, TypeError):
        shown = getattr(annotation, "__name__", None) or str(annotation)
        raise Unsupported(f"`{shown}` is no type of a field") from None


def _choices(annotation: object) -> tuple[object, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    return ()


def _choice(annotation: object) -> Type:
    choices = tuple(item for item in _choices(annotation) if isinstance(item, str))
    if len(choices) != len(_choices(annotation)):
        raise Unsupported("the choices of a Literal or Enum are texts")
    return Type(Scalar.CHOICE, choices=choices)
