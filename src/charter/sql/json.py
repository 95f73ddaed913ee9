"""Rows as JSON text that the database puts together.

Text is concatenated: of the ways to make JSON it was the fastest on both databases, it leaves
out a field that may not be shown, and it makes the canonical form of every type.
"""

import json
from collections.abc import Sequence

from charter.contract.expression import ALWAYS, Expression
from charter.plan.plan import (
    Show,
    ShowActions,
    ShowComputed,
    ShowField,
    ShowMany,
    ShowOne,
    SortBy,
)
from charter.sql.context import Context
from charter.sql.dialect import Pieces
from charter.sql.fragment import EMPTY, Fragment, listed, number, sql
from charter.sql.numbers import as_type
from charter.sql.rows import Rows, related_rows
from charter.sql.values import may_be_null, written_out


def row_body(context: Context, rows: Rows, shows: Sequence[Show]) -> Fragment:
    """One row as a JSON object. `context` has the row as the row in question."""
    members = [(_condition(show), _member(context, rows, show)) for show in shows]
    return context.dialect.concatenated(_object(context, members))


def _condition(show: Show) -> Expression:
    return show.visible if isinstance(show, ShowField | ShowComputed | ShowOne) else ALWAYS


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
        case ShowField(field=field):
            value = rows.column(field.name)
            # What stands in an existing table in no form that can be read comes out as null.
            nullable = field.optional or rows.optional or field.stored is not None
            return [key, *context.dialect.json_value(value, field.type, nullable=nullable)]
        case ShowComputed(computed=computed):
            value = written_out(context, rows, computed)
            nullable = may_be_null(context.about(rows), computed.expression)
            return [key, *context.dialect.json_value(value, computed.type, nullable=nullable)]
        case ShowOne():
            return [key, _one(rows, context, show)]
        case ShowMany():
            return [key, "[", *_many(rows, context, show)]
        case ShowActions(actions=actions):
            return [key, *_actions(context, actions)]


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
    texts = dialect.gathered_sorted(body, sorted_by(context, show.sort), depth(show), show.limit)
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


def depth(show: ShowMany) -> int:
    """How many lists stand in each other, from this one on."""
    return 1 + max(map(_depth_inside, show.row.shows), default=0)


def _depth_inside(show: Show) -> int:
    match show:
        case ShowMany():
            return depth(show)
        case ShowOne():
            return max(map(_depth_inside, show.row.shows), default=0)
        case _:
            return 0


def _actions(context: Context, actions: Sequence[tuple[str, Expression]]) -> Pieces:
    if not actions:
        return ["[]"]
    names: list[str | Fragment] = []
    for action, holds in actions:
        item = f",{json.dumps(action)}"
        names.append(item if holds == ALWAYS else _perhaps(context, holds, [item]))
    return ["[", sql("substr({}, 2)", context.dialect.concatenated(names)), "]"]


def filtered(context: Context, where: Expression) -> Fragment:
    """A condition of WHERE; empty where everything passes."""
    return EMPTY if where == ALWAYS else sql("({})", context.condition(where))


def both(*conditions: Fragment) -> Fragment:
    """All of these conditions, of which some may be empty; true where all are."""
    kept = [condition for condition in conditions if condition]
    if not kept:
        return sql("TRUE")
    result = kept[0]
    for condition in kept[1:]:
        result = sql("{} AND {}", result, condition)
    return result


def sort_value(context: Context, part: SortBy) -> Fragment:
    """What a sort goes by, as a column of its type would store it."""
    return as_type(context, part.value, part.type)


def order_by(context: Context, sort: Sequence[SortBy]) -> Fragment:
    """ORDER BY with a space before it, or nothing."""
    return sql(" ORDER BY {}", listed(sorted_by(context, sort))) if sort else EMPTY


def sorted_by(context: Context, sort: Sequence[SortBy]) -> list[Fragment]:
    """The parts of ORDER BY."""
    return [
        context.dialect.order(
            sort_value(context, part), descending=part.descending, nullable=part.nullable
        )
        for part in sort
    ]
