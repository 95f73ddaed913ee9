"""What Charter's own tables hold by constraints, asked of rows of existing tables once they are
written: bounds of fields, the contract's checks, and references to tables that came later."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from charter.contract.contract import Contract
from charter.contract.expression import ROW, Column, OneOfSlot, Slot, walk
from charter.contract.resource import Field, Resource
from charter.contract.types import Type
from charter.sql.bounds import bounds
from charter.sql.dialect import Dialect
from charter.sql.existing.source import named_source
from charter.sql.expressions import fresh, row_condition
from charter.sql.fragment import Fragment, checked, identifier, listed, qualified, sql
from charter.sql.rows import bare_row
from charter.sql.schema import CheckRule
from charter.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class Question:
    """A rule, and the condition that holds of a row that keeps it."""

    rule: CheckRule
    holds: Fragment
    about: Literal["bounds", "rule", "reference"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement that gives, for each row whose key is in the list in slot 0, its key and
    whether it keeps each of the rules."""

    statement: Statement
    questions: tuple[Question, ...]


def questions(contract: Contract, dialect: Dialect, resource: Resource) -> tuple[Question, ...]:
    """All that is asked of the rows of a resource."""
    if resource.mapped is None or resource.read_only:
        return ()
    return tuple(_questions(contract, dialect, resource))


def asked_of(
    contract: Contract,
    dialect: Dialect,
    resource: Resource,
    written: frozenset[str],
    *,
    bounded: bool,
) -> Asked | None:
    """What is asked of rows of which these fields were written; None for nothing.

    Bounds of fields are not where the values were `bounded` beforehand. Fields that stay as they
    were are not asked about: others may have written what they hold.
    """
    found = tuple(
        question
        for question in questions(contract, dialect, resource)
        if not written.isdisjoint(question.rule.columns)
        and not (bounded and question.about == "bounds")
    )
    if not found:
        return None
    place = fresh(contract, dialect).about(bare_row(contract, dialect, resource))
    key = Column(ROW, (), "id", resource.key.type)
    among = OneOfSlot(key, Slot(0, Type(resource.key.type.scalar, many=True)))
    shown = listed([identifier("id"), *(question.holds for question in found)])
    fragment = sql(
        "SELECT {} FROM {} WHERE {}",
        shown, named_source(dialect, resource), place.condition(among),
    )  # fmt: skip
    return Asked(dialect.statement(fragment, f"examine {resource.name}"), found)


def _questions(contract: Contract, dialect: Dialect, resource: Resource) -> Iterator[Question]:
    for field in resource.fields:
        text = None if field.references else bounds(field.name, field.type, dialect)
        if text is not None:
            rule = CheckRule(f"bounds of {resource.name}.{field.name}", text, columns=(field.name,))
            yield Question(rule, sql("(({}) IS NOT FALSE)", checked(text)), "bounds")
        target = contract.resource_named.get(field.references or "")
        if target is not None and target.mapped is None:
            yield _there(resource, field, target)
    for check in resource.checks:
        text = row_condition(contract, dialect, resource, check.expression)
        columns = (part.field for part in walk(check.expression) if isinstance(part, Column))
        rule = CheckRule(
            f"rule {check.name}", text, columns=tuple(dict.fromkeys(columns)), rule=check.name
        )
        yield Question(rule, sql("(({}) IS TRUE)", checked(text)), "rule")


def _there(resource: Resource, field: Field, target: Resource) -> Question:
    """A reference from an existing table to one of Charter's has no foreign key."""
    own = qualified(identifier(resource.table), field.name)
    holds = sql(
        "({} IS NULL OR EXISTS (SELECT 1 FROM {} AS referred WHERE {} = {}))",
        own, identifier(target.table), qualified(identifier("referred"), "id"), own,
    )  # fmt: skip
    rule = CheckRule(f"reference {resource.name}.{field.name}", "", columns=(field.name,))
    return Question(rule, holds, "reference")
