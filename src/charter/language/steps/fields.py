"""Fields: stored values with their bounds, and references with their relations."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from charter.contract.mapping import forms_of, stored_as
from charter.contract.resource import Field, Made, OnDelete, Relation, SetBy
from charter.contract.types import Type
from charter.core.names import nearest
from charter.language.annotations import Reading
from charter.language.bounds import bounded, empty_bounds, unfit_options
from charter.language.declared import Attribute
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import (
    BOUNDS_EMPTY,
    MAPPING_UNFIT,
    NAME_TAKEN,
    OPTION_UNFIT,
    RELATION_WORD_MISSING,
    RELATION_WORD_UNFIT,
)
from charter.language.fields import MISSING, ComputedWord, FieldWord, ListWord, Options

KNOWN = frozenset(Options.__annotations__)
_FOR_REFERENCES = frozenset(
    {"unique", "set_by", "write_only", "hidden", "on_delete", "was", "column", "doc"}
)


def fields(draft: Draft) -> None:
    """Every stored field, in the order of the class; references become `<name>_id`."""
    for resource in draft.resources.values():
        for name, reading in resource.readings.items():
            attribute = resource.attribute(name)
            if isinstance(attribute.default, ComputedWord):
                continue
            if isinstance(attribute.default, ListWord) or (reading.resource and reading.many):
                _check_list(draft, resource, attribute, reading)
            elif reading.resource is not None:
                _reference(draft, resource, attribute, reading)
            elif reading.type is not None:
                _scalar(draft, resource, attribute, reading, reading.type)


def options_of(draft: Draft, attribute: Attribute, what: str) -> Mapping[str, Any]:
    """The options of a field; those that do not exist are faults."""
    word = attribute.default
    given = dict(word.options) if isinstance(word, FieldWord) else {}
    for name in sorted(given.keys() - KNOWN):
        likely = nearest(name, KNOWN)
        draft.fault(OPTION_UNFIT, f"{what}: `field` has no option {name!r}", attribute.place,
                    f"Did you mean {likely!r}?" if likely else None)  # fmt: skip
    return {name: value for name, value in given.items() if name in KNOWN}


def type_with(
    draft: Draft, attribute: Attribute, kind: Type, options: Mapping[str, Any], what: str
) -> Type:
    """The type with its bounds; options that do not fit, and bounds without room, are faults."""
    unfit = unfit_options(kind, options)
    for name in unfit:
        shown = f"list of {kind.scalar.value}" if kind.many else kind.scalar.value
        draft.fault(OPTION_UNFIT, f"{what}: `{name}` says nothing about a {shown}",
                    attribute.place)  # fmt: skip
    found = bounded(kind, {name: value for name, value in options.items() if name not in unfit})
    why = empty_bounds(found)
    if why:
        draft.fault(BOUNDS_EMPTY, f"{what}: {why}", attribute.place)
    return found


def _scalar(
    draft: Draft, resource: ResourceDraft, attribute: Attribute, reading: Reading, kind: Type
) -> None:
    what = f"{resource.name}.{attribute.name}"
    options = options_of(draft, attribute, what)
    if "on_delete" in options:
        draft.fault(OPTION_UNFIT, f"{what}: `on_delete` is for references", attribute.place)
    found = type_with(draft, attribute, kind, options, what)
    field = Field(attribute.name, found, reading.optional, place=attribute.place)
    _put(draft, resource, attribute, _with_options(draft, field, attribute, options))


def _reference(
    draft: Draft, resource: ResourceDraft, attribute: Attribute, reading: Reading
) -> None:
    if reading.resource is None:
        return
    what = f"{resource.name}.{attribute.name}"
    target = draft.resources[reading.resource.__name__]
    options = options_of(draft, attribute, what)
    for name in sorted(options.keys() - _FOR_REFERENCES):
        draft.fault(OPTION_UNFIT, f"{what}: `{name}` says nothing about a reference",
                    attribute.place)  # fmt: skip
    field = Field(
        f"{attribute.name}_id",
        Type(target.fields["id"].type.scalar),
        reading.optional,
        references=target.name,
        place=attribute.place,
    )
    if "was" in options:
        options = {**options, "was": f"{options['was']}_id"}
    field = _with_options(draft, field, attribute, options)
    by_client = field.set_by in {SetBy.CLIENT, SetBy.ONCE}
    if target.name == draft.user and not reading.optional and by_client:
        word = attribute.default
        if word is MISSING or (isinstance(word, FieldWord) and word.default is MISSING):
            field = replace(field, default=Made.ACTOR)
    _put(draft, resource, attribute, field)
    resource.relations[attribute.name] = Relation(
        attribute.name,
        target.name,
        "one",
        near=field.name,
        far="id",
        optional=reading.optional,
        doc=field.doc,
        place=attribute.place,
    )


def _with_options(
    draft: Draft, field: Field, attribute: Attribute, options: Mapping[str, Any]
) -> Field:
    given: dict[str, Any] = {
        name: options[name]
        for name in ("unique", "search", "write_only", "hidden", "was", "column", "doc")
        if name in options
    }
    for name, kind in (("set_by", SetBy), ("on_delete", OnDelete)):
        if name in options:
            try:
                given[name] = kind(options[name])
            except ValueError:
                draft.fault(OPTION_UNFIT, f"`{name}` cannot be {options[name]!r}",
                            attribute.place)  # fmt: skip
    if "stored" in options:
        given["stored"] = stored_as(str(options["stored"]))
        known = forms_of(field.type)
        if given["stored"] is None or given["stored"].form not in known:
            draft.fault(MAPPING_UNFIT, f"{field.name} cannot be stored as {options['stored']!r}",
                        attribute.place,
                        f"There are {', '.join(sorted(known))}." if known else None)  # fmt: skip
    return replace(field, **given)


def _put(draft: Draft, resource: ResourceDraft, attribute: Attribute, field: Field) -> None:
    if field.name in resource.fields and field.name != "id":
        draft.fault(NAME_TAKEN, f"{resource.name} has two fields called {field.name!r}",
                    attribute.place)  # fmt: skip
    else:
        resource.fields.setdefault(field.name, field)


def _check_list(
    draft: Draft, resource: ResourceDraft, attribute: Attribute, reading: Reading
) -> None:
    what = f"{resource.name}.{attribute.name}"
    if not isinstance(attribute.default, ListWord):
        draft.fault(RELATION_WORD_MISSING, f"{what} is a list of rows without a word for it",
                    attribute.place)  # fmt: skip
        resource.broken.add(attribute.name)
    elif not (reading.resource and reading.many):
        draft.fault(RELATION_WORD_UNFIT,
                    f"{what}: `{attribute.default.kind}()` is for a list of rows",
                    attribute.place)  # fmt: skip
        resource.broken.add(attribute.name)
