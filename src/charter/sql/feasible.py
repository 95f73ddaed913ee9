"""What a database cannot do as the contract promises, said before it runs."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from types import MappingProxyType

from charter.contract.contract import Contract
from charter.contract.faults import Fault, FaultCode
from charter.contract.mapping import Form
from charter.contract.resource import Field, Resource
from charter.contract.types import DEFAULT_TEXT_LENGTH, TEXTUAL, Scalar, digits_of
from charter.core.places import Place
from charter.plan.texts import EMAIL_LENGTH, URL_LENGTH
from charter.sql.audit import AUDIT_NAMES
from charter.sql.dialect import Dialect
from charter.sql.existing.forms import storage_of
from charter.sql.existing.sqlite import MOST_DIGITS
from charter.sql.existing.storage import form_of
from charter.sql.expressions import row_condition
from charter.sql.identity.tables import IDENTITY_NAMES
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
_CHARACTER_BYTES = 4
_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})

KEY_LENGTH = 255
"""Characters of a key that is a text: a subject of OpenID Connect has no more (Core, section 2)."""
_LENGTHS: Mapping[Scalar, int] = MappingProxyType(
    {Scalar.EMAIL: EMAIL_LENGTH, Scalar.URL: URL_LENGTH}
)

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
    f"PostgreSQL takes names of at most {MAX_BYTES} bytes.",
    "Choose a shorter name, or give the resource a shorter plural.",
)  # fmt: skip
INDEX_UNSUPPORTED = FaultCode(
    "index_unsupported", "The database cannot index these fields.",
    "JSON and lists compare differently from database to database, and the entries of an index "
    "of PostgreSQL are bounded: a longer value could not be written.",
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
        prefix = _PREFIXES[dialect.name]
        if table.startswith(prefix):
            text = f"the table {table}: names that begin with {prefix} are the database's own"
            yield Fault(STORAGE_NAME_TAKEN, text, place)
    shadows = {field.name + FOLDED: field for field in resource.search_fields}
    for field in resource.fields:
        if field.name in shadows:
            text = f"{resource.name}.{field.name} is the name of the column with which "
            text += f"{shadows[field.name].name} is searched"
            yield Fault(STORAGE_NAME_TAKEN, text, field.place)


_PREFIXES: Mapping[str, str] = MappingProxyType({SQLITE.name: "sqlite_", POSTGRES.name: "pg_"})


Group = tuple[tuple[Field, ...], Place]


def _indexed(resource: Resource) -> Iterator[Group]:
    """The fields of each key and index, and where it was said."""
    for field in resource.fields:
        if field.unique or field is resource.key or field.references is not None:
            yield (field,), field.place
    named = [(item.fields, item.place) for item in resource.uniques]
    named += [(item.fields, item.place) for item in resource.indexes]
    for names, place in named:
        fields = (resource.field_named.get(name.removeprefix("-")) for name in names)
        yield tuple(field for field in fields if field is not None), place


def _unordered(resource: Resource) -> Iterator[Fault]:
    for fields, place in _indexed(resource):
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
            text = f"{name} has {len(name.encode())} bytes, PostgreSQL takes {MAX_BYTES}"
            yield Fault(STORAGE_NAME_LONG, text, place)


def _wide_entries(resource: Resource) -> Iterator[Fault]:
    for fields, place in _indexed(resource):
        names = ", ".join(field.name for field in fields)
        if len(fields) > INDEX_COLUMNS:
            text = f"{resource.name} ({names}): an index has at most {INDEX_COLUMNS} columns"
            yield Fault(INDEX_UNSUPPORTED, text, place)
        texts = [field for field in fields if field.type.scalar in TEXTUAL and not field.type.many]
        room = (INDEX_BYTES - _ENTRY_BYTES * len(fields)) // _CHARACTER_BYTES
        if sum(_characters(field) for field in texts) > room:
            text = f"{resource.name} ({names}): PostgreSQL can index texts of at most {room} "
            text += "characters in all; give them a `max_length`"
            yield Fault(INDEX_UNSUPPORTED, text, place)


def _characters(field: Field) -> int:
    """The most characters that a value has."""
    kind = field.type
    if kind.choices:
        return max(len(choice) for choice in kind.choices)
    if kind.max_length is not None:
        return kind.max_length
    if field.name == "id" or field.references is not None:
        return KEY_LENGTH
    return _LENGTHS.get(kind.scalar, DEFAULT_TEXT_LENGTH)


Check = Callable[[Resource], Iterator[Fault]]
_DIALECT_CHECKS: Mapping[str, tuple[Check, ...]] = MappingProxyType(
    {
        SQLITE.name: (_alike,),
        POSTGRES.name: (_system_columns, _long_names, _wide_entries),
    }
)
