"""Rows of existing tables: what their tables do not hold is asked after each write, and what their
databases tell of them is put in the contract's names."""

from collections.abc import Mapping, Sequence
from typing import Any

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.serve.engine.attempts import Attempt, Refused
from charter.serve.engine.work import Work
from charter.sql.dialect import typed
from charter.store.errors import Violated, Violation


def require_writable(resource: Resource) -> None:
    """Raises TypeError for what only a command can try: policies allow no such write."""
    if resource.read_only:
        raise TypeError(f"{resource.name} is read_only")


async def examine(
    work: Work,
    resource: Resource,
    keys: Sequence[Any],
    rows: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    bounded: bool,
) -> None:
    """Ask of rows that were just written what a table of Charter's would hold, but for bounds of
    fields where the values are `bounded`. Raises `Refused` as if the table had refused."""
    written = frozenset(name for _, values in rows for name in values)
    asked = work.compiler.asked(resource, written, bounded=bounded) if rows else None
    if asked is None:
        return
    decoder = work.compiler.dialect.decoder(resource.key.type)
    for key, *held in await work.fetch(asked.statement, (list(keys),)):
        for question, holds in zip(asked.questions, held, strict=True):
            if not holds:
                (plain,) = typed((decoder,), (key,))
                tried = tuple(row for known, row in zip(keys, rows, strict=True) if known == plain)
                kind = Violation.REFERENCE if question.about == "reference" else Violation.CHECK
                violated = Violated(kind, constraint=question.rule.name, table=resource.table)
                raise Refused(violated, (Attempt(resource, tried),))


def named_by_contract(contract: Contract, violated: Violated) -> Violated:
    """The violation with the table and columns of an existing table as the contract calls them."""
    resource = contract.mapped_named.get(violated.table or "")
    if resource is None:
        return violated
    names = {field.column_name: field.name for field in resource.fields}
    return Violated(
        violated.violation,
        constraint=violated.constraint,
        table=resource.table,
        columns=tuple(names.get(name, name) for name in violated.columns),
    )
