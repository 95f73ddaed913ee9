"""What belongs to a row and stands in existing tables goes before the row does: their foreign keys
need not take it along."""

from collections.abc import Iterator

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, identifier, sql
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement


def clearing(contract: Contract, dialect: Dialect, resource: Resource) -> tuple[Statement, ...]:
    """The deletions of the parts of a row and of its pairs, innermost first. Each takes its key."""
    own = sql("= {}", dialect.argument(SlotValue(0), resource.key.type))
    return tuple(
        dialect.statement(fragment, f"clear {resource.name}", heavy=True)
        for fragment in _clearing(contract, resource, own)
    )


def _clearing(contract: Contract, resource: Resource, keys: Fragment) -> Iterator[Fragment]:
    """The same for all rows of which the key is one of some: `= …` or `IN (…)`."""
    for relation in resource.relations:
        part = contract.resource_named[relation.target]
        if relation.owned and part.mapped is not None:
            table = identifier(part.table_name)
            reference = identifier(part.field_named[relation.far].column_name)
            key = identifier(part.key.column_name)
            inside = sql("IN (SELECT {} FROM {} WHERE {} {})", key, table, reference, keys)
            yield from _clearing(contract, part, inside)
            yield sql("DELETE FROM {} WHERE {} {}", table, reference, keys)
    for name, column in dict.fromkeys(_pairs(contract, resource)):
        yield sql("DELETE FROM {} WHERE {} {}", identifier(name), identifier(column), keys)


def _pairs(contract: Contract, resource: Resource) -> Iterator[tuple[str, str]]:
    """The existing tables of pairs that have the key of a row, in which column."""
    for other in contract.resources:
        for relation in other.relations:
            link = relation.link
            if link is not None and link.mapped:
                if other.name == resource.name:
                    yield link.table, link.near
                if relation.target == resource.name:
                    yield link.table, link.far
