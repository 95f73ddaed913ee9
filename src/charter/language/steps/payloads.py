"""Events and errors, with their payloads."""

from collections.abc import Mapping
from typing import Any

from charter.contract.command import DeclaredError, Event, Parameter
from charter.contract.resource import Field, Given
from charter.contract.types import Type
from charter.core.names import snake
from charter.core.problems import Family
from charter.language.declared import Attribute, declared_by, default_of
from charter.language.drafts import Draft
from charter.language.fields import MISSING
from charter.language.rulecodes import ERROR_STATUS, PAYLOAD_UNFIT
from charter.language.steps.defaults import default_for
from charter.language.steps.fields import options_of, type_with
from charter.language.steps.readings import reading_of

FAMILIES: Mapping[int, Family] = {
    400: Family.INVALID,
    403: Family.FORBIDDEN,
    404: Family.MISSING,
    409: Family.CONFLICT,
    422: Family.INVALID,
    429: Family.LIMITED,
    503: Family.UNAVAILABLE,
}


def events(draft: Draft) -> None:
    """Every declared event."""
    for said in draft.said.events:
        declared = declared_by(said.cls)
        draft.events.append(
            Event(
                said.cls.__name__,
                _payload(draft, said.cls),
                doc=declared.doc,
                made_from=said.cls,
                place=declared.place,
            )
        )


def errors(draft: Draft) -> None:
    """Every declared error; its code is its name in snake case."""
    for said in draft.said.errors:
        declared = declared_by(said.cls)
        if said.status not in FAMILIES:
            known = ", ".join(map(str, FAMILIES))
            draft.fault(ERROR_STATUS, f"{said.cls.__name__} has the status {said.status}",
                        said.place, f"Use one of {known}.")  # fmt: skip
        draft.errors.append(
            DeclaredError(
                said.cls.__name__,
                snake(said.cls.__name__),
                FAMILIES.get(said.status, Family.CONFLICT),
                _payload(draft, said.cls),
                doc=declared.doc,
                made_from=said.cls,
                place=declared.place,
            )
        )


def _payload(draft: Draft, cls: type[Any]) -> tuple[Parameter, ...]:
    found = (
        parameter(draft, item, f"{cls.__name__}.{item.name}")
        for item in declared_by(cls).attributes.values()
    )
    return tuple(item for item in found if item is not None)


def parameter(draft: Draft, attribute: Attribute, what: str) -> Parameter | None:
    """One typed value of an input or payload, or None where it has a fault, which is noted."""
    reading = reading_of(draft, attribute, what, PAYLOAD_UNFIT)
    if reading is None:
        return None
    options = options_of(draft, attribute, what)
    references = None
    kind = reading.type
    if reading.resource is not None:
        target = draft.resources[reading.resource.__name__]
        references = target.name
        kind = Type(target.fields["id"].type.scalar, many=reading.many)
    if kind is None:
        return None
    kind = type_with(draft, attribute, kind, options, what)
    value = default_of(attribute)
    default = None
    if value is not MISSING:
        field = Field(attribute.name, kind, reading.optional, references=references)
        default = default_for(draft, field, attribute, value, what)
    return Parameter(
        attribute.name,
        kind,
        optional=reading.optional,
        default=default if isinstance(default, Given) else None,
        references=references,
        doc=options.get("doc", ""),
    )
