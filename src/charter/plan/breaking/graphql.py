"""What a GraphQL schema of the contract loses, as far as the contract decides it.

A resource is a type, a body an input type, a command a mutation; each scalar is a type of its
own, and choices are an enumeration. Values that are refused for their bounds are told with
REST: every protocol refuses them.
"""

from collections.abc import Iterable, Iterator

from charter.contract.contract import Contract
from charter.contract.types import Type
from charter.plan.breaking import codes
from charter.plan.breaking.finding import Finding
from charter.plan.breaking.renames import Sides
from charter.plan.breaking.schemas import Schema, Told, changed_schema, choices, renamed_schema
from charter.plan.breaking.surfaces import Direction, Member, Rows
from charter.plan.breaking.values import named


def changed_graphql(old: Contract, new: Contract) -> Iterator[Finding]:
    """Types, inputs and operations."""
    return changed_schema(_SCHEMA, old, new)


def renamed_graphql(sides: Sides) -> Iterator[Finding]:
    """Those that are there under another name."""
    return renamed_schema(_SCHEMA, sides)


def _member(old: Member, new: Member, direction: Direction) -> Told:
    if _type(old.kind) != _type(new.kind):
        yield codes.GRAPHQL_TYPE_CHANGED, f"is {_type(new.kind)}, and was {_type(old.kind)}"
        return
    yield from (_given if direction is Direction.INPUT else _shown)(old, new)


def _shown(old: Member, new: Member) -> Told:
    if new.nullable and not old.nullable:
        yield codes.GRAPHQL_NULLABLE, "can be null"
    for value in _without(old, new):
        yield codes.GRAPHQL_VALUE_REMOVED, f"`{value}` is gone"
    for value in _without(new, old):
        yield codes.GRAPHQL_VALUE_ADDED, f"can be `{value}`"


def _given(old: Member, new: Member) -> Told:
    if (new.required and not old.required) or (old.nullable and not new.nullable):
        yield codes.GRAPHQL_REQUIRED, "is non-null"
    elif (old.required and not new.required) or (new.nullable and not old.nullable):
        yield codes.GRAPHQL_WIDENED, "is nullable"
    for value in _without(old, new):
        yield codes.GRAPHQL_VALUE_REMOVED, f"`{value}` is gone"
    for value in _without(new, old):
        yield codes.GRAPHQL_WIDENED, f"can be `{value}`"


def _type(kind: Type | Rows) -> str:
    if isinstance(kind, Rows):
        return f"[{kind.target}]" if kind.many else kind.target
    return named(Type(kind.scalar, many=kind.many))


def _without(these: Member, others: Member) -> Iterable[str]:
    """The values of an enumeration that another one lacks."""
    mine, theirs = choices(these.kind), choices(others.kind)
    return (item for item in mine if item not in theirs)


_SCHEMA = Schema(
    codes.GRAPHQL_REMOVED,
    codes.GRAPHQL_RENAMED,
    codes.GRAPHQL_TYPE_CHANGED,
    codes.GRAPHQL_REQUIRED,
    codes.GRAPHQL_ADDED,
    _member,
    body=lambda surface: f"the {surface.direction.value} type",
    must="the input is non-null",
    called="the mutation has another type",
)
