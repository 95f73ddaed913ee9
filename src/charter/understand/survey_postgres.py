"""PostgreSQL: comments, enumerations, domains, partitions and estimates from its catalog."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from charter.sql.postgres import POSTGRES
from charter.sql.statement import Statement
from charter.understand.found import ColumnAbout, TableAbout, Value
from charter.understand.survey import SAMPLED_CHARACTERS, SAMPLED_ROWS, About, Rows, Survey

_LARGE = 100_000
"""Rows from which on a sample is of pages from all over the table."""

_TABLES = Statement(
    """
    SELECT c.relname::text, coalesce(obj_description(c.oid, 'pg_class'), ''),
           CASE c.relkind WHEN 'p' THEN (
               SELECT sum(nullif(p.reltuples, -1)) FROM pg_partition_tree(c.oid) t
               JOIN pg_class p ON p.oid = t.relid WHERE t.isleaf)
           ELSE nullif(c.reltuples, -1) END::bigint,
           coalesce((SELECT p.relname::text FROM pg_inherits h JOIN pg_class p
                     ON p.oid = h.inhparent WHERE h.inhrelid = c.oid AND c.relispartition), '')
    FROM pg_class c
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    """,
    label="understand: tables",
)
_COLUMNS = Statement(
    """
    SELECT c.relname::text, a.attname::text, coalesce(col_description(c.oid, a.attnum), ''),
           a.atttypid::bigint
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    """,
    label="understand: columns",
)
_DOMAINS = Statement(
    """
    SELECT t.oid::bigint, t.typbasetype::bigint, format_type(t.typbasetype, t.typtypmod),
           ARRAY(SELECT pg_get_expr(k.conbin, 0) FROM pg_constraint k
                 WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.oid)
    FROM pg_type t WHERE t.typtype = 'd'
    """,
    label="understand: domains",
)
_LABELS = Statement(
    "SELECT enumtypid::bigint, enumlabel::text FROM pg_enum ORDER BY enumtypid, enumsortorder",
    label="understand: enumerations",
)
Domain = tuple[int, str, Sequence[str]]


def _read(results: Sequence[Rows]) -> About:
    table_rows, column_rows, domain_rows, label_rows = results
    domains: dict[int, Domain] = {oid: (base, text, made) for oid, base, text, made in domain_rows}
    labels: dict[int, list[str]] = defaultdict(list)
    for kind, label in label_rows:
        labels[kind].append(label)
    tables = {
        name: TableAbout(comment, None if rows is None else int(rows), part=part)
        for name, comment, rows, part in table_rows
    }
    columns = {
        (table, name): _column(comment, kind, domains, labels)
        for table, name, comment, kind in column_rows
    }
    return tables, columns


def _column(
    comment: str, kind: int, domains: Mapping[int, Domain], labels: Mapping[int, Sequence[str]]
) -> ColumnAbout:
    """Follows a domain to the type that it is of, which may be a domain as well."""
    base = ""
    checks: list[str] = []
    while kind in domains:
        kind, base, made = domains[kind]
        checks += made
    return ColumnAbout(comment, base, tuple(labels.get(kind, ())), tuple(checks))


def _count(table: str) -> Statement:
    text = f"SELECT count(*) FROM {POSTGRES.quote(table)}"  # noqa: S608 - a quoted name
    return Statement(text, label="understand: count")


def _sample(table: str, columns: Sequence[str], rows: int | None) -> Statement:
    shown = ", ".join(f"left({POSTGRES.quote(c)}::text, {SAMPLED_CHARACTERS})" for c in columns)
    text = f"SELECT {shown} FROM {POSTGRES.quote(table)}"  # noqa: S608 - quoted names
    if rows is not None and rows > _LARGE:
        # Twice as many pages as would do if all were full.
        text += f" TABLESAMPLE SYSTEM ({min(100.0, 200 * SAMPLED_ROWS / rows):.6f})"
    return Statement(f"{text} LIMIT {SAMPLED_ROWS}", label="understand: sample")


def _values(row: Sequence[Any]) -> list[Value | None]:
    return [None if text is None else Value(text) for text in row]


POSTGRES_SURVEY = Survey(
    version=Statement("SHOW server_version", label="understand: version"),
    server=lambda version: f"PostgreSQL {version.split()[0]}",
    about=(_TABLES, _COLUMNS, _DOMAINS, _LABELS),
    read=_read,
    count=_count,
    sample=_sample,
    values=_values,
)
