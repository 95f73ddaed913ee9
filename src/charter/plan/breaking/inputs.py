"""Requests that were taken, and would not be: bodies of writes and of commands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from charter.contract.command import Command
from charter.contract.contract import Contract
from charter.contract.resource import OnDelete, Resource
from charter.contract.types import Type
from charter.contract.wording import worded
from charter.core.places import Place
from charter.plan.breaking import codes
from charter.plan.breaking.finding import ChangeCode, Finding
from charter.plan.breaking.pairs import alike, fields, members, pairs, renamed, resources
from charter.plan.breaking.surfaces import Member, Surface, inputs, made, spelt
from charter.plan.breaking.values import refused
from charter.plan.drafts import Mode


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding before it is known for which of several bodies it holds."""

    code: ChangeCode
    name: str
    message: str
    before: Place
    after: Place


def changed_inputs(old: Contract, new: Contract) -> Iterator[Finding]:
    """Bodies, and the rules that rows have to keep."""
    found = pairs(inputs(old), inputs(new), lambda item: item.name)
    subjects: dict[str, dict[_Told, list[Surface]]] = {}
    for before, after in found.both:
        told = subjects.setdefault(before.subject, {})
        for item in _compared(before, after, _readable(new, after.subject)):
            told.setdefault(item, []).append(before)
    for subject, told in subjects.items():
        for item, surfaces in told.items():
            message = item.message + _when(surfaces)
            name = f"{subject}.{item.name}"
            yield Finding(item.code, name, message, item.before, item.after)
    for was, now in resources(old, new).both:
        yield from _rules(old, new, was, now)
        yield from _deletes(old, new, was)
    for command, called in pairs(old.commands, new.commands, spelt).both:
        yield from _moves(command, called)


def _readable(contract: Contract, subject: str) -> frozenset[str]:
    """What is there, whether or not requests can give it."""
    resource = contract.resource_named.get(subject)
    return frozenset() if resource is None else frozenset(resource.field_named)


def _when(surfaces: Iterable[Surface]) -> str:
    modes = {surface.mode for surface in surfaces} - {None}
    if modes == {Mode.CREATE}:
        return " (when a row is created)"
    return " (when a row is changed)" if modes and Mode.CREATE not in modes else ""


def _compared(old: Surface, new: Surface, there: frozenset[str]) -> Iterator[_Told]:
    found = members(old.members, new.members)
    for gone in found.gone:
        if gone.name in there:
            message, code = "clients may not set it now", codes.INPUT_LOCKED
        else:
            message = "is refused as unknown" + renamed(gone.name, alike(gone, found.new))
            code = codes.INPUT_REMOVED
        yield _Told(code, gone.name, message, gone.place, new.place)
    for item in found.new:
        if item.required:
            message = "has to be given, and did not exist for clients"
            yield _Told(codes.INPUT_REQUIRED, item.name, message, old.place, item.place)
        else:
            message = "can be given"
            yield _Told(codes.INPUT_ADDED, item.name, message, old.place, item.place)
    for was, now in found.both:
        for code, message in _of_member(was, now):
            yield _Told(code, was.name, message, was.place, now.place)


def _of_member(old: Member, new: Member) -> Iterator[tuple[ChangeCode, str]]:
    if new.required and not old.required:
        yield codes.INPUT_REQUIRED, "has to be given now"
    elif old.required and not new.required:
        yield codes.INPUT_OPTIONAL, "can be left out"
    elif old.default != new.default:
        message = f"is {made(new.default)} where it is left out, and was {made(old.default)}"
        yield codes.DEFAULT_CHANGED, message
    if old.nullable and not new.nullable:
        yield codes.INPUT_NOT_NULL, "cannot be null now"
    elif new.nullable and not old.nullable:
        yield codes.INPUT_WIDENED, "can be null"
    if isinstance(old.kind, Type) and isinstance(new.kind, Type):
        tighter = refused(old.kind, new.kind)
        yield from ((codes.INPUT_NARROWED, reason) for reason in tighter)
        if not tighter:
            yield from ((codes.INPUT_WIDENED, reason) for reason in refused(new.kind, old.kind)[:1])
    elif old.kind != new.kind:
        yield codes.INPUT_NARROWED, "takes something else now"


# -- rules -------------------------------------------------------------------------------------
def _rules(before: Contract, after: Contract, old: Resource, new: Resource) -> Iterator[Finding]:
    if new.conditional_writes and not old.conditional_writes:
        message = "updates and deletes must send `If-Match`"
        yield Finding(codes.MATCH_REQUIRED, old.name, message, old.place, new.place)
    elif old.conditional_writes and not new.conditional_writes:
        message = "updates and deletes need not send `If-Match`"
        yield Finding(codes.RULE_REMOVED, old.name, message, old.place, new.place)
    yield from _uniques(old, new)
    was, now = _checks(before, old), _checks(after, new)
    for text, (message, place) in now.items():
        if text not in was:
            told = f"has to keep `{text}` now: {message}"
            yield Finding(codes.CHECK_ADDED, old.name, told, old.place, place)
    for text, (_, place) in was.items():
        if text not in now:
            told = f"need not keep `{text}`"
            yield Finding(codes.RULE_REMOVED, old.name, told, place, new.place)


def unique_sets(resource: Resource) -> Mapping[frozenset[str], Place]:
    """The fields that are unique alone or together, and where that is said."""
    alone = {frozenset({item.name}): item.place for item in resource.fields if item.unique}
    return alone | {frozenset(item.fields): item.place for item in resource.uniques}


def _uniques(old: Resource, new: Resource) -> Iterator[Finding]:
    was, now = unique_sets(old), unique_sets(new)
    for names, place in now.items():
        # A value that is there once is also there once together with others.
        if not any(known <= names for known in was):
            subject = f"{old.name}.{'+'.join(sorted(names))}"
            message = "a row with the values of another one is refused now"
            yield Finding(codes.UNIQUE_ADDED, subject, message, old.place, place)
    for names, place in was.items():
        if not any(known <= names for known in now):
            subject = f"{old.name}.{'+'.join(sorted(names))}"
            message = "several rows can have the same"
            yield Finding(codes.RULE_REMOVED, subject, message, place, new.place)


def _checks(contract: Contract, resource: Resource) -> Mapping[str, tuple[str, Place]]:
    """The row checks by what they say."""
    return {
        worded(item.expression, contract, resource): (item.message, item.place)
        for item in resource.checks
    }


def _deletes(old: Contract, new: Contract, resource: Resource) -> Iterator[Finding]:
    """References whose rows stand in the way of a delete that they did not stand in the way of."""
    for was, now in resources(old, new).both:
        for field, other in fields(was, now).both:
            narrowed = (
                other.on_delete is OnDelete.RESTRICT and field.on_delete is not OnDelete.RESTRICT
            )
            if narrowed and field.references == other.references == resource.name:
                message = f"cannot be deleted while a {now.name} refers to it by `{field.name}`"
                yield Finding(
                    codes.DELETE_RESTRICTED, resource.name, message, field.place, other.place
                )


def _moves(old: Command, new: Command) -> Iterator[Finding]:
    if old.move == new.move:
        return
    subject = spelt(old)
    if new.move is None:
        message = "can be called in every state"
        yield Finding(codes.RULE_REMOVED, subject, message, old.place, new.place)
        return
    if old.move is None:
        states = ", ".join(f"`{item}`" for item in new.move.sources)
        message = f"can only be called where `{new.move.field}` is {states}"
        yield Finding(codes.MOVE_NARROWED, subject, message, old.place, new.place)
        return
    if (old.move.field, old.move.target) != (new.move.field, new.move.target):
        message = f"sets `{new.move.field}` to `{new.move.target}` now"
        yield Finding(codes.MOVE_CHANGED, subject, message, old.place, new.place)
    for source in old.move.sources:
        if source not in new.move.sources:
            message = f"cannot be called where `{old.move.field}` is `{source}`"
            yield Finding(codes.MOVE_NARROWED, subject, message, old.place, new.place)
    if set(new.move.sources) > set(old.move.sources):
        message = "can be called in more states"
        yield Finding(codes.RULE_REMOVED, subject, message, old.place, new.place)
