"""Constraints: unique sets of fields, indexes, and row checks."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from charter.contract.expression import (
    ROW,
    Expression,
)
from charter.contract.resource import Check, Index, Unique
from charter.contract.types import Scalar
from charter.core.names import nearest
from charter.core.places import Place
from charter.language.declarations import IndexSaid
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import FIELD_UNFIT, FIELD_UNKNOWN, RESOURCE_UNREGISTERED
from charter.language.running import evaluated, place_of
from charter.language.steps.rowbound import beyond_row
from charter.language.symbols.rows import Row
from charter.language.symbols.session import Session
from charter.language.symbols.values import condition

LONGEST_NAME = 63


def constraints(draft: Draft) -> None:
    """What was said with `unique`, `index` and `check`."""
    for unique in draft.said.uniques:
        resource = registered(draft, unique.cls, unique.place)
        names = _stored(draft, resource, unique.fields, unique.place) if resource else None
        if resource and names:
            name = constraint_name(resource.table, *names, "unique")
            resource.uniques.append(Unique(name, names, unique.place))
    for index in draft.said.indexes:
        resource = registered(draft, index.cls, index.place)
        names = _stored(draft, resource, index.fields, index.place) if resource else None
        if resource and names:
            bare = (name.removeprefix("-") for name in names)
            name = constraint_name(resource.table, *bare, "index")
            where = _row_rule(draft, resource, index.where, index.place) if index.where else None
            include = _included(draft, resource, index, names)
            resource.indexes.append(Index(name, names, where, include, index.place))
    for check in draft.said.checks:
        resource = registered(draft, check.cls, check.place)
        rule = _row_rule(draft, resource, check.rule, check.place) if resource else None
        if resource and rule is not None:
            name = constraint_name(resource.table, _slug(check.message), "check")
            resource.checks.append(Check(name, rule, check.message, check.place))


def constraint_name(*parts: str) -> str:
    """A name for the database: the parts, shortened by a digest where they are too long."""
    name = "_".join(parts)
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return f"{name[: LONGEST_NAME - 9]}_{digest}"


def registered(draft: Draft, cls: type[Any], place: Place) -> ResourceDraft | None:
    """The resource of a class; a class that is none is a fault."""
    found = draft.of(cls)
    if found is None:
        draft.fault(RESOURCE_UNREGISTERED, f"{cls.__name__} is no resource of this contract", place)
    return found


def _slug(message: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_") or "rule"


def _stored(
    draft: Draft, resource: ResourceDraft, names: tuple[str, ...], place: Place
) -> tuple[str, ...] | None:
    found: list[str] = []
    for said in names:
        sign = "-" if said.startswith("-") else ""
        name = said.removeprefix("-")
        field = resource.stored(name)
        if name in resource.broken:
            continue
        kept = resource.computed.get(name)
        if kept is not None and kept.stored:
            found.append(sign + name)
        elif field is None and (name in resource.computed or name in resource.relations):
            draft.fault(FIELD_UNFIT, f"{resource.name}.{name} is not stored in its row", place)
        elif field is None:
            likely = nearest(name, resource.names())
            draft.fault(FIELD_UNKNOWN, f"{resource.name} has no field {name!r}", place,
                        f"Did you mean {likely!r}?" if likely else None)  # fmt: skip
        elif field.type.many or field.type.scalar is Scalar.JSON:
            draft.fault(FIELD_UNFIT, f"{resource.name}.{name} cannot be compared", place)
        else:
            found.append(sign + field.name)
    if not names:
        draft.fault(FIELD_UNKNOWN, "no field is named", place, "Name at least one field.")
    return tuple(found) if len(found) == len(names) and found else None


def _included(
    draft: Draft, resource: ResourceDraft, index: IndexSaid, names: tuple[str, ...]
) -> tuple[str, ...]:
    """The fields that an index carries along, without those that it is sorted by."""
    if not index.include:
        return ()
    sorted_by = {name.removeprefix("-") for name in names}
    found = _stored(draft, resource, index.include, index.place) or ()
    return tuple(name for name in dict.fromkeys(found) if name not in sorted_by)


def _row_rule(
    draft: Draft, resource: ResourceDraft, rule: Callable[[Any], Any], place: Place
) -> Expression | None:
    def finish(raw: Any, _: Session) -> Expression:
        return condition(raw)

    where = place_of(rule, place)
    found = evaluated(draft, rule, (Row(resource.name, ROW),), where, finish)
    if found is None or beyond_row(draft, resource, found, where):
        return None
    return found
