"""What a database cannot do as the contract promises, said before it runs."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from types import MappingProxyType

from charter.contract.contract import Contract
from charter.contract.expression import Column, walk
from charter.contract.faults import Fault, FaultCode
from charter.contract.mapping import Form
from charter.contract.resource import Field, Made, OnDelete, Resource
from charter.contract.types import TEXTUAL, Scalar, digits_of
from charter.sql.audit import AUDIT_NAMES
from charter.sql.dialect import Dialect
from charter.sql.existing.forms import has_existing, storage_of
from charter.sql.existing.sqlite import MOST_DIGITS
from charter.sql.existing.storage import form_of
from charter.sql.expressions import row_condition
from charter.sql.identity.tables import IDENTITY_NAMES
from charter.sql.indexed import characters, indexed
from charter.sql.mysql import MYSQL
from charter.sql.names import FOLDED
from charter.sql.naming import MAX_BYTES
from charter.sql.own.history import HISTORY_NAMES
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from charter.sql.system import SYSTEM_TABLES
from charter.sql.table_text import Token, tokens

INDEX_COLUMNS = 32
"""Columns that an index of PostgreSQL can have (INDEX_MAX_KEYS)."""
INDEX_BYTES = 2_704
"""Bytes that an entry of a B-tree of PostgreSQL can have (a third of a page, BTMaxItemSize)."""
_ENTRY_BYTES = 32
"""Of which the entry's own header, and the alignment of a few columns."""
KEY_COLUMNS = 16
"""Columns that an index of MySQL can have."""
KEY_BYTES = 3_072
"""Bytes that an index of InnoDB can have, counted with the longest texts of its columns."""
_KEY_PART_BYTES = 38
"""Of which a column that is no text (a UUID is the longest), and the row's key behind them."""
_CHARACTER_BYTES = 4
_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})

STORAGE_UNSUPPORTED = FaultCode(
    "storage_unsupported", "The database cannot store values of this type.",
    "Databases differ in what their types hold; the contract promises more than this one can.",
    "Change the bounds of the field, or use another database.",
)  # fmt: skip
STORAGE_NAME_TAKEN = FaultCode(
    "storage_name_taken", "A table or column cannot have this name in the database.",
    "The name belongs to the database or to Charter, or differs from another by its case only.",
    "Rename the field, or give the resource another plural.",
)  # fmt: skip
STORAGE_NAME_LONG = FaultCode(
    "storage_name_long", "The database cuts off names that are as long as this.",
    f"PostgreSQL and MySQL take names of at most {MAX_BYTES} bytes.",
    "Choose a shorter name, or give the resource a shorter plural.",
)  # fmt: skip
INDEX_UNSUPPORTED = FaultCode(
    "index_unsupported", "The database cannot index these fields.",
    "JSON and lists compare differently from database to database, and the entries of an index "
    "of PostgreSQL and MySQL are bounded: a longer value could not be written.",
    "Give the texts a smaller `max_length`, or leave the field out of the index.",
)  # fmt: skip
CONDITION_UNSUPPORTED = FaultCode(
    "condition_unsupported", "The database cannot hold this condition.",
    "A check of a row, or the condition of a partial index, can only ask what the database finds "
    "in the row without a query of its own; on some, that leaves out what a list contains.",
    "Say the condition without it, or check it in a command.",
)  # fmt: skip
STORAGE_FAULTS = (
    STORAGE_UNSUPPORTED,
    STORAGE_NAME_TAKEN,
    STORAGE_NAME_LONG,
    INDEX_UNSUPPORTED,
    CONDITION_UNSUPPORTED,
)
"""Every fault that this module finds."""


def infeasible(contract: Contract, dialect: Dialect) -> tuple[Fault, ...]:
    """All that keeps the contract from running on this kind of database."""
    own = _DIALECT_CHECKS[dialect.name]
    return tuple(
        fault
        for resource in contract.resources
        for fault in chain(
            _types(resource, dialect),
            *(
                (
                    _taken(resource, dialect),
                    _unordered(resource),
                    _conditions(resource, contract, dialect),
                    *(check(resource) for check in own),
                )
                if resource.mapped is None
                else (_forms(resource, dialect),)
            ),
        )
    )


def _types(resource: Resource, dialect: Dialect) -> Iterator[Fault]:
    for field in resource.fields:
        reason = dialect.unsupported(field.type)
        if reason is not None:
            text = f"{resource.name}.{field.name}: {reason}"
            yield Fault(STORAGE_UNSUPPORTED, text, field.place)


def _forms(resource: Resource, dialect: Dialect) -> Iterator[Fault]:
    if not has_existing(dialect):
        text = f"{resource.name}: existing tables of {dialect.name} cannot be served"
        yield Fault(STORAGE_UNSUPPORTED, text, resource.place)
        return
    for field in resource.fields:
        text = f"{resource.name}.{field.name}: {dialect.name} has no values that are "
        if storage_of(dialect, field) is None:
            form = field.stored or "Charter's own"
            yield Fault(STORAGE_UNSUPPORTED, f"{text}stored as {form}", field.place)
        elif dialect is SQLITE and _is_rough(field) and digits_of(field.type) > MOST_DIGITS:
            text = f"{resource.name}.{field.name}: a number of SQLite's holds {MOST_DIGITS} digits"
            yield Fault(STORAGE_UNSUPPORTED, text, field.place)


def _is_rough(field: Field) -> bool:
    """Whether a decimal is read by way of a binary number."""
    return field.type.scalar is Scalar.DECIMAL and form_of(field) in {Form.NUMBER, Form.TEXT}


def _taken(resource: Resource, dialect: Dialect) -> Iterator[Fault]:
    tables = [(resource.table, resource.place)]
    tables += [(item.link.table, item.place) for item in resource.relations if item.link]
    for table, place in tables:
        if table in (*SYSTEM_TABLES, *HISTORY_NAMES, *IDENTITY_NAMES, *AUDIT_NAMES):
            yield Fault(STORAGE_NAME_TAKEN, f"the table {table} is Charter's own", place)
        prefix = _PREFIXES.get(dialect.name)
        if prefix is not None and table.startswith(prefix):
            text = f"the table {table}: names that begin with {prefix} are the database's own"
            yield Fault(STORAGE_NAME_TAKEN, text, place)
    shadows = {field.name + FOLDED: field for field in resource.search_fields}
    for field in resource.fields:
        if field.name in shadows:
            text = f"{resource.name}.{field.name} is the name of the column with which "
            text += f"{shadows[field.name].name} is searched"
            yield Fault(STORAGE_NAME_TAKEN, text, field.place)


_PREFIXES: Mapping[str, str] = MappingProxyType({SQLITE.name: "sqlite_", POSTGRES.name: "pg_"})


def _unordered(resource: Resource) -> Iterator[Fault]:
    for fields, place in indexed(resource):
        for field in fields:
            if field.type.many or field.type.scalar is Scalar.JSON:
                text = f"{resource.name}.{field.name}: JSON and lists cannot be unique or indexed"
                yield Fault(INDEX_UNSUPPORTED, text, place)


def _conditions(resource: Resource, contract: Contract, dialect: Dialect) -> Iterator[Fault]:
    said = [("the check", item.expression, item.place) for item in resource.checks]
    said += [("the index", item.where, item.place) for item in resource.indexes if item.where]
    for what, expression, place in said:
        text = row_condition(contract, dialect, resource, expression)
        if Token("select", word=True) in tokens(text):
            message = f"{resource.name}: {what} would need a query, which {dialect.name} refuses"
            yield Fault(CONDITION_UNSUPPORTED, message, place)


def _alike(resource: Resource) -> Iterator[Fault]:
    """SQLite takes names that differ in the case of ASCII letters only for the same."""
    seen: dict[str, str] = {}
    for field in resource.fields:
        other = seen.setdefault(field.name.lower(), field.name)
        if other != field.name:
            text = f"{resource.name}.{field.name} differs from {other} by its case only"
            yield Fault(STORAGE_NAME_TAKEN, text, field.place)


def _system_columns(resource: Resource) -> Iterator[Fault]:
    for field in resource.fields:
        if field.name in _SYSTEM_COLUMNS:
            text = f"{resource.name}.{field.name} is a column that every table of PostgreSQL has"
            yield Fault(STORAGE_NAME_TAKEN, text, field.place)


def _long_names(resource: Resource) -> Iterator[Fault]:
    names = [(resource.table, resource.place)]
    names += [(item.link.table, item.place) for item in resource.relations if item.link]
    names += [(field.name, field.place) for field in resource.fields]
    names += [(field.name + FOLDED, field.place) for field in resource.search_fields]
    for name, place in names:
        if len(name.encode()) > MAX_BYTES:
            text = f"{name} has {len(name.encode())} bytes, a database takes {MAX_BYTES}"
            yield Fault(STORAGE_NAME_LONG, text, place)


def _changed_by_server(resource: Resource) -> Iterator[Fault]:
    """MySQL refuses checks of columns that it may change by itself."""
    changed = {
        field.name: "is made by the database"
        if field.default is Made.SERIAL
        else "is set to null when the row that it names goes"
        for field in resource.fields
        if field.default is Made.SERIAL
        or (field.references is not None and field.on_delete is OnDelete.SET_NULL)
    }
    for check in resource.checks:
        for part in walk(check.expression):
            if isinstance(part, Column) and not part.path and part.field in changed:
                text = f"{resource.name}: a check of MySQL cannot ask for {part.field}, "
                yield Fault(
                    CONDITION_UNSUPPORTED, text + "which " + changed[part.field], check.place
                )


def _not_below(resource: Resource) -> Iterator[Fault]:
    """MySQL stores no value of what it may change or delete by itself, nor MariaDB of a UUID: how
    a text of fixed length is compared is a setting of each session."""
    never: dict[str, str] = {}
    for field in resource.fields:
        if field.references is not None and field.on_delete is not OnDelete.RESTRICT:
            never[field.name] = "which follows the row that it names when that goes"
        elif field.type.scalar is Scalar.UUID and not field.type.many:
            never[field.name] = "which is a UUID"
    for computed in resource.computed:
        for part in walk(computed.expression) if computed.stored else ():
            if isinstance(part, Column) and not part.path and part.field in never:
                text = f"{resource.name}.{computed.name}: MySQL stores no value of {part.field}, "
                yield Fault(STORAGE_UNSUPPORTED, text + never[part.field], computed.place)


def _computed_keys(resource: Resource) -> Iterator[Fault]:
    """MySQL has to know how long an indexed text can be."""
    for index in resource.indexes:
        for name in (field.removeprefix("-") for field in (*index.fields, *index.include)):
            kind = resource.type_of(name)
            if kind is None:
                continue
            computed = name in resource.computed_named and kind.scalar in TEXTUAL
            if computed or kind.many or kind.scalar is Scalar.JSON:
                text = f"{resource.name}.{name}: an index of MySQL has no computed texts, "
                yield Fault(INDEX_UNSUPPORTED, f"{text}JSON or lists", index.place)


def _wide_keys(resource: Resource) -> Iterator[Fault]:
    for fields, place in indexed(resource, carried=True):
        names = ", ".join(field.name for field in fields)
        if len(fields) > KEY_COLUMNS:
            text = f"{resource.name} ({names}): an index of MySQL has at most {KEY_COLUMNS} columns"
            yield Fault(INDEX_UNSUPPORTED, text, place)
        texts = [field for field in fields if field.type.scalar in TEXTUAL and not field.type.many]
        room = (KEY_BYTES - _KEY_PART_BYTES * (len(fields) + 1)) // _CHARACTER_BYTES
        if sum(characters(field) for field in texts) > room:
            text = f"{resource.name} ({names}): MySQL can index texts of at most {room} "
            text += "characters in all; give them a `max_length`"
            yield Fault(INDEX_UNSUPPORTED, text, place)


def _wide_entries(resource: Resource) -> Iterator[Fault]:
    for fields, place in indexed(resource):
        names = ", ".join(field.name for field in fields)
        if len(fields) > INDEX_COLUMNS:
            text = f"{resource.name} ({names}): an index has at most {INDEX_COLUMNS} columns"
            yield Fault(INDEX_UNSUPPORTED, text, place)
        texts = [field for field in fields if field.type.scalar in TEXTUAL and not field.type.many]
        room = (INDEX_BYTES - _ENTRY_BYTES * len(fields)) // _CHARACTER_BYTES
        if sum(characters(field) for field in texts) > room:
            text = f"{resource.name} ({names}): PostgreSQL can index texts of at most {room} "
            text += "characters in all; give them a `max_length`"
            yield Fault(INDEX_UNSUPPORTED, text, place)


Check = Callable[[Resource], Iterator[Fault]]
_ON_MYSQL = (_computed_keys, _wide_keys, _changed_by_server, _not_below)
_DIALECT_CHECKS: Mapping[str, tuple[Check, ...]] = MappingProxyType(
    {
        SQLITE.name: (_alike,),
        POSTGRES.name: (_system_columns, _long_names, _wide_entries),
        MYSQL.name: (
            _alike,
            _long_names,
            _computed_keys,
            _wide_keys,
            _changed_by_server,
            _not_below,
        ),
    }
)
