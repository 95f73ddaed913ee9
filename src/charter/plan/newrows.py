"""New rows apart from their values: a row and its parts, as one statement makes them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from charter.contract.contract import Contract
from charter.contract.resource import Field, Given, Made, Resource, SetBy
from charter.contract.types import Scalar
from charter.plan.ask import Draft


@dataclass(frozen=True, slots=True)
class Outline:
    """A draft without its values: the fields that are given, and for each relation that has parts
    how many they are, and which fields some of them give."""

    given: frozenset[str]
    parts: tuple[tuple[str, int, frozenset[str]], ...] = ()


def outline_of(draft: Draft) -> Outline | None:
    """The outline of the draft of a new row. None where it has links, or where its parts are more
    than new rows: have links or parts of their own."""
    if draft.links:
        return None
    parts = []
    for name, changes in draft.parts.items():
        given: set[str] = set()
        for change in changes:
            part = change.draft
            if change.key is not None or part.parts or part.links:
                return None
            given.update(part.values)
        if changes:
            parts.append((name, len(changes), frozenset(given)))
    return Outline(frozenset(draft.values), tuple(parts))


@dataclass(frozen=True, slots=True)
class NewRows:
    """So many new rows of a resource; of parts, `owner` is the field that refers to their owner.

    `given` are the fields that clients set of them. `brought` are those whose values come with
    each request, given or by default: the statement that makes the rows makes all others.
    """

    resource: Resource
    count: int
    given: frozenset[str]
    brought: tuple[Field, ...]
    owner: str | None = None


def new_rows(contract: Contract, resource: Resource, outline: Outline) -> tuple[NewRows, ...]:
    """The row of an outline, then its parts by relation, as `rows_in` has them."""
    rows = [NewRows(resource, 1, outline.given, _brought(resource, None))]
    for name, count, given in outline.parts:
        relation = resource.relation_named[name]
        target = contract.resource_named[relation.target]
        brought = _brought(target, relation.far)
        rows.append(NewRows(target, count, given, brought, relation.far))
    return tuple(rows)


def rows_in(draft: Draft) -> list[list[Draft]]:
    """The draft of a row alone, then those of its parts by relation."""
    parts = ([change.draft for change in changes] for changes in draft.parts.values() if changes)
    return [[draft], *parts]


def shape_of(rows: Sequence[NewRows]) -> Hashable:
    """What a statement that makes the rows depends on."""
    return tuple((part.resource.name, part.count, part.owner) for part in rows)


def _brought(resource: Resource, owner: str | None) -> tuple[Field, ...]:
    own = ("id", owner)
    return tuple(
        field
        for field in resource.fields
        if field.name not in own and not _made_by_statement(field)
    )


def _made_by_statement(field: Field) -> bool:
    """Whether no client sets a field, and its value is a constant or one of the request's own."""
    if field.set_by in (SetBy.CLIENT, SetBy.ONCE) or field.search:
        return False
    if isinstance(field.default, Given):
        return not (field.type.many or field.type.scalar is Scalar.JSON)
    return field.default in (None, Made.NOW, Made.ACTOR, Made.TENANT)
