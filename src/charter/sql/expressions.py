"""Expressions of a contract as SQL: the rules for each kind, in one table."""

from types import MappingProxyType

from charter.contract import expression as e
from charter.contract.contract import Contract
from charter.contract.resource import Computed, Resource
from charter.sql import conditions, numbers, values
from charter.sql.context import Context, Rules
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment
from charter.sql.rows import Aliases, bare_row

RULES = Rules(
    conditions=MappingProxyType(
        {
            e.Truth: conditions.truth,
            e.HasRole: conditions.has_role,
            e.Authenticated: conditions.authenticated,
            e.Fact: conditions.fact,
            e.Compare: conditions.compare,
            e.OneOf: conditions.one_of,
            e.OneOfSlot: conditions.one_of_slot,
            e.Contains: conditions.contains,
            e.IsNull: conditions.is_null,
            e.AllOf: conditions.all_of,
            e.AnyOf: conditions.any_of,
            e.Not: conditions.negation,
            e.Search: conditions.search,
        }
    ),
    values=MappingProxyType(
        {
            e.Constant: values.constant,
            e.Slot: values.slot,
            e.Column: values.column,
            e.ActorId: values.actor_id,
            e.ActorTenant: values.actor_tenant,
            e.Claim: values.claim,
            e.Now: values.now,
            e.Compute: numbers.compute,
            e.Aggregate: values.aggregate,
            e.Masked: values.masked,
        }
    ),
)


def fresh(contract: Contract, dialect: Dialect) -> Context:
    """The place of a new statement, in which no rows are known yet."""
    return Context(contract, dialect, RULES, Aliases(), {})


def row_condition(
    contract: Contract, dialect: Dialect, resource: Resource, expression: e.Expression
) -> str:
    """A condition over the columns of one row, as the schema has it (a partial index).

    Raises ValueError where it needs a value of the request or another row.
    """
    context = _of_row(contract, dialect, resource)
    return _schema_text(dialect, context.condition(expression))


def row_value(contract: Contract, dialect: Dialect, resource: Resource, computed: Computed) -> str:
    """A computed value over the columns of one row, as its own column stores it. Raises as
    `row_condition` does."""
    context = _of_row(contract, dialect, resource)
    return _schema_text(dialect, numbers.as_type(context, computed.expression, computed.type))


def _of_row(contract: Contract, dialect: Dialect, resource: Resource) -> Context:
    return fresh(contract, dialect).about(bare_row(contract, dialect, resource))


def _schema_text(dialect: Dialect, fragment: Fragment) -> str:
    statement = dialect.statement(fragment, "schema")
    if statement.binds:
        raise ValueError("what a schema says cannot depend on a request")
    return statement.text
