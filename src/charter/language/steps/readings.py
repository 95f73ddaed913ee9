"""Readings: what the annotations say, forward references included; and the built-in User."""

import inspect
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from charter.contract.faults import FaultCode
from charter.core.names import nearest, plural, snake
from charter.core.places import NOWHERE
from charter.language.annotations import NotFound, Reading, Unsupported, read, resolved
from charter.language.declared import Attribute, Names, declared_by
from charter.language.drafts import Draft
from charter.language.faultcodes import ANNOTATION_UNKNOWN, RESOURCE_UNREGISTERED, TYPE_UNSUPPORTED
from charter.language.steps.resources import drafted
from charter.language.user import User

SCALAR_NAMES = ("str", "int", "bool", "float", "list", "dict")


def readings(draft: Draft) -> None:
    """Reads the annotations of every resource."""
    if _uses_user(draft):
        user = drafted(draft, User, plural(snake(User.__name__)), NOWHERE)
        draft.resources = {user.name: user, **draft.resources}
    for resource in draft.resources.values():
        for attribute in resource.declared.attributes.values():
            reading = reading_of(draft, attribute, f"{resource.name}.{attribute.name}")
            if reading is None:
                resource.broken.update({attribute.name, f"{attribute.name}_id"})
            else:
                resource.readings[attribute.name] = reading


def reading_of(
    draft: Draft, attribute: Attribute, what: str, code: FaultCode = TYPE_UNSUPPORTED
) -> Reading | None:
    """What one annotation says, or None when it has a fault, which is noted."""
    known = {**draft.known, User.__name__: User}
    try:
        reading = read(resolved(attribute.annotation, attribute.names, known))
    except NotFound as error:
        missing = str(error)
        likely = nearest(missing, [*known, *attribute.names.globals, *SCALAR_NAMES])
        draft.fault(ANNOTATION_UNKNOWN, f"{what}: there is no {missing!r} here", attribute.place,
                    f"Did you mean {likely!r}?" if likely else None)  # fmt: skip
        return None
    except Unsupported as error:
        draft.fault(code, f"{what}: {error}", attribute.place)
        return None
    if reading.resource is None:
        return reading
    target = draft.of(reading.resource)
    if target is None:
        name = reading.resource.__name__
        draft.fault(RESOURCE_UNREGISTERED, f"{what}: {name} is no resource of this contract",
                    attribute.place)  # fmt: skip
        return None
    return replace(reading, resource=target.cls)


def _uses_user(draft: Draft) -> bool:
    said = draft.said
    if draft.accounts is not None:
        return False
    named = [*(item.cls for item in said.policies), *(item.cls for item in said.commands)]
    if any(cls is User for cls in named):
        return True
    return any(_is_user(draft, attribute) for attribute in _attributes(draft))


def _is_user(draft: Draft, attribute: Attribute) -> bool:
    try:
        reading = read(resolved(attribute.annotation, attribute.names, draft.known))
    except (NotFound, Unsupported):
        return False
    return reading.resource is User


def _attributes(draft: Draft) -> Iterator[Attribute]:
    said = draft.said
    classes: list[type[Any]] = [item.cls for item in draft.resources.values()]
    classes += [item.cls for item in said.events] + [item.cls for item in said.errors]
    for cls in classes:
        yield from declared_by(cls).attributes.values()
    for command in said.commands:
        names = names_of(command.function)
        for name, annotation in inspect.get_annotations(command.function).items():
            yield Attribute(name, annotation, None, command.place, names)


def names_of(function: Any) -> Names:
    """Where the names in a function's annotations are looked up."""
    closure = inspect.getclosurevars(function) if inspect.isfunction(function) else None
    return Names(getattr(function, "__globals__", {}), closure.nonlocals if closure else {})
