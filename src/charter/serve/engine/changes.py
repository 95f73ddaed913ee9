"""Changes of rows: create, update and delete, each with its guard, its parts and its event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charter.contract.resource import Resource
from charter.core.names import pointer
from charter.plan.ask import Create, Delete, Draft, Update
from charter.plan.guards import Guard
from charter.plan.view import CREATE, DELETE, UPDATE
from charter.serve.engine import checks, parts
from charter.serve.engine.checks import Verdict
from charter.serve.engine.defaults import completed, replaced
from charter.serve.engine.mergepatch import merging, patched
from charter.serve.engine.references import require_draft_seen
from charter.serve.engine.rows import delete_row, insert_rows, update_row
from charter.serve.engine.work import Work


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that was written, before it is read for the answer."""

    resource: Resource
    key: Any
    version: int
    created: bool = False
    deleted: bool = False
    verdict: Verdict | None = None


async def create(work: Work, operation: Create) -> Changed:
    """Make a row and its parts. Raises problems and `Refused`."""
    resource = _resource(work, operation.resource)
    given = dict(operation.draft.values)
    guard = _guard_of_new(work, resource, operation)
    if operation.parent is not None:
        given |= await _enter(work, operation.parent)
    values = completed(resource, given, work.ask)
    await require_draft_seen(work, resource, operation.draft)
    (key,) = await insert_rows(work, resource, [("", values)])
    await parts.write_new(work, resource, key, operation.draft, "")
    verdict = None if guard is None else checks.created(guard, operation.draft.values.keys())
    return Changed(resource, key, 1, created=True, verdict=verdict)


async def update(work: Work, operation: Update) -> Changed:
    """Change a row and its parts. Raises problems and `Refused`."""
    resource = _resource(work, operation.resource)
    draft = operation.draft
    guard = work.compiler.guard(resource, UPDATE, work.standing)
    values = replaced(resource, draft.values, work.ask) if operation.whole else draft.values
    merged = () if operation.whole else merging(resource, values)
    named = tuple(name for name in draft.values if resource.field_named[name].references)
    await _within(work, resource, operation)
    found = await checks.before(
        work,
        guard,
        operation.key,
        changing=draft.values.keys(),
        resetting=values.keys() - draft.values.keys(),
        version=operation.version,
        columns=(*merged, *named),
    )
    values = {name: value for name, value in values.items() if name not in found.kept}
    values = {**values, **{name: patched(found.values[name], values[name]) for name in merged}}
    kept = {pointer(name): found.values[name] for name in named}
    await require_draft_seen(work, resource, draft, kept)
    if not _changes_anything(values, draft):
        return Changed(resource, operation.key, found.version)
    version = await update_row(work, resource, operation.key, values, "")
    await parts.write_changed(work, resource, operation.key, draft, "")
    await parts.touch_owner(work, resource, operation.key)
    return Changed(resource, operation.key, version, verdict=checks.after(guard, found))


async def delete(work: Work, operation: Delete) -> Changed:
    """Delete a row, with its parts. Raises problems and `Refused`."""
    resource = _resource(work, operation.resource)
    guard = work.compiler.guard(resource, DELETE, work.standing)
    await _within(work, resource, operation)
    found = await checks.before(work, guard, operation.key, version=operation.version)
    await parts.touch_owner(work, resource, operation.key)
    await delete_row(work, resource, operation.key, version=found.version)
    return Changed(resource, operation.key, found.version, deleted=True)


def _resource(work: Work, name: str) -> Resource:
    return work.compiler.contract.resource_named[name]


def _changes_anything(values: Mapping[str, Any], draft: Draft) -> bool:
    return bool(values or draft.parts or draft.links)


def _guard_of_new(work: Work, resource: Resource, operation: Create) -> Guard | None:
    """What is to be asked of a new row; of a part its owner has been asked."""
    if operation.parent is None:
        return work.compiler.guard(resource, CREATE, work.standing)
    return work.compiler.part_guard(resource, CREATE, work.standing)


async def _enter(work: Work, parent: tuple[str, str, Any]) -> dict[str, Any]:
    """The reference that makes a new row a part of its owner, who must allow the update."""
    owner = _resource(work, parent[0])
    guard = work.compiler.guard(owner, UPDATE, work.standing)
    found = await checks.before(work, guard, parent[2])
    await parts.touch(work, owner, parent[2], found.version)
    return {owner.relation_named[parent[1]].far: parent[2]}


async def _within(work: Work, resource: Resource, operation: Update | Delete) -> None:
    """The part that an operation names belongs to the owner that it names."""
    if operation.parent is not None:
        await parts.require_part(work, resource, operation.key, operation.parent)
