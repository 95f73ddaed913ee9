"""The catalog of PostgreSQL 14 and later, as far as a contract's schema goes.

It reads the first schema of the search path, where unqualified names are created and found.
A column of a domain has the type that the domain is of.
Row security counts where it holds for whoever reads: not that of `rls`, which lets the service
through.
"""

from collections import defaultdict
from collections.abc import Sequence
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

_KINDS = {
    "p": "partitioned",
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
}
_ACTIONS = {
    "a": "no action",
    "r": "restrict",
    "c": "cascade",
    "n": "set null",
    "d": "set default",
}

_TABLES = Statement(
    """
    SELECT c.relname::text, c.relkind::text, c.relpersistence::text,
           c.relrowsecurity AND NOT EXISTS (
               SELECT 1 FROM pg_policy p CROSS JOIN unnest(p.polroles) AS role
               WHERE p.polrelid = c.oid AND p.polname = 'charter_service'
                 AND pg_has_role(role, 'USAGE'))
    FROM pg_class c
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    ORDER BY c.oid
    """,
    label="catalog: tables",
)
_COLUMNS = Statement(
    """
    SELECT c.relname::text, a.attname::text,
           CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod)
                ELSE format_type(a.atttypid, a.atttypmod) END
               || CASE WHEN a.attcollation <> t.typcollation
                       THEN ' COLLATE ' || quote_ident(l.collname) ELSE '' END,
           NOT a.attnotnull,
           CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
           a.attidentity <> '',
           CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    ORDER BY c.oid, a.attnum
    """,
    label="catalog: columns",
)
_CONSTRAINTS = Statement(
    """
    SELECT c.relname::text, k.conname::text, k.contype::text,
           ARRAY(SELECT a.attname::text
                 FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number
                 ORDER BY u.place),
           CASE WHEN f.relnamespace <> c.relnamespace
                THEN f.relnamespace::regnamespace::text || '.' ELSE '' END || f.relname::text,
           ARRAY(SELECT a.attname::text
                 FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
                 JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number
                 ORDER BY u.place),
           k.confdeltype::text,
           coalesce(pg_get_expr(k.conbin, k.conrelid), pg_get_constraintdef(k.oid)),
           concat_ws(', ',
               CASE WHEN pg_get_constraintdef(k.oid) LIKE 'UNIQUE NULLS NOT DISTINCT%'
                    THEN 'nulls not distinct' END,
               CASE WHEN k.confupdtype NOT IN (' ', 'a') THEN 'with an action on update' END,
               CASE WHEN k.confmatchtype NOT IN (' ', 's') THEN 'match full' END,
               CASE WHEN x.indnatts > x.indnkeyatts THEN 'with included columns' END,
               CASE WHEN k.condeferrable THEN 'deferrable' END,
               CASE WHEN NOT k.convalidated THEN 'not valid' END)
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    LEFT JOIN pg_class f ON f.oid = k.confrelid
    LEFT JOIN pg_index x ON x.indexrelid = k.conindid AND k.contype IN ('p', 'u')
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
      AND k.contype IN ('p', 'u', 'f', 'c', 'x')
    ORDER BY k.oid
    """,
    label="catalog: constraints",
)
_INDEXES = Statement(
    """
    SELECT c.relname::text, i.relname::text, x.indisunique,
           ARRAY(SELECT coalesce(a.attname::text, pg_get_indexdef(i.oid, n, false))
                 FROM generate_series(1, x.indnkeyatts::int) AS n
                 LEFT JOIN pg_attribute a
                   ON a.attrelid = c.oid AND a.attnum = x.indkey[n - 1]
                 ORDER BY n),
           ARRAY(SELECT o & 1 = 1 FROM unnest(x.indoption::int2[]) WITH ORDINALITY AS u (o, n)
                 ORDER BY n),
           pg_get_expr(x.indpred, x.indrelid),
           ARRAY(SELECT a.attname::text
                 FROM generate_series(x.indnkeyatts::int, x.indnatts::int - 1) AS n
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[n]
                 ORDER BY n),
           concat_ws(', ',
               CASE WHEN m.amname <> 'btree' AND NOT g.trigrams THEN 'using ' || m.amname END,
               CASE WHEN EXISTS (SELECT FROM unnest(x.indoption::int2[]) AS o WHERE o IN (1, 2))
                    THEN 'with another order of nulls' END,
               CASE WHEN EXISTS (SELECT FROM unnest(x.indclass::oid[]) AS o
                                 JOIN pg_opclass p ON p.oid = o WHERE NOT p.opcdefault)
                         AND NOT g.trigrams
                    THEN 'with another operator class' END,
               CASE WHEN EXISTS (SELECT FROM unnest(x.indcollation::oid[], x.indkey::int2[])
                                             AS u (collation_oid, number)
                                 JOIN pg_attribute a
                                   ON a.attrelid = c.oid AND a.attnum = u.number
                                 WHERE u.collation_oid <> a.attcollation)
                    THEN 'with another collation' END,
               CASE WHEN NOT (x.indisvalid AND x.indisready) THEN 'not valid' END),
           g.trigrams
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_am m ON m.oid = i.relam
    CROSS JOIN LATERAL (
        SELECT m.amname = 'gin' AND bool_and(p.opcname = 'gin_trgm_ops') AS trigrams
        FROM unnest(x.indclass::oid[]) AS o JOIN pg_opclass p ON p.oid = o) AS g
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
      AND c.relkind IN ('r', 'p', 'm')
      AND NOT EXISTS (SELECT FROM pg_constraint k
                      WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
    ORDER BY i.oid
    """,
    label="catalog: indexes",
)
_TRIGGERS = Statement(
    """
    SELECT c.relname::text, t.tgname::text,
           CASE WHEN t.tgtype & 2 > 0 THEN 'BEFORE' WHEN t.tgtype & 64 > 0 THEN 'INSTEAD OF'
                ELSE 'AFTER' END || ' '
               || concat_ws(' OR ',
                      CASE WHEN t.tgtype & 4 > 0 THEN 'INSERT' END,
                      CASE WHEN t.tgtype & 16 > 0 THEN 'UPDATE' END,
                      CASE WHEN t.tgtype & 8 > 0 THEN 'DELETE' END,
                      CASE WHEN t.tgtype & 32 > 0 THEN 'TRUNCATE' END)
               || CASE WHEN t.tgtype & 1 > 0 THEN ' FOR EACH ROW' ELSE ' FOR EACH STATEMENT' END
               || CASE WHEN t.tgqual IS NOT NULL THEN ' ON A CONDITION' ELSE '' END
               || CASE WHEN t.tgenabled = 'D' THEN ' (DISABLED)' ELSE '' END,
           p.prosrc
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND NOT t.tgisinternal
    ORDER BY t.oid
    """,
    label="catalog: triggers",
)
_SCRATCH = Statement(
    "SELECT set_config('search_path', 'pg_temp', true)", label="catalog: scratch schema"
)


def _read(results: Sequence[Rows]) -> Schema:
    tables, column_rows, constraint_rows, index_rows, trigger_rows = results
    columns: dict[str, list[Column]] = defaultdict(list)
    for table, *parts in column_rows:
        columns[table].append(Column(*parts))
    keys: dict[str, PrimaryKey] = {}
    uniques: dict[str, list[UniqueKey]] = defaultdict(list)
    references: dict[str, list[ForeignKey]] = defaultdict(list)
    checks: dict[str, list[CheckRule]] = defaultdict(list)
    for table, name, kind, own, target, theirs, action, text, modifiers in constraint_rows:
        match kind:
            case "p":
                keys[table] = PrimaryKey(name, tuple(own), modifiers)
            case "u":
                uniques[table].append(UniqueKey(name, tuple(own), modifiers))
            case "f":
                sides = (tuple(own), target, tuple(theirs))
                reference = ForeignKey(name, *sides, _ACTIONS[action], modifiers)
                references[table].append(reference)
            case _:
                checks[table].append(CheckRule(name, text, modifiers, tuple(own)))
    indexes: dict[str, list[TableIndex]] = defaultdict(list)
    for table, *parts in index_rows:
        indexes[table].append(_index(parts))
    triggers: dict[str, list[Trigger]] = defaultdict(list)
    for table, *parts in trigger_rows:
        triggers[table].append(Trigger(*parts))
    return Schema(
        tuple(
            Table(
                name,
                tuple(columns[name]),
                keys.get(name),
                tuple(references[name]),
                tuple(uniques[name]),
                tuple(checks[name]),
                tuple(indexes[name]),
                _table_modifiers(*about),
                tuple(triggers[name]),
            )
            for name, *about in tables
        )
    )


def _index(row: Sequence[Any]) -> TableIndex:
    name, unique, columns, descending, where, include, modifiers, trigrams = row
    # Included columns have no options: the shorter of the two counts.
    ways = [False] * len(columns) if trigrams else descending
    parts = tuple(map(IndexedColumn, columns, ways))
    return TableIndex(name, parts, where, unique, modifiers, tuple(include), trigrams)


def _table_modifiers(kind: str, persistence: str, row_security: bool) -> str:
    found = [_KINDS.get(kind, "")]
    found.append("unlogged" if persistence == "u" else "")
    found.append("with row security" if row_security else "")
    return ", ".join(filter(None, found))


POSTGRES_CATALOG = Catalog((_TABLES, _COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS), _read, _SCRATCH)
