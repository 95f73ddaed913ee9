"""The catalog of MySQL 8 and MariaDB 10.11 and later, as far as a contract's schema goes.

It is read from what `SHOW CREATE TABLE` says, one part a line: the only place that tells of
temporary tables too, in which the contract's tables are spelt.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from charter.sql.catalog_reading import Catalog, Rows
from charter.sql.names import quote
from charter.sql.schema import (
    CheckRule,
    Column,
    ForeignKey,
    IndexedColumn,
    PrimaryKey,
    Schema,
    Table,
    TableIndex,
    Trigger,
    UniqueKey,
)
from charter.sql.statement import Statement

KEY_NAME = "PRIMARY"
"""What every primary key is called."""
_KINDS = {"VIEW": "a view", "SEQUENCE": "a sequence", "SYSTEM VERSIONED": "system-versioned"}
_BINARY = frozenset({"utf8mb4_nopad_bin", "utf8mb4_0900_bin"})

_TABLES = Statement("SHOW FULL TABLES", label="catalog: tables")

# Where several run at the same moment, they do so in this order.
_TRIGGERS = Statement(
    "SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement "
    "FROM information_schema.triggers WHERE trigger_schema = database() "
    "ORDER BY event_object_table, action_timing, event_manipulation, action_order",
    label="catalog: triggers",
)

_NAME = r'"((?:[^"]|"")*)"'
_PLAIN = r'"(?:[^"]|"")*"'
_LISTED = rf"{_PLAIN}(?:, ?{_PLAIN})*"
_SAID = re.compile(r"(?P<comment> COMMENT )?'(?:[^'\\]|''|\\.)*'", re.DOTALL)
_COLUMN = re.compile(
    rf"{_NAME} (?P<type>\w+(?:\((?:'(?:[^']|'')*'|[^()'])*\))?(?: unsigned)?(?: zerofill)?)"
    r"(?: CHARACTER SET \w+)?(?: COLLATE (?P<collation>\w+))?(?P<rest>.*)",
    re.DOTALL,
)
_GENERATED = re.compile(r"(?:GENERATED ALWAYS )?AS \((.*)\) (VIRTUAL|STORED|PERSISTENT)", re.DOTALL)
_DEFAULT = re.compile(r" DEFAULT (?P<value>b?'(?:[^']|'')*'|\((?:.*)\)|[\w.()-]+)")
_OWN_CHECK = re.compile(r" CHECK \((?P<expression>.*)\)$", re.DOTALL)
_INDEX = re.compile(
    rf"(?P<kind>UNIQUE |FULLTEXT |SPATIAL |VECTOR )?KEY {_NAME} (?P<rest>.*)", re.DOTALL
)
_PART = re.compile(
    rf"(?:{_NAME}(?P<length>\(\d+\))?|(?P<expression>\(.*?\)))(?P<desc> DESC)?(?:,|$)"
)
_REFERENCE = re.compile(
    rf"CONSTRAINT {_NAME} FOREIGN KEY \((?P<own>{_LISTED})\) REFERENCES"
    rf" (?P<target>{_PLAIN}(?:\.{_PLAIN})?) \((?P<theirs>{_LISTED})\)(?P<rest>.*)",
    re.DOTALL,
)
_CHECK = re.compile(rf"CONSTRAINT {_NAME} CHECK \((?P<expression>.*)\)(?P<rest>[^)]*)$", re.DOTALL)
_ENGINE = re.compile(r"\bENGINE=(\w+)")
_COLLATION = re.compile(r"\bCOLLATE=(\w+)")
_CHARSET = re.compile(r"\bCHARSET=(\w+)")
_TEXTS = re.compile(r"(?:var)?char|(?:tiny|medium|long)?text|enum|set")


def _shown(table: str) -> Statement:
    return Statement(f"SHOW CREATE TABLE {quoted(table)}", label="catalog: table")


def quoted(name: str) -> str:
    """A name that a database has, as it is (`quote` may leave it as a word of SQL's)."""
    return quote(name) if '"' in quote(name) else f'"{name}"'


def _read(results: Sequence[Rows]) -> Schema:
    tables, triggers, *shown = results
    texts = {rows[0][0]: str(rows[0][1]) for rows in shown if rows}
    triggered: dict[str, list[Trigger]] = defaultdict(list)
    for table, name, when, event, body in triggers:
        triggered[table].append(Trigger(name, f"{when} {event}", f"FOR EACH ROW {body}"))
    return Schema(
        tuple(
            replace(table_of(name, texts[name]), triggers=tuple(triggered[name]))
            if kind == "BASE TABLE"
            else Table(name, (), modifiers=_KINDS.get(kind, kind.lower()))
            for name, kind in tables
        )
    )


def table_of(name: str, text: str) -> Table:
    """A table from what `SHOW CREATE TABLE` says of it."""
    _, *lines = text.splitlines()
    end = max(place for place, line in enumerate(lines) if line.startswith(")"))
    options = " ".join(lines[end:])
    parts = list(_parts(lines[:end]))
    collation = _collation(options)
    columns = [_uncommented(part) for part in parts if part.startswith('"')]
    keys = [part for part in parts if part.startswith("PRIMARY KEY")]
    indexes = [_index(found) for part in parts if (found := _INDEX.match(part))]
    references = [_reference(found) for part in parts if (found := _REFERENCE.match(part))]
    checks = [_check(found) for part in parts if (found := _CHECK.match(part))]
    checks += [own for part in columns if (own := _own_check(part)) is not None]
    return Table(
        name,
        tuple(_column(part, collation) for part in columns),
        PrimaryKey(KEY_NAME, _names(keys[0][keys[0].index("(") :])) if keys else None,
        tuple(references),
        tuple(index for index in indexes if isinstance(index, UniqueKey)),
        tuple(checks),
        tuple(index for index in indexes if isinstance(index, TableIndex)),
        _modifiers(options),
    )


def _parts(lines: Sequence[str]) -> Iterator[str]:
    """The parts of a table, each without the comma behind it."""
    part = ""
    for line in lines:
        # A part begins with two blanks; what does not goes on with the one before.
        if part and line.startswith("  ") and not line.startswith("   "):
            yield part.removesuffix(",")
            part = line.strip()
        else:
            part = f"{part}\n{line}" if part else line.strip()
    if part:
        yield part.removesuffix(",")


def _uncommented(column: str) -> str:
    """Without its comment, which may say anything."""
    return _SAID.sub(lambda found: "" if found["comment"] else found[0], column)


def _collation(options: str) -> str:
    named = _COLLATION.search(options)
    if named:
        return named[1]
    charset = _CHARSET.search(options)
    return f"the one of {charset[1]}" if charset else "another"


def _column(text: str, inherited: str) -> Column:
    found = _COLUMN.match(text)
    if found is None:
        raise ValueError(f"a column that cannot be read: {text}")
    kind, rest = found["type"], found["rest"]
    if _TEXTS.match(kind):
        collation = found["collation"] or inherited
        kind += "" if collation in _BINARY else f" COLLATE {collation}"
    name, nullable = _plain(found[1]), " NOT NULL" not in rest
    generated = _GENERATED.search(rest)
    if generated is not None:
        kind += " virtual" if generated[2] == "VIRTUAL" else ""
        return Column(name, kind, nullable, generated=generated[1])
    given = _DEFAULT.search(rest)
    default = given["value"] if given and given["value"] != "NULL" else None
    return Column(name, kind, nullable, default, " AUTO_INCREMENT" in rest)


def _own_check(text: str) -> CheckRule | None:
    found = _OWN_CHECK.search(text)
    return CheckRule("", found["expression"]) if found else None


def _index(found: re.Match[str]) -> UniqueKey | TableIndex:
    kind, name, rest = found["kind"], _plain(found[2]), found["rest"]
    inside, _, options = rest.rpartition(")")
    parts = list(_PART.finditer(inside.removeprefix("(")))
    modifiers = ", ".join(
        filter(
            None,
            (
                kind.strip().lower() if kind and kind != "UNIQUE " else "",
                "of prefixes" if any(part["length"] for part in parts) else "",
                options.strip().lower().replace("using btree", ""),
            ),
        )
    )
    if kind == "UNIQUE " and all(part[1] is not None for part in parts):
        return UniqueKey(name, tuple(_plain(part[1]) for part in parts), modifiers)
    columns = tuple(
        IndexedColumn(
            part["expression"] if part[1] is None else _plain(part[1]), part["desc"] is not None
        )
        for part in parts
    )
    return TableIndex(name, columns, None, kind == "UNIQUE ", modifiers)


def _reference(found: re.Match[str]) -> ForeignKey:
    rest = found["rest"]
    action = re.search(r"ON DELETE (RESTRICT|CASCADE|SET NULL|NO ACTION|SET DEFAULT)", rest)
    # InnoDB takes RESTRICT and NO ACTION for the same.
    said = action[1].lower().replace("restrict", "no action") if action else "no action"
    update = re.search(r"ON UPDATE (CASCADE|SET NULL|SET DEFAULT)", rest)
    target = found["target"].replace('"."', ".").strip('"').replace('""', '"')
    return ForeignKey(
        _plain(found[1]),
        _names(found["own"]),
        target,
        _names(found["theirs"]),
        said,
        "with an action on update" if update else "",
    )


def _check(found: re.Match[str]) -> CheckRule:
    modifiers = "not enforced" if "NOT ENFORCED" in found["rest"] else ""
    return CheckRule(_plain(found[1]), found["expression"], modifiers)


def _modifiers(options: str) -> str:
    engine = _ENGINE.search(options)
    found = ["" if engine is None or engine[1] == "InnoDB" else f"of the engine {engine[1]}"]
    found.append("partitioned" if "PARTITION BY" in options else "")
    found.append("system-versioned" if "SYSTEM VERSIONING" in options else "")
    return ", ".join(filter(None, found))


def _names(text: str) -> tuple[str, ...]:
    return tuple(_plain(name) for name in re.findall(_NAME, text))


def _plain(name: Any) -> str:
    return str(name).replace('""', '"')


MYSQL_CATALOG = Catalog((_TABLES, _TRIGGERS), _read, each=_shown, table_of=table_of)
