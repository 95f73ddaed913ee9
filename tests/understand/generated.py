"""Schemas that nobody has thought of, drawn for a database and written as its SQL."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

NAMES = (
    "user", "User", "users", "order", "Order", "order_items", "OrderLine", "tblCustomer", "policy",
    "event", "from", "class", "id", "ID", "Id", "items", "count", "list", "date", "datetime",
    "int", "str", "field", "now", "created_at", "updatedAt", "version", "lock_version", "name",
    "email", "password_hash", "price", "deleted_at", "owner_id", "owner_type", "owner", "ownerId",
    "parent_id", "customer_id", "CustomerId", "customer", "website", "2fa", "a b", "ä", "имя",
    'q"q', "q'q", "new\nline", "#", "back\\slash", '"""', "__x__", "x" * 60, "_", "%s", "{}",
    "self", "cls", "row", "actor", "shop", "allow", "Resource", "Decimal", "Literal", "None",
)  # fmt: skip
TEXTS = ("a", "B c", "it's", '"', "\\", '"""', "", "new\nline", "#x", "ü", "0", "1.5", "{0}")
SQLITE_TYPES = (
    "INTEGER", "int", "varchar(20)", "TEXT", "numeric(10,2)", "decimal", "real", "boolean", "date",
    "datetime", "blob", "", "json", "uuid", "char(3)", "STRING", "timestamp", "tinyint(1)", "money",
    "numeric(40, 20)", "VARCHAR(9999999)", "weird type(1, 2)", "float8",
)  # fmt: skip
POSTGRES_TYPES = (
    "integer", "bigint", "smallint", "varchar(20)", "text", "numeric(10,2)", "numeric", "real",
    "double precision", "boolean", "date", "timestamp", "timestamptz", "bytea", "jsonb", "json",
    "uuid", "char(3)", "text[]", "interval", "money", "inet", "numeric(3, 5)", "time", "varchar",
)  # fmt: skip
MYSQL_TYPES = (
    "int",
    "bigint unsigned",
    "smallint",
    "int(10) unsigned",
    "varchar(20)",
    "text",
    "tinytext",
    "decimal(10,2)",
    "decimal(5) unsigned",
    "float",
    "double",
    "double(8,2)",
    "tinyint(1)",
    "bit(1)",
    "bit(5)",
    "date",
    "datetime",
    "timestamp",
    "datetime(3)",
    "blob",
    "json",
    "char(36)",
    "char(3)",
    "year",
    "time",
    "enum('a','B c','it''s')",
    "set('a','b')",
    "binary(16)",
    "int(5) zerofill",
)
_MYSQL_KEYS = ("int", "bigint", "int unsigned", "varchar(20)", "char(36)", "date")
_KEYS = ("integer", "bigint", "text", "varchar(20)", "uuid", "date")
_NUMBERS = frozenset(
    {"integer", "bigint", "smallint", "int", "INTEGER", "numeric(10,2)", "real", "decimal(10,2)"}
)
_TYPES = {"sqlite": SQLITE_TYPES, "postgresql": POSTGRES_TYPES, "mysql": MYSQL_TYPES}
_UNKEYED = {
    "sqlite": frozenset({"json", "jsonb"}),
    "postgresql": frozenset({"json", "jsonb"}),
    "mysql": frozenset({"json", "text", "tinytext", "blob"}),
}
_UNINDEXED = frozenset({"json", "point", "text", "tinytext", "blob"})
_WORDY = frozenset({"text", "TEXT", "varchar(20)", "varchar"})


@dataclass(frozen=True, slots=True)
class DrawnColumn:
    name: str
    type: str
    tail: str


@dataclass(frozen=True, slots=True)
class DrawnTable:
    """A table. `constraints` are the texts of its own, `references` those to other tables."""

    name: str
    columns: tuple[DrawnColumn, ...]
    constraints: tuple[str, ...]
    references: tuple[str, ...]
    after: tuple[str, ...]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


names = st.sampled_from(NAMES)


@st.composite
def tables(draw: st.DrawFn, dialect: str) -> tuple[DrawnTable, ...]:
    """Some tables, any of which may refer to any other."""
    called = draw(st.lists(names, min_size=1, max_size=5, unique_by=str.lower))
    fit = st.sampled_from(_MYSQL_KEYS if dialect == "mysql" else _KEYS)
    keys = {name: draw(fit) for name in called}
    return tuple(draw(_table(name, keys, dialect)) for name in called)


@st.composite
def _table(draw: st.DrawFn, name: str, keys: dict[str, str], dialect: str) -> DrawnTable:
    types = st.sampled_from(_TYPES[dialect])
    called = draw(st.lists(names, min_size=1, max_size=7, unique_by=str.lower))
    key = called[0]
    keyed = draw(st.sampled_from(["one", "one", "one", "unique", "two", "none"]))
    columns = [DrawnColumn(key, keys[name], "" if keyed == "one" else _null(draw))]
    references = []
    for column in called[1:]:
        target = draw(st.one_of(st.none(), st.none(), st.sampled_from(sorted(keys))))
        kind = draw(types) if target is None else keys[target]
        columns.append(DrawnColumn(column, kind, _null(draw) + _default(draw, kind)))
        if target is not None:
            action = draw(st.sampled_from(["", " ON DELETE CASCADE", " ON DELETE SET NULL"]))
            references.append((column, target, action))
    constraints = []
    if keyed == "one":
        constraints.append(f"PRIMARY KEY ({quoted(key)})")
    elif keyed == "unique":
        constraints.append(f"UNIQUE ({quoted(key)})")
    elif keyed == "two" and len(called) > 1 and columns[1].type not in _UNKEYED[dialect]:
        constraints.append(f"PRIMARY KEY ({quoted(key)}, {quoted(called[1])})")
    constraints += [check for column in columns if (check := _check(draw, column))]
    return DrawnTable(
        name,
        tuple(columns),
        tuple(constraints),
        tuple(_reference(*item, dialect) for item in references),
        _after(draw, name, columns, dialect),
    )


def _reference(column: str, target: str, action: str, dialect: str) -> str:
    # SQLite looks for the key when a row is written; PostgreSQL wants it there.
    return f"FOREIGN KEY ({quoted(column)}) REFERENCES {quoted(target)}{action}"


def _null(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(["", " NOT NULL"]))


def _default(draw: st.DrawFn, kind: str) -> str:
    if not draw(st.booleans()):
        return ""
    if kind in _WORDY:
        return f" DEFAULT {text(draw(st.sampled_from(TEXTS)))}"
    if kind in _NUMBERS:
        return f" DEFAULT {draw(st.sampled_from(['0', '1', '-5', '(2)', '1.5']))}"
    if kind in {"timestamp", "datetime", "timestamptz"}:
        return " DEFAULT CURRENT_TIMESTAMP"
    return " DEFAULT NULL" if draw(st.booleans()) else ""


def _check(draw: st.DrawFn, column: DrawnColumn) -> str:
    name = quoted(column.name)
    if not draw(st.booleans()):
        return ""
    if column.type in _WORDY:
        some = draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=6))
        return draw(
            st.sampled_from(
                [
                    f"CHECK ({name} IN ({', '.join(map(text, some))}))",
                    f"CHECK (length({name}) <= {draw(st.integers(-1, 30))})",
                    f"CHECK (length({name}) > {draw(st.integers(-1, 30))})",
                    f"CHECK ({name} IS NULL OR {name} <> {text(some[0])})",
                    f"CHECK ({name} LIKE '%@%' OR length({name}) = 3)",
                ]
            )
        )
    if column.type in _NUMBERS:
        low, high = draw(st.integers(-9, 9)), draw(st.integers(-9, 9))
        return draw(
            st.sampled_from(
                [
                    f"CHECK ({name} >= {low} AND {name} < {high})",
                    f"CHECK ({name} BETWEEN {low} AND {high})",
                    f"CHECK ({name} IN (0, 1))",
                    f"CHECK ({name} > {low}.5)",
                    f"CHECK ({name} * 2 > {low} OR NOT {name} < {high})",
                    f"CHECK ({low} <= {name})",
                ]
            )
        )
    return ""


def _after(
    draw: st.DrawFn, table: str, columns: Sequence[DrawnColumn], dialect: str
) -> tuple[str, ...]:
    """Indexes, which have names of their own in the whole database."""
    bad = _UNINDEXED if dialect == "mysql" else {"json", "point"}
    fit = [column.name for column in columns if column.type not in bad]
    if not fit or not draw(st.booleans()):
        return ()
    chosen = draw(st.lists(st.sampled_from(fit), min_size=1, max_size=3, unique=True))
    unique = draw(st.sampled_from(["", "UNIQUE "]))
    shown = ", ".join(f"{quoted(name)} {draw(st.sampled_from(['', 'DESC']))}" for name in chosen)
    name = quoted(chosen[0])
    kind = next(column.type for column in columns if column.name == chosen[0])
    wheres = ["", f" WHERE {name} IS NOT NULL"]
    wheres += [f" WHERE {name} IN ('a', 'B c')", f" WHERE {name} = 'a'"] if kind in _WORDY else []
    wheres += [f" WHERE {name} > 3", f" WHERE {name} < -1"] if kind in _NUMBERS else []
    where = "" if dialect == "mysql" else draw(st.sampled_from(wheres))
    name = quoted(f"{table[:20]} index {len(columns)}")
    return (f"CREATE {unique}INDEX {name} ON {quoted(table)} ({shown}){where}",)


def sqlite_script(drawn: Sequence[DrawnTable]) -> str:
    return ";\n".join(
        statement
        for table in drawn
        for statement in (_create(table, (*table.constraints, *table.references)), *table.after)
    )


def postgres_script(drawn: Sequence[DrawnTable]) -> str:
    """References come last, each in a block of its own: one that cannot be is left out."""
    lines = [
        statement
        for table in drawn
        for statement in (_create(table, table.constraints), *table.after)
    ]
    for table in drawn:
        for reference in table.references:
            statement = f"ALTER TABLE {quoted(table.name)} ADD {reference}"
            lines.append(f"DO $do$ BEGIN {statement}; EXCEPTION WHEN OTHERS THEN NULL; END $do$")
    return ";\n".join(lines)


_LITERAL = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'""")


def _doubled(text: str) -> str:
    return text if text.startswith('"') else text.replace("\\", "\\\\")


def mysql_statements(drawn: Sequence[DrawnTable]) -> list[str]:
    """Each may fail: a table, an index or a reference that cannot be is left out."""
    made = [
        _LITERAL.sub(lambda found: _doubled(found[0]), statement)
        for table in drawn
        for statement in (_create(table, table.constraints), *table.after)
    ]
    made = [statement.replace(" NOT NULL DEFAULT NULL", " NOT NULL") for statement in made]
    return made + [
        f"ALTER TABLE {quoted(table.name)} ADD {_with_key(reference, drawn)}"
        for table in drawn
        for reference in table.references
    ]


def _with_key(reference: str, drawn: Sequence[DrawnTable]) -> str:
    """The key that is meant has to be named."""
    head, word, rest = reference.partition(" REFERENCES ")
    for table in drawn:
        name = quoted(table.name)
        if rest == name or rest.startswith(f"{name} "):
            rest = f"{name} ({quoted(table.columns[0].name)}){rest.removeprefix(name)}"
            break
    return f"{head}{word}{rest}"


def _create(table: DrawnTable, constraints: Sequence[str]) -> str:
    columns = [f"{quoted(item.name)} {item.type}{item.tail}" for item in table.columns]
    return f"CREATE TABLE {quoted(table.name)} ({', '.join([*columns, *constraints])})"


values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1, 1_700_000_000, 1_700_000_000_000]),
    st.floats(allow_nan=False),
    st.sampled_from(
        ["2026-01-02", "2026-01-02 03:04:05", "2026-01-02T03:04:05Z", "a@b.example", "x",
         "https://a.example", "0f0e0d0c-0b0a-4998-8776-655443322110", "{}", "", "t"]
    ),
    st.binary(max_size=3),
)  # fmt: skip
"""What may stand in any column of SQLite."""
