"""Rows as JSON text that the database puts together.

Text is concatenated: of the ways to make JSON it was the fastest on both databases, it leaves
out a field that may not be shown, and it makes the canonical form of every type.
"""

import json
from collections.abc import Sequence

from charter.contract.expression import ALWAYS, Expression
from charter.contract.types import TEXT, TEXTUAL
from charter.plan.plan import (
    Show,
    ShowActions,
    ShowComputed,
    ShowField,
    ShowItself,
    ShowKey,
    ShowListing,
    ShowMany,
    ShowMark,
    ShowOne,
)
from charter.plan.selection import Label
from charter.sql.clauses import both, filtered, order_by, sorted_by
from charter.sql.context import Context
from charter.sql.dialect import Pieces
from charter.sql.fragment import Fragment, number, sql
from charter.sql.listings import Found, depth, listing, mark
from charter.sql.rows import Rows, related_rows
from charter.sql.values import may_be_null, written_out


def row_body(context: Context, rows: Rows, shows: Sequence[Show]) -> Fragment:
    """One row as a JSON object. `context` has the row as the row in question."""
    members = [(_condition(show), _member(context, rows, show)) for show in shows]
    return context.dialect.concatenated(_object(context, members))


def _condition(show: Show) -> Expression:
    """Where the member is there at all."""
    if isinstance(show, ShowField | ShowComputed | ShowOne) and not show.kept:
        return show.visible
    return ALWAYS


def _object(context: Context, members: Sequence[tuple[Expression, Pieces]]) -> Pieces:
    """The members between braces; each takes the comma that belongs to it along."""
    certain = next((at for at, (shown, _) in enumerate(members) if shown == ALWAYS), None)
    if certain is None and members:
        inside = context.dialect.concatenated(
            [_perhaps(context, shown, [",", *pieces]) for shown, pieces in members]
        )
        return ["{", sql("substr({}, 2)", inside), "}"]
    body: list[str | Fragment] = ["{"]
    for at, (shown, pieces) in enumerate(members):
        with_comma = (
            [*pieces, ","] if at < (certain or 0) else [",", *pieces] if at != certain else pieces
        )
        if shown == ALWAYS:
            body.extend(with_comma)
        else:
            body.append(_perhaps(context, shown, with_comma))
    return [*body, "}"]


def _perhaps(context: Context, shown: Expression, pieces: Pieces) -> Fragment:
    text = context.dialect.concatenated(pieces)
    return sql("CASE WHEN {} THEN {} END", context.condition(shown), text)


def _member(context: Context, rows: Rows, show: Show) -> Pieces:
    key = json.dumps(show.out) + ":"
    match show:
        case ShowField(field=field, visible=visible):
            value = rows.column(field.name)
            # What stands in an existing table in no form that can be read comes out as null.
            nullable = field.optional or rows.optional or field.stored is not None
            pieces = context.dialect.json_value(value, field.type, nullable=nullable)
            return [key, *(_or_null(context, visible, pieces) if show.kept else pieces)]
        case ShowComputed(computed=computed, visible=visible):
            value = written_out(context, rows, computed)
            nullable = may_be_null(context.about(rows), computed.expression)
            pieces = context.dialect.json_value(value, computed.type, nullable=nullable)
            return [key, *(_or_null(context, visible, pieces) if show.kept else pieces)]
        case ShowOne(visible=visible):
            row = [_one(rows, context, show)]
            return [key, *(_or_null(context, visible, row) if show.kept else row)]
        case ShowMany():
            return [key, "[", *_many(rows, context, show)]
        case ShowActions(actions=actions):
            return [key, *_actions(context, actions)]
        case Label(text=text):
            return [key + json.dumps(text)]
        case ShowKey():
            return [key, *_or_null(context, show.visible, _key(context, rows, show))]
        case ShowItself(shows=shows):
            return [key, row_body(context, rows, shows)]
        case ShowMark():
            return [key, *mark(context, show.number, show.sort)]
        case ShowListing(relation=relation, listing=plan):

            def found() -> Found:
                there, tie = related_rows(rows, (relation.name,))
                return Found(context.about(there), there, tie)

            return [key, *listing(plan, found, row_body, inside=True)]


def _or_null(context: Context, shown: Expression, pieces: Pieces) -> Pieces:
    if shown == ALWAYS:
        return pieces
    text = context.dialect.concatenated(pieces)
    return [sql("CASE WHEN {} THEN {} ELSE 'null' END", context.condition(shown), text)]


def _key(context: Context, rows: Rows, show: ShowKey) -> Pieces:
    """A key behind a prefix, which has no character that JSON would escape."""
    field = show.field
    column = rows.column(field.name)
    if field.type.scalar in TEXTUAL:
        text = context.dialect.concatenated([show.prefix, column])
        pieces = context.dialect.json_value(text, TEXT, nullable=False)
    else:
        pieces = [f'"{show.prefix}', context.dialect.as_piece(column), '"']
    if not (field.optional or rows.optional or field.stored is not None):
        return pieces
    text = context.dialect.concatenated(pieces)
    return [sql("CASE WHEN {} IS NULL THEN 'null' ELSE {} END", column, text)]


def _one(start: Rows, context: Context, show: ShowOne) -> Fragment:
    rows, tie = related_rows(start, (show.relation.name,))
    inner = context.about(rows)
    body = row_body(inner, rows, show.row.shows)
    where = both(tie, filtered(inner, show.row.where))
    return sql("coalesce((SELECT {} FROM {} WHERE {}), 'null')", body, rows.clause(), where)


def _many(start: Rows, context: Context, show: ShowMany) -> Pieces:
    """The items of a list, its end, and the member that tells where it is cut.

    One row more than are shown is asked for: that it is there shows that the list is cut.
    """
    rows, tie = related_rows(start, (show.relation.name,))
    inner = context.about(rows)
    body = row_body(inner, rows, show.row.shows)
    where = both(tie, filtered(inner, show.row.where))
    if not context.dialect.names_outside:
        return _many_in_place(inner, rows, show, body, where)
    order = order_by(inner, show.sort)
    part = start.aliases.new("parts")
    listing = sql("SELECT {} AS body FROM {} WHERE {}{}", body, rows.clause(), where, order)
    text = sql("{}.body", part)
    dialect = context.dialect
    gathered = dialect.gathered(text)
    if show.limit is None or show.cut is None:
        limit = dialect.no_limit if show.limit is None else number(show.limit)
        items = sql("(SELECT {} FROM ({} LIMIT {}) AS {})", gathered, listing, limit, part)
        return [sql("coalesce({}, '')", items), "]"]
    cut = f"],{json.dumps(show.cut)}:true"
    ended = sql(
        "(SELECT CASE WHEN count(*) > {} THEN {} ELSE {} END FROM ({} LIMIT {}) AS {})",
        number(show.limit),
        dialect.concatenated([dialect.without_last(text, show.limit), cut]),
        dialect.concatenated([gathered, "]"]),
        listing,
        number(show.limit + 1),
        part,
    )
    return [ended]


def _many_in_place(
    context: Context, rows: Rows, show: ShowMany, body: Fragment, where: Fragment
) -> Pieces:
    """The same in one subselect that sorts and cuts while it gathers: a subselect in its FROM
    could not name the row that the list belongs to."""
    dialect = context.dialect
    texts = dialect.gathered_sorted(
        body, sorted_by(context, show.sort), depth(show.row.shows), show.limit
    )
    if show.limit is None or show.cut is None:
        items = sql("(SELECT {} FROM {} WHERE {})", texts, rows.clause(), where)
        return [sql("coalesce({}, '')", items), "]"]
    ended = sql(
        "CASE WHEN count(*) > {} THEN {} ELSE {} END",
        number(show.limit),
        dialect.concatenated([f"],{json.dumps(show.cut)}:true"]),
        dialect.concatenated(["]"]),
    )
    shown = dialect.concatenated([texts, ended])
    return [sql("(SELECT {} FROM {} WHERE {})", shown, rows.clause(), where)]


def _actions(context: Context, actions: Sequence[tuple[str, Expression]]) -> Pieces:
    if not actions:
        return ["[]"]
    names: list[str | Fragment] = []
    for action, holds in actions:
        item = f",{json.dumps(action)}"
        names.append(item if holds == ALWAYS else _perhaps(context, holds, [item]))
    return ["[", sql("substr({}, 2)", context.dialect.concatenated(names)), "]"]
