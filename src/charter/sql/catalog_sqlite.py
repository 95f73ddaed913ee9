"""The catalog of SQLite 3.40 and later, as far as a contract's schema goes."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from charter.sql.catalog_reading import Catalog, Rows
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
from charter.sql.table_text import Clause, Kind, predicate, table_text

_KINDS = {"view": "a view", "virtual": "a virtual table", "shadow": "part of a virtual table"}

# Names of other kinds (views, virtual tables and what belongs to them) are taken, no more.
_TABLES = Statement(
    """
    SELECT s.name, t.type, t.strict, t.wr, s.sql
    FROM sqlite_schema AS s JOIN pragma_table_list AS t ON t.schema = 'main' AND t.name = s.name
    WHERE s.type IN ('table', 'view') AND substr(s.name, 1, 7) <> 'sqlite_'
    ORDER BY s.rowid
    """,
    label="catalog: tables",
)
_OWN_TABLES = """sqlite_schema AS s
    JOIN pragma_table_list AS t ON t.schema = 'main' AND t.name = s.name AND t.type = 'table'"""
_COLUMNS = Statement(
    f"""
    SELECT s.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
    FROM {_OWN_TABLES} JOIN pragma_table_xinfo(s.name) AS c
    WHERE substr(s.name, 1, 7) <> 'sqlite_' ORDER BY s.rowid, c.cid
    """,  # noqa: S608 - a constant of this module
    label="catalog: columns",
)
_REFERENCES = Statement(
    f"""
    SELECT s.name, f.id, f."from", f."table", f."to", f.on_delete, f.on_update
    FROM {_OWN_TABLES} JOIN pragma_foreign_key_list(s.name) AS f
    ORDER BY s.rowid, f.id DESC, f.seq
    """,  # noqa: S608 - a constant of this module
    label="catalog: foreign keys",
)
_INDEXES = Statement(
    f"""
    SELECT s.name, i.name, i."unique", i.origin, x.name, x."desc", x.coll, d.sql
    FROM {_OWN_TABLES}
    JOIN pragma_index_list(s.name) AS i JOIN pragma_index_xinfo(i.name) AS x ON x.key
    LEFT JOIN sqlite_schema AS d ON d.type = 'index' AND d.name = i.name
    ORDER BY s.rowid, i.seq DESC, x.seqno
    """,  # noqa: S608 - a constant of this module
    label="catalog: indexes",
)
_TRIGGERS = Statement(
    "SELECT tbl_name, name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid",
    label="catalog: triggers",
)
_TRIGGER = re.compile(
    r"CREATE TRIGGER \S+ (BEFORE|AFTER) (UPDATE|DELETE|INSERT) ON \S+ (.*)", re.DOTALL
)


def _read(results: Sequence[Rows]) -> Schema:
    tables, *parts = results
    columns, references, indexes, triggers = (_grouped(rows) for rows in parts)
    return Schema(
        tuple(
            replace(
                _Reader(name, text).table(
                    columns[name], references[name], indexes[name], modifiers
                ),
                triggers=tuple(_trigger(*row) for row in triggers[name]),
            )
            if kind == "table"
            else Table(name, (), modifiers=_KINDS[kind])
            for name, kind, strict, without_rowid, text in tables
            for modifiers in [_modifiers({"STRICT": strict, "WITHOUT ROWID": without_rowid})]
        )
    )


def _grouped(rows: Rows) -> dict[Any, list[Sequence[Any]]]:
    """The rows by their first column, without it."""
    found: dict[Any, list[Sequence[Any]]] = defaultdict(list)
    for first, *rest in rows:
        found[first].append(rest)
    return found


def _modifiers(flags: Mapping[str, Any]) -> str:
    return ", ".join(text for text, holds in flags.items() if holds)


class _Reader:
    """Puts one table together from what the pragmas tell and what its text says."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = table_text(text)

    def table(
        self, columns: list[Sequence[Any]], references: Rows, indexes: Rows, modifiers: str
    ) -> Table:
        by_index = _grouped(indexes)
        return Table(
            self._name,
            tuple(self._column(*row) for row in columns),
            self._key(columns),
            tuple(self._reference(rows) for rows in _grouped(references).values()),
            tuple(self._unique(rows) for rows in by_index.values() if rows[0][1] == "u"),
            tuple(self._checks()),
            tuple(_index(name, rows) for name, rows in by_index.items() if rows[0][1] == "c"),
            modifiers,
        )

    def _column(self, name: str, kind: str, not_null: int, default: str | None, _: int) -> Column:
        collation = self._text.collations.get(name)
        generated = self._text.generated.get(name)
        return Column(
            name,
            f"{kind} COLLATE {collation}" if collation else kind,
            not not_null,
            default,
            any(clause.numbered and clause.columns == (name,) for clause in self._text.clauses),
            generated or None,
        )

    def _key(self, columns: list[Sequence[Any]]) -> PrimaryKey | None:
        ranked = sorted((rank, name) for name, *_, rank in columns if rank)
        names = tuple(name for _, name in ranked)
        return PrimaryKey(self._clause("primary", names).name, names) if names else None

    def _unique(self, rows: list[Sequence[Any]]) -> UniqueKey:
        names = tuple(row[2] for row in rows)
        modifiers = _modifiers({"with another collation": _collated(rows)})
        return UniqueKey(self._clause("unique", names).name, names, modifiers)

    def _reference(self, rows: list[Sequence[Any]]) -> ForeignKey:
        names = tuple(row[0] for row in rows)
        _, target, _, on_delete, on_update = rows[0]
        clause = self._clause("foreign", names)
        flags = {
            "with an action on update": on_update != "NO ACTION",
            "deferrable": clause.deferrable,
        }
        theirs = tuple(row[2] for row in rows if row[2] is not None)
        action = on_delete.lower()
        return ForeignKey(clause.name, names, target, theirs, action, _modifiers(flags))

    def _checks(self) -> Iterator[CheckRule]:
        for clause in self._text.clauses:
            if clause.kind == "check":
                yield CheckRule(clause.name, clause.condition, columns=clause.columns)

    def _clause(self, kind: Kind, columns: tuple[str, ...]) -> Clause:
        """What the text says of a constraint that a pragma tells of."""
        wanted = [name.lower() for name in columns]
        for clause in self._text.clauses:
            if clause.kind == kind and [name.lower() for name in clause.columns] == wanted:
                return clause
        return Clause(kind, "")


def _trigger(name: str, text: str) -> Trigger:
    found = _TRIGGER.fullmatch(text)
    if found is None:
        return Trigger(name, "", text)
    return Trigger(name, f"{found[1]} {found[2]}", found[3])


def _index(name: str, rows: list[Sequence[Any]]) -> TableIndex:
    unique, _, _, _, _, text = rows[0]
    parts = tuple(IndexedColumn(row[2] or "an expression", bool(row[3])) for row in rows)
    modifiers = _modifiers({"with another collation": _collated(rows)})
    return TableIndex(name, parts, predicate(text), bool(unique), modifiers)


def _collated(rows: list[Sequence[Any]]) -> bool:
    return any(row[4] != "BINARY" for row in rows)


SQLITE_CATALOG = Catalog((_TABLES, _COLUMNS, _REFERENCES, _INDEXES, _TRIGGERS), _read)
