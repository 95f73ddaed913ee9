"""Rows read in order to be written: guards asked of them, and what a unit of work loads."""

from collections.abc import Sequence

from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, Column, Expression
from charter.contract.resource import OnDelete, Resource
from charter.contract.types import TEXT
from charter.plan.plan import SortBy
from charter.sql.clauses import both, filtered, order_by
from charter.sql.dialect import Dialect
from charter.sql.existing.source import named_source
from charter.sql.existing.state import version_of
from charter.sql.expressions import fresh
from charter.sql.fragment import EMPTY, Fragment, identifier, joined, listed, number, sql
from charter.sql.rows import Rows
from charter.sql.sources import SlotValue
from charter.sql.statement import Statement


def check(
    contract: Contract,
    dialect: Dialect,
    resource: Resource,
    conditions: Sequence[Expression],
    columns: Sequence[Column],
    *,
    lock: bool,
) -> Statement:
    """The row whose key is in slot 0: its version (zero where rows count none: then `state` tells),
    whether each condition holds, raw columns.

    Whether a condition holds is never null. `lock` keeps others from writing the row until the
    transaction ends.
    """
    context, rows = fresh(contract, dialect).select(resource, lock=lock)
    shown = [
        rows.column("version") if resource.versioned else number(0),
        *(context.truth(condition) for condition in conditions),
        *(context.value(column) for column in columns),
    ]
    key = sql("{} = {}", rows.column("id"), dialect.argument(SlotValue(0), resource.key.type))
    fragment = sql(
        "SELECT {} FROM {} WHERE {}{}",
        listed(shown), rows.clause(), key, _lock(dialect, rows, lock=lock),
    )  # fmt: skip
    return dialect.statement(fragment, f"check {resource.name}")


def state(contract: Contract, dialect: Dialect, resource: Resource) -> Statement:
    """What tells versions of the row apart whose key is in slot 0 (see `version_number`)."""
    context, rows = fresh(contract, dialect).select(resource)
    key = sql("{} = {}", rows.column("id"), dialect.argument(SlotValue(0), resource.key.type))
    told = version_of(context, rows)
    fragment = sql("SELECT {} FROM {} WHERE {}", told, rows.clause(), key)
    return dialect.statement(fragment, f"compare {resource.name}")


def keys(contract: Contract, dialect: Dialect, resource: Resource, where: Expression) -> Fragment:
    """A SELECT of the keys of the rows for which a condition holds; empty where that is all."""
    if where == ALWAYS:
        return EMPTY
    context, rows = fresh(contract, dialect).select(resource)
    key, condition = rows.column("id"), filtered(context, where)
    return sql("SELECT {} FROM {} WHERE {}", key, rows.clause(), condition)


def ask(contract: Contract, dialect: Dialect, conditions: Sequence[Expression]) -> Statement:
    """Whether each of some conditions over the actor alone holds, in one row."""
    context = fresh(contract, dialect)
    shown = listed(context.truth(condition) for condition in conditions)
    return dialect.statement(sql("SELECT {}", shown), "check call")


def load(  # noqa: PLR0913, PLR0917 - the parts of one SELECT
    contract: Contract,
    dialect: Dialect,
    resource: Resource,
    columns: Sequence[str],
    where: Expression,
    sort: Sequence[SortBy] = (),
    limit: int | None = None,
    *,
    lock: bool = False,
) -> Statement:
    """The raw columns of the rows for which a condition holds."""
    context, rows = fresh(contract, dialect).select(resource, lock=lock)
    shown = listed(rows.column(column) for column in columns)
    condition = both(filtered(context, where))
    order = order_by(context, sort)
    some = EMPTY if limit is None else sql(" LIMIT {}", number(limit))
    fragment = sql(
        "SELECT {} FROM {} WHERE {}{}{}{}",
        shown, rows.clause(), condition, order, some, _lock(dialect, rows, lock=lock),
    )  # fmt: skip
    return dialect.statement(fragment, f"load {resource.name}")


def _lock(dialect: Dialect, rows: Rows, *, lock: bool) -> Fragment:
    return dialect.locking(rows.alias) if lock and dialect.locks_rows else EMPTY


def inbound(contract: Contract, dialect: Dialect, resource: Resource) -> Statement | None:
    """Which rows keep one from being deleted: the names of their resource and reference field.

    The value is the key. None where no other row can refer to it in such a way.
    """
    key = dialect.argument(SlotValue(0), resource.key.type)
    parts = [
        sql(
            "SELECT {} AS resource, {} AS field WHERE EXISTS (SELECT 1 FROM {} WHERE {} = {})",
            dialect.constant(other.name, TEXT), dialect.constant(field.name, TEXT),
            named_source(dialect, other), identifier(field.name), key,
        )
        for other in contract.resources
        for field in other.fields
        if field.references == resource.name and field.on_delete is OnDelete.RESTRICT
    ]  # fmt: skip
    return dialect.statement(joined(" UNION ALL ", parts), "find inbound") if parts else None
