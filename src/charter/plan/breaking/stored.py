"""What stored rows lose or lack, from the two contracts alone: no database is asked."""

from collections.abc import Iterator

from charter.contract.contract import Contract
from charter.contract.resource import Field, Link, OnDelete, Resource
from charter.contract.types import Scalar, Type
from charter.contract.wording import worded
from charter.plan.breaking import codes
from charter.plan.breaking.finding import ChangeCode, Finding
from charter.plan.breaking.inputs import unique_sets
from charter.plan.breaking.pairs import fields, pairs, renamed, resources
from charter.plan.breaking.renames import Sides, says
from charter.plan.breaking.values import named, refused

_ALIKE = frozenset({Scalar.TEXT, Scalar.EMAIL, Scalar.URL, Scalar.CHOICE})
"""What every database keeps as text, so that one becomes another without being written again."""


def changed_storage(old: Contract, new: Contract) -> Iterator[Finding]:
    """Tables, columns and rules."""
    found = resources(old, new)
    fresh = [item.name for item in found.new]
    for gone in found.gone:
        message = f"the table `{gone.table}` goes" + renamed(gone.name, fresh)
        yield Finding(codes.ROWS_LOST, gone.name, message, gone.place, new.place)
    for item in found.new:
        message = f"the table `{item.table}` is made"
        yield Finding(codes.TABLE_ADDED, item.name, message, old.place, item.place)
    for was, now in found.both:
        if was.table not in (now.table, now.was):
            message = f"the table `{was.table}` goes; is `{now.table}` its new name?"
            yield Finding(codes.ROWS_LOST, was.name, message, was.place, now.place)
        yield from _columns(was, now)
        yield from _rules(old, new, was, now)
        yield from _links(was, now)


def renamed_storage(sides: Sides) -> Iterator[Finding]:
    """Tables and columns that keep what they hold."""
    for was, known, now in sides.resources:
        if now.was == was.table != now.table:
            message = f"the table `{was.table}` {says(now.table)}"
            yield Finding(codes.STORED_RENAMED, was.name, message, was.place, now.place)
        for field, other in zip(was.fields, known.fields, strict=True):
            there = now.field_named.get(other.name)
            if there is not None and field.name != other.name:
                subject = f"{was.name}.{field.name}"
                message = f"the column {says(other.name)}"
                yield Finding(codes.STORED_RENAMED, subject, message, field.place, there.place)


def _columns(old: Resource, new: Resource) -> Iterator[Finding]:
    found = fields(old, new)
    for gone in found.gone:
        fresh = (item.name for item in found.new if item.type == gone.type)
        message = "its values go" + renamed(gone.name, fresh)
        yield Finding(codes.VALUES_LOST, f"{old.name}.{gone.name}", message, gone.place, new.place)
    for item in found.new:
        lacks = not item.optional and item.default is None
        code = codes.VALUES_MISSING if lacks else codes.TABLE_ADDED
        message = "rows have no value for it" if lacks else "the column is made"
        yield Finding(code, f"{old.name}.{item.name}", message, old.place, item.place)
    for was, now in found.both:
        for code, message in _of_column(was, now):
            yield Finding(code, f"{old.name}.{was.name}", message, was.place, now.place)


def _of_column(old: Field, new: Field) -> Iterator[tuple[ChangeCode, str]]:
    if old.optional and not new.optional:
        yield codes.VALUES_MISSING, "rows may have null"
    elif new.optional and not old.optional:
        yield codes.RULE_DROPPED, "can be null"
    if not _same_storage(old.type, new.type):
        message = f"is stored as {named(new.type)}, and was as {named(old.type)}"
        yield codes.VALUES_REWRITTEN, message
    tighter = refused(old.type, new.type)
    if tighter and (old.type.scalar is new.type.scalar or _same_storage(old.type, new.type)):
        yield from ((codes.VALUES_UNFIT, reason) for reason in tighter)
    elif not tighter and refused(new.type, old.type):
        yield codes.RULE_DROPPED, "more values can be stored"
    if new.references != old.references and new.references is not None:
        yield codes.VALUES_UNFIT, f"has to name a row of {new.references}"
    if new.references is not None and old.on_delete is not new.on_delete is OnDelete.CASCADE:
        yield codes.DELETE_CASCADES, f"goes when its {new.references} is deleted"


def _same_storage(old: Type, new: Type) -> bool:
    if old.many != new.many:
        return False
    return old.scalar is new.scalar or {old.scalar, new.scalar} <= _ALIKE


def _rules(before: Contract, after: Contract, old: Resource, new: Resource) -> Iterator[Finding]:
    known = unique_sets(old)
    for names, place in unique_sets(new).items():
        if not any(have <= names for have in known):
            subject = f"{old.name}.{'+'.join(sorted(names))}"
            message = "several rows may have the same"
            yield Finding(codes.VALUES_UNFIT, subject, message, old.place, place)
    texts = {worded(item.expression, before, old) for item in old.checks}
    for check in new.checks:
        text = worded(check.expression, after, new)
        if text not in texts:
            message = f"rows may not keep `{text}`"
            yield Finding(codes.VALUES_UNFIT, old.name, message, old.place, check.place)
    indexes = tuple(
        {(item.fields, item.where and worded(item.where, contract, resource)) for item in indexed}
        for contract, resource, indexed in ((before, old, old.indexes), (after, new, new.indexes))
    )
    if indexes[0] != indexes[1]:
        message = "its indexes change"
        yield Finding(codes.INDEX_CHANGED, old.name, message, old.place, new.place)


def _links(old: Resource, new: Resource) -> Iterator[Finding]:
    tables = pairs(_pairs_of(old), _pairs_of(new), lambda link: link.table)
    kept = {link.was.table: link.table for link in tables.new if link.was is not None}
    for gone in tables.gone:
        if gone.table in kept:
            message = f"the table `{gone.table}` {says(kept[gone.table])}"
            yield Finding(codes.STORED_RENAMED, old.name, message, old.place, new.place)
        else:
            message = f"the table `{gone.table}` goes"
            yield Finding(codes.PAIRS_LOST, old.name, message, old.place, new.place)


def _pairs_of(resource: Resource) -> Iterator[Link]:
    return (item.link for item in resource.relations if item.link is not None)
