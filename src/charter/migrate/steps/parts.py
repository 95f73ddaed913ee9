"""Constraints and indexes, and the columns that they are about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from charter.migrate.changes import Part
from charter.migrate.steps.words import with_names
from charter.sql.schema import CheckRule, ForeignKey, Table, TableIndex


def placed(part: Part, columns: Mapping[str, str], name: str | None = None) -> Part:
    """The part over columns that have other names for a while."""

    def of(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(columns.get(item, item) for item in names)

    found: Part
    match part:
        case TableIndex():
            parts = tuple(
                replace(item, name=columns.get(item.name, item.name)) for item in part.columns
            )
            where = None if part.where is None else with_names(part.where, columns)
            found = replace(part, columns=parts, where=where, include=of(part.include))
        case CheckRule():
            text = with_names(part.expression, columns)
            found = replace(part, expression=text, columns=of(part.columns))
        case _:
            found = replace(part, columns=of(part.columns))
    return found if name is None else replace(found, name=name)


def columns_of(part: Part, table: Table) -> frozenset[str]:
    """The columns that a part is about, those in its condition among them."""
    text = ""
    match part:
        case TableIndex():
            names = {*(column.name for column in part.columns), *part.include}
            text = part.where or ""
        case CheckRule():
            names, text = set(part.columns), part.expression
        case _:
            names = set(part.columns)
    return frozenset(names) | mentioned(text, table)


def mentioned(text: str, table: Table) -> frozenset[str]:
    """The columns that an expression names."""
    return frozenset(
        column.name
        for column in table.columns
        if text and with_names(text, {column.name: "\N{BLACK SQUARE}"}) != text
    )


def is_built(part: Part) -> bool:
    """Whether a part is an index, or made of one."""
    return not isinstance(part, CheckRule | ForeignKey)
