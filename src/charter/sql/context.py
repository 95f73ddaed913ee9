"""What an expression is compiled against, and the rules that compile it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from charter.contract.contract import Contract
from charter.contract.expression import ROW, Expression
from charter.contract.resource import Resource
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment, sql
from charter.sql.rows import Aliases, Rows, locked_rows, table_rows

Rule = Callable[["Context", Any], Fragment]


@dataclass(frozen=True, slots=True)
class Rules:
    """How each kind of expression is compiled: those that hold or not, and those of a value."""

    conditions: Mapping[type, Rule]
    values: Mapping[type, Rule]


@dataclass(frozen=True, slots=True)
class Context:
    """The place of an expression in a statement. `rows` are the scopes that it can name."""

    contract: Contract
    dialect: Dialect
    rules: Rules
    aliases: Aliases
    rows: Mapping[int, Rows]

    def condition(self, expression: Expression) -> Fragment:
        """SQL that is true where the expression holds, and else false or null.

        AND, OR and WHERE take null for false; whatever else uses it asks `IS TRUE`.
        """
        rule = self.rules.conditions.get(type(expression))
        return rule(self, expression) if rule else self.value(expression)

    def truth(self, expression: Expression) -> Fragment:
        """SQL that is true where the expression holds, and else false."""
        return sql("(({}) IS TRUE)", self.condition(expression))

    def value(self, expression: Expression) -> Fragment:
        """SQL for the value of an expression, in the form in which the database stores it."""
        rule = self.rules.values.get(type(expression))
        return rule(self, expression) if rule else self.truth(expression)

    def within(self, scope: int, rows: Rows) -> "Context":
        """The same place with one more scope."""
        return replace(self, rows={**self.rows, scope: rows})

    def about(self, rows: Rows) -> "Context":
        """A place where only one scope is known: the row in question."""
        return replace(self, rows={ROW: rows})

    def select(self, resource: Resource, *, lock: bool = False) -> tuple["Context", Rows]:
        """A place for a SELECT of its own from a resource, whose rows are the row in question."""
        rows_of = locked_rows if lock else table_rows
        rows = rows_of(self.contract, self.dialect, resource, self.aliases)
        return self.about(rows), rows
