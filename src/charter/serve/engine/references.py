"""References that a client names: a row that it may not read does not exist for it.

Users are the exception: rows are assigned to people whom their sender may not look up.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from charter.contract.expression import ALWAYS
from charter.contract.resource import Resource
from charter.core import codes
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem
from charter.plan.ask import Draft
from charter.plan.spelling import link_name
from charter.serve.engine.presence import present
from charter.serve.engine.work import Work


@dataclass(frozen=True, slots=True)
class Named:
    """A row that the values of a request name, and the JSON Pointer to where they do."""

    target: str
    key: Any
    place: str


def named_by(work: Work, resource: Resource, draft: Draft, at: str = "") -> Iterator[Named]:
    """The rows that a draft names: by references and links, its parts' included."""
    for name, value in draft.values.items():
        target = resource.field_named[name].references
        if target is not None and value is not None:
            yield Named(target, value, at + pointer(name))
    for name, keys in draft.links.items():
        relation = resource.relation_named[name]
        spelt = link_name(relation)
        for index, key in enumerate(keys):
            yield Named(relation.target, key, at + pointer(spelt, index))
    for name, changes in draft.parts.items():
        part = work.compiler.contract.resource_named[resource.relation_named[name].target]
        for index, change in enumerate(changes):
            yield from named_by(work, part, change.draft, at + pointer(name, index))


async def require_draft_seen(
    work: Work, resource: Resource, draft: Draft, kept: Mapping[str, Any] | None = None
) -> None:
    """Raises `invalid_values` with every row that a draft names and its actor cannot read.

    `kept` has the keys, by pointer, that stay as they are: those are not asked about.
    """
    if work.compiler.names_unseen(resource, work.standing):
        await require_seen(work, named_by(work, resource, draft), kept)


async def require_seen(
    work: Work, named: Iterable[Named], kept: Mapping[str, Any] | None = None
) -> None:
    """Raises `invalid_values` with every named row that is not there for the actor.

    `kept` is as for a draft. Only resources of which the actor may not read every row cost a
    statement, one for each.
    """
    by_target: dict[str, list[Named]] = {}
    users = work.compiler.contract.user
    for item in named:
        if item.target != users and (kept is None or kept.get(item.place) != item.key):
            by_target.setdefault(item.target, []).append(item)
    flaws: list[Flaw] = []
    for name, items in by_target.items():
        flaws.extend(await _unseen(work, work.compiler.contract.resource_named[name], items))
    if flaws:
        raise Problem(codes.INVALID_VALUES, flaws=tuple(flaws))


async def _unseen(work: Work, target: Resource, items: list[Named]) -> list[Flaw]:
    there = work.compiler.seen(target, work.standing)
    if there == ALWAYS:
        return []
    keys = dict.fromkeys(item.key for item in items)
    seen = await present(work.compiler, work.fetch, target, keys, there)
    message = f"There is no {target.name} with this id."
    return [
        Flaw(codes.NO_SUCH_REFERENCE.name, message, item.place)
        for item in items
        if item.key not in seen
    ]
