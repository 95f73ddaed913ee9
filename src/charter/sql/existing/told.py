"""What the database tells of existing tables, in the names of the contract: violations of their
constraints are explained by it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.sql.dialect import Dialect
from charter.sql.existing.questions import questions
from charter.sql.schema import ForeignKey, PrimaryKey, Schema, Table, UniqueKey

P = TypeVar("P", PrimaryKey, UniqueKey, ForeignKey)


def told_tables(contract: Contract, dialect: Dialect, found: Schema) -> Iterator[Table]:
    """The existing tables under the names of their resources: constraints as the database names
    them, over fields; and those that Charter itself asks after, which the table does not hold."""
    for resource in contract.resources:
        table = found.table_named.get(resource.table_name)
        if resource.mapped is not None and table is not None:
            yield _told(contract, dialect, resource, table)


def _told(contract: Contract, dialect: Dialect, resource: Resource, table: Table) -> Table:
    names = {field.column_name: field.name for field in resource.fields}
    uniques = [
        *_over(names, table.uniques),
        *(
            UniqueKey(index.name, tuple(names.get(c.name, c.name) for c in index.columns))
            for index in table.indexes
            if index.unique
        ),
    ]
    return Table(
        resource.table,
        (),
        key=next(iter(_over(names, () if table.key is None else (table.key,))), None),
        foreign_keys=tuple(_over(names, table.foreign_keys)),
        uniques=tuple(uniques),
        checks=tuple(
            replace(check, columns=tuple(names.get(name, name) for name in check.columns))
            for check in table.checks
        )
        + tuple(question.rule for question in questions(contract, dialect, resource)),
    )


def _over(names: dict[str, str], parts: Sequence[P]) -> Iterator[P]:
    for part in parts:
        yield replace(part, columns=tuple(names.get(name, name) for name in part.columns))
