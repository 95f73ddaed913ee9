"""Locks taken in one order: writes of the same rows wait for each other, and never in a circle."""

from collections.abc import Sequence
from typing import Any

from charter.contract.expression import every
from charter.contract.resource import Resource
from charter.plan.ask import Create, Write
from charter.plan.plan import SortBy
from charter.plan.steps import Step
from charter.serve.engine.keys import among, own
from charter.serve.engine.work import Work


async def lock_ahead(work: Work, form: Write) -> None:
    """Lock the rows that the steps of a write name beforehand, by resource and key.

    Only where the database locks rows one by one, and there are several steps.
    """
    if not work.compiler.dialect.locks_rows or len(form.steps) < 2:
        return
    keys: dict[str, list[Any]] = {}
    for step in form.steps:
        operation = step.operation if isinstance(step, Step) else None
        if operation is None or isinstance(operation, Create):
            continue
        if operation.key is not None and operation.resource is not None:
            keys.setdefault(operation.resource, []).append(operation.key)
    for name in sorted(keys):
        await _lock(work, work.compiler.contract.resource_named[name], keys[name])


async def _lock(work: Work, resource: Resource, keys: Sequence[Any]) -> None:
    order = (SortBy(own(resource, "id"), resource.key.type, descending=False, nullable=False),)
    named = every(work.compiler.own_tenant(resource, work.standing), among(resource, "id"))
    statement = work.compiler.load(resource, ("id",), named, order, lock=True)
    await work.fetch(statement, (list(keys),))
