"""What stands after FROM for the rows of a resource.

The rows of an existing table are a plain subselect, which gives its columns the names and forms
that Charter knows. Every database puts such a subselect into the query around it, so
that it costs nothing and its indexes count, but for conditions on a column that is stored in
another form.
"""

from charter.contract.resource import Resource
from charter.sql.dialect import Dialect
from charter.sql.existing.forms import read_column
from charter.sql.existing.search import folded_column
from charter.sql.fragment import Fragment, identifier, listed, sql
from charter.sql.names import FOLDED


def source(dialect: Dialect, resource: Resource) -> Fragment:
    """The rows of a resource, to be followed by an alias."""
    table = identifier(resource.table_name)
    return table if resource.mapped is None else sql("({})", selected(dialect, resource, table))


def named_source(dialect: Dialect, resource: Resource) -> Fragment:
    """The same where no alias follows: every subselect needs one."""
    if resource.mapped is None:
        return identifier(resource.table)
    return sql("{} AS {}", source(dialect, resource), identifier(resource.table))


def selected(dialect: Dialect, resource: Resource, rows: Fragment) -> Fragment:
    """A SELECT of rows that have the columns of an existing table, as Charter knows them."""
    columns = [
        _named(read_column(dialect, field), field.column_name, field.name)
        for field in resource.fields
    ]
    columns += [
        sql("{} AS {}", folded_column(dialect, field), identifier(field.name + FOLDED))
        for field in resource.search_fields
    ]
    return sql("SELECT {} FROM {}", listed(columns), rows)


def column_of(dialect: Dialect, resource: Resource, alias: Fragment, name: str) -> Fragment:
    """A column of an existing table that stands after FROM itself, as Charter knows it."""
    field = resource.field_named.get(name)
    if field is None:
        return folded_column(dialect, resource.field_named[name.removesuffix(FOLDED)], alias)
    return read_column(dialect, field, alias)


def _named(value: Fragment, column: str, name: str) -> Fragment:
    if column == name and value == identifier(column):
        return value
    return sql("{} AS {}", value, identifier(name))
