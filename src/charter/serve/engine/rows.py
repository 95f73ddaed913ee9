"""Rows in, rows out: the statements that write rows of one resource, and their events."""

from collections.abc import Mapping, Sequence
from typing import Any

from charter.contract.resource import Resource
from charter.serve.engine.attempts import Attempt
from charter.serve.engine.existing import examine, require_writable
from charter.serve.engine.keys import equals
from charter.serve.engine.work import Work
from charter.sql.dialect import typed

ROWS_AT_ONCE = 50
"""Rows of one inserting statement; more go into several."""

Given = tuple[str, Mapping[str, Any]]
"""The values of a row, behind the JSON Pointer to where they came from."""


async def insert_rows(
    work: Work, resource: Resource, rows: Sequence[Given], *, bounded: bool = True
) -> list[Any]:
    """Insert complete rows, all with the same columns; their keys, in order.

    The values are `bounded` where they were held against the bounds of their fields before.
    """
    require_writable(resource)
    at_once = ROWS_AT_ONCE if rows and "id" in rows[0][1] else 1
    keys: list[Any] = []
    for start in range(0, len(rows), at_once):
        keys.extend(await _insert(work, resource, tuple(rows[start : start + at_once])))
    if resource.mapped is not None:
        await examine(work, resource, keys, rows, bounded=bounded)
    for key, (_, values) in zip(keys, rows, strict=True):
        work.changed(resource, "created", key, 1, values)
    return keys


async def _insert(work: Work, resource: Resource, rows: tuple[Given, ...]) -> list[Any]:
    columns = tuple(rows[0][1])
    flat = [values[name] for _, values in rows for name in columns]
    returned = await work.insert(resource, columns, flat, Attempt(resource, rows))
    if "id" in columns:
        return [values["id"] for _, values in rows]
    return [row[0] for row in returned]


async def update_row(
    work: Work,
    resource: Resource,
    key: Any,
    values: Mapping[str, Any],
    at: str,
    *,
    bounded: bool = True,
) -> int:
    """Set some values of a row; its new version."""
    require_writable(resource)
    columns = tuple(values)
    before = await _before(work, resource, key, columns)
    if not columns:
        rows = await work.fetch(work.compiler.touch(resource), (key,))
    else:
        statement = work.compiler.update(resource, columns)
        what = Attempt(resource, ((at, values),))
        rows = await work.attempt(statement, (*values.values(), key), what)
    # Without a version not every database gives anything.
    version: int = rows[0][0] if resource.versioned else 0
    if resource.mapped is not None:
        await examine(work, resource, [key], [(at, values)], bounded=bounded)
    work.changed(resource, "updated", key, version, values, before)
    return version


async def delete_row(
    work: Work, resource: Resource, key: Any, *, version: int = 0, at: str = ""
) -> None:
    """Delete a row; rows that refer to it go as the contract says. Raises `Refused`."""
    require_writable(resource)
    before = await _before(work, resource, key, tuple(item.name for item in resource.fields))
    what = Attempt(resource, ((at, {"id": key}),))
    for statement in work.compiler.clearing(resource):
        await work.attempt(statement, (key,), what)
    await work.attempt(work.compiler.delete(resource), (key,), what)
    work.changed(resource, "deleted", key, version, {}, before)


async def _before(
    work: Work, resource: Resource, key: Any, names: tuple[str, ...]
) -> Mapping[str, Any] | None:
    """The values that a row has, where its changes are audited."""
    if not resource.audited or not names:
        return None
    statement = work.compiler.load(resource, names, equals(resource, "id"), lock=True)
    rows = await work.fetch(statement, (key,))
    if not rows:
        return None
    decoders = [work.compiler.dialect.decoder(resource.field_named[name].type) for name in names]
    return dict(zip(names, typed(decoders, rows[0]), strict=True))
