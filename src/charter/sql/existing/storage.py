"""Forms of stored values: how a column is read in Charter's own form, and written in its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from charter.contract.mapping import Form
from charter.contract.resource import Field
from charter.contract.types import Scalar
from charter.sql.dialect import Dialect
from charter.sql.fragment import Fragment
from charter.sql.sources import Source


def as_it_is(column: Fragment, field: Field) -> Fragment:
    """The values of a column that has Charter's own form."""
    return column


def as_given(dialect: Dialect, source: Source, field: Field) -> Fragment:
    """An argument in Charter's own form."""
    return dialect.argument(source, field.type)


def any_type(column_type: str, field: Field) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Storage:
    """One form. `fits` tells whether a column of a type, as the catalog spells it, can have it,
    and `wants` says for people what it can have."""

    wants: str
    fits: Callable[[str, Field], bool] = any_type
    read: Callable[[Fragment, Field], Fragment] = as_it_is
    write: Callable[[Dialect, Source, Field], Fragment] = as_given


LIST = "list"
Kind = Scalar | str
Forms = Mapping[tuple[Kind, Form | None], Storage]
"""The forms of one database: by scalar (or LIST) and form, None for Charter's own."""


def kind_of(field: Field) -> Kind:
    return LIST if field.type.many else field.type.scalar


def form_of(field: Field) -> Form | None:
    return None if field.stored is None else field.stored.form
