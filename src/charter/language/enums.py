"""Enums of the user's: texts in the contract, members on the user's rows."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from inspect import signature
from typing import Any, get_args

from charter.language.annotations import NotFound, resolved
from charter.language.declared import Names, declared_by
from charter.language.steps.readings import names_of


def enums_of(cls: type[Any], known: Mapping[str, type[Any]]) -> dict[str, type[Enum]]:
    """The attributes of a class that are annotated with an Enum (optional, or a list of it).

    `known` are the classes that annotations may name before they are defined.
    """
    attributes = declared_by(cls).attributes.items()
    return _enums(((name, item.annotation, item.names) for name, item in attributes), known)


def enums_of_inputs(
    function: Callable[..., Any], known: Mapping[str, type[Any]]
) -> dict[str, type[Enum]]:
    """The same for the inputs of a command's function."""
    names = names_of(function)
    parameters = signature(function).parameters.values()
    return _enums(((item.name, item.annotation, names) for item in parameters), known)


def _enums(
    annotated: Iterable[tuple[str, object, Names]], known: Mapping[str, type[Any]]
) -> dict[str, type[Enum]]:
    found = {}
    for name, said, names in annotated:
        try:
            annotation = resolved(said, names, known)
        except NotFound:
            continue
        for kind in (annotation, *get_args(annotation)):
            if isinstance(kind, type) and issubclass(kind, Enum):
                found[name] = kind
    return found


def member(kind: type[Enum], value: Any) -> Any:
    """The member, or the list of members, that texts of the database stand for."""
    if value is None:
        return None
    return [kind(item) for item in value] if isinstance(value, list) else kind(value)


def text(value: Any) -> Any:
    """A member, or a list of members, as the database has them; anything else as it is."""
    if isinstance(value, list):
        return [text(item) for item in value]
    return value.value if isinstance(value, Enum) else value
