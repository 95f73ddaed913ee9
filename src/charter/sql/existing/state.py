"""What tells versions of a row apart where it does not count them: all of its values.

Its parts and links belong to it, as they give the owner of parts a new version elsewhere.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, ROW, Column
from charter.contract.resource import Resource
from charter.plan.plan import RowPlan, Show, ShowField, ShowMany, SortBy
from charter.sql.context import Context
from charter.sql.fragment import Fragment
from charter.sql.json import row_body
from charter.sql.rows import Rows

_BYTES = 8


def version_of(context: Context, rows: Rows) -> Fragment:
    """The version of a row, or the text of its state: see `version_number`."""
    if rows.resource.versioned:
        return rows.column("version")
    return state(context, rows)


def state(context: Context, rows: Rows) -> Fragment:
    """Everything that a row, its parts and its links hold, as one text."""
    return row_body(context.about(rows), rows, tuple(_shows(context.contract, rows.resource)))


def version_number(raw: Any) -> int:
    """The version that a statement has given: the number itself, or 63 bits of the SHA-256 of
    a state. It is never zero."""
    if isinstance(raw, int):
        return raw
    digest = sha256(str(raw).encode()).digest()[:_BYTES]
    return (int.from_bytes(digest) >> 1) or 1


def _shows(contract: Contract, resource: Resource) -> Iterator[Show]:
    yield from (ShowField(field.name, field) for field in resource.fields)
    for relation in resource.relations:
        if not (relation.owned or relation.link):
            continue
        target = contract.resource_named[relation.target]
        inside = tuple(_shows(contract, target)) if relation.owned else (_key(target),)
        yield ShowMany(
            relation.name, relation, RowPlan(target, ALWAYS, inside), _by_key(target), None
        )


def _key(resource: Resource) -> Show:
    return ShowField("id", resource.key)


def _by_key(resource: Resource) -> tuple[SortBy, ...]:
    column = Column(ROW, (), "id", resource.key.type)
    return (SortBy(column, resource.key.type, descending=False, nullable=False),)
