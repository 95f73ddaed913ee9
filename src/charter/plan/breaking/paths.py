"""Paths that are gone, or new: resources, relations and commands."""

from collections.abc import Iterator

from charter.contract.contract import Contract
from charter.contract.resource import Relation, Resource
from charter.core.names import kebab
from charter.plan.breaking import codes
from charter.plan.breaking.finding import Finding
from charter.plan.breaking.pairs import pairs, renamed, resources
from charter.plan.breaking.renames import Sides, says
from charter.plan.breaking.surfaces import creatable, spelt
from charter.plan.breaking.values import refused


def changed_paths(old: Contract, new: Contract) -> Iterator[Finding]:
    """What can be asked for at all."""
    found = resources(old, new)
    fresh = [item.name for item in found.new]
    for gone in found.gone:
        message = f"`/{gone.path}` is not there" + renamed(gone.name, fresh)
        yield Finding(codes.RESOURCE_REMOVED, gone.name, message, gone.place, new.place)
    for item in found.new:
        message = f"`/{item.path}` is there"
        yield Finding(codes.RESOURCE_ADDED, item.name, message, old.place, item.place)
    for was, now in found.both:
        yield from _of_resource(was, now)
    yield from _commands(old, new)


def renamed_paths(sides: Sides) -> Iterator[Finding]:
    """Relations under another name. Resources are told by their paths, which may have stayed."""
    for was, known, now in sides.resources:
        listed = was.owner is None and now.owner is None
        for relation, other in zip(was.relations, known.relations, strict=True):
            there = now.relation_named.get(other.name)
            if relation.to_one or relation.name == other.name:
                continue
            if listed and there is not None:
                message = f"`{_below(was, relation)}` {says(_below(now, there))}"
                subject = f"{was.name}.{relation.name}"
                yield Finding(codes.RELATION_RENAMED, subject, message, relation.place, there.place)


def _of_resource(old: Resource, new: Resource) -> Iterator[Finding]:
    if _base(old) != _base(new):
        message = f"is at {_base(new)} now, and was at {_base(old)}"
        yield Finding(codes.PATH_CHANGED, old.name, message, old.place, new.place)
    if creatable(old) and not creatable(new):
        message = "has a key that only the database could be given"
        yield Finding(codes.CREATE_REMOVED, old.name, message, old.place, new.place)
    elif creatable(new) and not creatable(old):
        yield Finding(codes.CREATE_ADDED, old.name, "can be created", old.place, new.place)
    for reason in refused(old.key.type, new.key.type):
        subject = f"{old.name}.{old.key.name}"
        yield Finding(codes.KEY_NARROWED, subject, reason, old.key.place, new.key.place)
    if old.owner is None and new.owner is None:
        yield from _relations(old, new)


def _base(resource: Resource) -> str:
    if resource.owner is None:
        return f"`/{resource.path}`"
    return f"`/{resource.path}` (its commands) and below the `{resource.owner}` it is a part of"


def _relations(old: Resource, new: Resource) -> Iterator[Finding]:
    found = pairs(_listed(old), _listed(new), lambda item: item.name)
    fresh = [item.name for item in found.new]
    for gone in found.gone:
        message = f"`{_below(old, gone)}` is not there" + renamed(gone.name, fresh)
        subject = f"{old.name}.{gone.name}"
        yield Finding(codes.RELATION_REMOVED, subject, message, gone.place, new.place)
    for item in found.new:
        message = f"`{_below(new, item)}` is there"
        subject = f"{old.name}.{item.name}"
        yield Finding(codes.RELATION_ADDED, subject, message, old.place, item.place)
    for was, now in found.both:
        if was.owned and not now.owned:
            message = "is no list of parts now"
            subject = f"{old.name}.{was.name}"
            yield Finding(codes.PARTS_SEALED, subject, message, was.place, now.place)


def _listed(resource: Resource) -> Iterator[Relation]:
    return (item for item in resource.relations if not item.to_one)


def _below(resource: Resource, relation: Relation) -> str:
    return f"/{resource.path}/{{id}}/{kebab(relation.name)}"


def _commands(old: Contract, new: Contract) -> Iterator[Finding]:
    found = pairs(old.commands, new.commands, spelt)
    for gone in found.gone:
        fresh = (item.name for item in found.new if item.resource == gone.resource)
        message = "cannot be called" + renamed(gone.name, fresh)
        yield Finding(codes.COMMAND_REMOVED, spelt(gone), message, gone.place, new.place)
    for item in found.new:
        message = "can be called"
        yield Finding(codes.COMMAND_ADDED, spelt(item), message, old.place, item.place)
    for was, now in found.both:
        if was.on is not now.on:
            message = f"is called on a {now.on.value} now, and was on a {was.on.value}"
            yield Finding(codes.COMMAND_MOVED, spelt(was), message, was.place, now.place)
