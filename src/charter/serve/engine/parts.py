"""Parts: rows that are written with their owner; and links of many-to-many relations."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from charter.contract.expression import every
from charter.contract.resource import Relation, Resource
from charter.core import codes
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem
from charter.plan.ask import Draft, PartChange
from charter.plan.spelling import link_name
from charter.plan.view import CREATE, DELETE, UPDATE
from charter.serve.engine import checks
from charter.serve.engine.attempts import Attempt
from charter.serve.engine.checks import Verdict
from charter.serve.engine.defaults import completed
from charter.serve.engine.keys import equals
from charter.serve.engine.rows import delete_row, insert_rows, update_row
from charter.serve.engine.work import Work


async def write_new(work: Work, resource: Resource, key: Any, draft: Draft, at: str) -> None:
    """Write the parts and links of a row that was just made."""
    for name, changes in draft.parts.items():
        relation = resource.relation_named[name]
        places = [at + pointer(name, index) for index in range(len(changes))]
        known = _with_keys(changes, places)
        if known:
            raise Problem(codes.INVALID_VALUES, flaws=known)
        await _insert(work, relation, key, list(zip(places, changes, strict=True)))
    for name, keys in draft.links.items():
        await _link(work, resource, resource.relation_named[name], key, keys, at)


async def write_changed(work: Work, resource: Resource, key: Any, draft: Draft, at: str) -> None:
    """Make the parts and links of a row what the draft says: the rest of them go."""
    for name, changes in draft.parts.items():
        await _replace(work, resource.relation_named[name], key, changes, at + pointer(name))
    for name, keys in draft.links.items():
        relation = resource.relation_named[name]
        if relation.link is not None:
            target = work.compiler.contract.resource_named[relation.target]
            clear = work.compiler.link_clear(relation.link, target, work.standing)
            await work.execute(clear, (key,))
        await _link(work, resource, relation, key, keys, at)


async def touch(work: Work, resource: Resource, key: Any, version: int) -> None:
    """A part of the row is written, so the row has a new version, and so have its owners."""
    await work.execute(work.compiler.touch(resource), (key,))
    work.changed(resource, "updated", key, version + 1, {})
    await touch_owner(work, resource, key)


async def touch_owner(work: Work, resource: Resource, key: Any) -> None:
    """Give the owner of a part, if it is one, a new version."""
    if resource.owner is None:
        return
    relation = resource.relation_named[resource.owner]
    owner_key = await _one(work, resource, relation.near, key)
    owner = work.compiler.contract.resource_named[relation.target]
    if owner_key is not None:
        version = await _one(work, owner, "version", owner_key) if owner.versioned else 0
        await touch(work, owner, owner_key, version)


async def require_part(
    work: Work, resource: Resource, key: Any, parent: tuple[str, str, Any]
) -> None:
    """Raises `not_found` where the row is not a part of the parent."""
    owner = work.compiler.contract.resource_named[parent[0]]
    field = owner.relation_named[parent[1]].far
    if await _one(work, resource, field, key) != parent[2]:
        raise Problem(codes.NOT_FOUND)


def _with_keys(changes: Sequence[PartChange], places: Sequence[str]) -> tuple[Flaw, ...]:
    return tuple(
        Flaw(codes.NO_SUCH_REFERENCE.name, "A new row has no parts yet.", place + "/id")
        for change, place in zip(changes, places, strict=True)
        if change.key is not None
    )


async def _insert(
    work: Work, relation: Relation, owner: Any, changes: list[tuple[str, PartChange]]
) -> None:
    if not changes:
        return
    target = work.compiler.contract.resource_named[relation.target]
    rows = [
        (place, completed(target, {**change.draft.values, relation.far: owner}, work.ask, place))
        for place, change in changes
    ]
    with _at(changes[0][0]):
        guard = work.compiler.part_guard(target, CREATE, work.standing)
    keys = await insert_rows(work, target, rows)
    for key, (place, change) in zip(keys, changes, strict=True):
        await write_new(work, target, key, change.draft, place)
        verdict = None if guard is None else checks.created(guard, change.draft.values.keys())
        await _judge(work, target, key, verdict, place)


async def _replace(
    work: Work, relation: Relation, owner: Any, changes: Sequence[PartChange], at: str
) -> None:
    target = work.compiler.contract.resource_named[relation.target]
    present = set(await _visible_keys(work, target, relation.far, owner))
    placed = [(at + pointer(index), change) for index, change in enumerate(changes)]
    flaws = tuple(
        Flaw(codes.NO_SUCH_REFERENCE.name, "There is no such part of this row.", place + "/id")
        for place, change in placed
        if change.key is not None and change.key not in present
    )
    if flaws:
        raise Problem(codes.INVALID_VALUES, flaws=flaws)
    kept = {change.key for change in changes}
    for key in sorted(present - kept, key=str):
        await _check(work, target, DELETE, key, (), at)
        await delete_row(work, target, key, at=at)
    for place, change in placed:
        values, parts = change.draft.values, change.draft.parts
        if change.key is not None and (values or parts or change.draft.links):
            verdict = await _check(work, target, UPDATE, change.key, values.keys(), place)
            await update_row(work, target, change.key, values, place)
            await write_changed(work, target, change.key, change.draft, place)
            await _judge(work, target, change.key, verdict, place)
    await _insert(work, relation, owner, [item for item in placed if item[1].key is None])


async def _link(
    work: Work, resource: Resource, relation: Relation, key: Any, keys: Sequence[Any], at: str
) -> None:
    if relation.link is None or not keys:
        return
    far = tuple(dict.fromkeys(keys))
    statement = work.compiler.link_add(relation.link, len(far))
    target = work.compiler.contract.resource_named[relation.target]
    name = link_name(relation)
    links = tuple((at + pointer(name, keys.index(one)), target, one) for one in far)
    what = Attempt(resource, ((at, {}),), links)
    await work.attempt(statement, [part for other in far for part in (key, other)], what)


async def _check(
    work: Work, target: Resource, action: str, key: Any, changing: Collection[str], at: str
) -> Verdict | None:
    """Ask what a part's own policy says of a change; what is still to be asked after it."""
    with _at(at):
        guard = work.compiler.part_guard(target, action, work.standing)
        if guard is None:
            return None
        found = await checks.before(work, guard, key, changing=changing)
    return checks.after(guard, found)


async def _judge(work: Work, target: Resource, key: Any, verdict: Verdict | None, at: str) -> None:
    if verdict is not None:
        with _at(at):
            await checks.judge(work, target, key, verdict)


@contextmanager
def _at(place: str) -> Iterator[None]:
    """A refusal inside says which part of the body it is about."""
    try:
        yield
    except Problem as problem:
        detail = problem.detail
        flaws = detail.flaws or (Flaw(problem.code.name, detail.message, ""),)
        moved = tuple(Flaw(f.code, f.message, place + (f.pointer or "")) for f in flaws)
        raise Problem(problem.code, detail.message, flaws=moved) from problem


async def _visible_keys(work: Work, resource: Resource, field: str, value: Any) -> list[Any]:
    """The parts of a row that its writer can see: the others are not for it to replace."""
    seen = work.compiler.seen_part(resource, work.standing)
    where = every(equals(resource, field), seen)
    statement = work.compiler.load(resource, ("id",), where, lock=True)
    decode = work.compiler.dialect.decoder(resource.key.type)
    raw = [row[0] for row in await work.fetch(statement, (value,))]
    return raw if decode is None else list(map(decode, raw))


async def _one(work: Work, resource: Resource, field: str, key: Any) -> Any:
    statement = work.compiler.load(resource, (field,), equals(resource, "id"))
    rows = await work.fetch(statement, (key,))
    if not rows:
        return None
    decode = work.compiler.dialect.decoder(resource.field_named[field].type)
    return rows[0][0] if decode is None else decode(rows[0][0])
