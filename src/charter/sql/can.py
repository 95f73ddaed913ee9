"""Many rows asked at once what holds of each."""

from collections.abc import Sequence

from charter.contract.contract import Contract
from charter.contract.expression import ROW, Column, Expression, OneOfSlot, Slot, every
from charter.contract.resource import Resource
from charter.contract.types import Type
from charter.sql.clauses import filtered
from charter.sql.dialect import Dialect
from charter.sql.expressions import fresh
from charter.sql.fragment import listed, sql
from charter.sql.statement import Statement


def rows(
    contract: Contract,
    dialect: Dialect,
    resource: Resource,
    seen: Expression,
    conditions: Sequence[Expression],
) -> Statement:
    """The rows whose keys are in the list in slot 0, where `seen` holds of them.

    Each with its key, and whether each of the conditions holds of it (never null).
    """
    context, found = fresh(contract, dialect).select(resource)
    key = Column(ROW, (), resource.key.name, resource.key.type)
    among = OneOfSlot(key, Slot(0, Type(resource.key.type.scalar, many=True)))
    shown = [found.column(key.field), *(context.truth(condition) for condition in conditions)]
    where = filtered(context, every(among, seen))
    fragment = sql("SELECT {} FROM {} WHERE {}", listed(shown), found.clause(), where)
    return dialect.statement(fragment, f"ask of {resource.name}")
