"""Pages of lists as one JSON object each, made of the parts that are asked for.

The rows of a page come from a subselect, one more of them than are shown where it is asked
whether there are more; around it they are numbered, gathered, and the object is put together.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from charter.plan.plan import (
    ListingPlan,
    Show,
    ShowEach,
    ShowItself,
    ShowListing,
    ShowMany,
    ShowOne,
    SortBy,
)
from charter.plan.selection import END, MARK, Around, Label, Total
from charter.sql.clauses import both, filtered, order_by, sort_value, sorted_by
from charter.sql.context import Context
from charter.sql.dialect import Pieces
from charter.sql.fragment import EMPTY, Fragment, identifier, listed, number, qualified, sql
from charter.sql.keyset import comes_after
from charter.sql.ordered import is_indexed
from charter.sql.rows import Rows, derived_rows


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a list, for a SELECT of their own, and what ties them to what is around it."""

    context: Context
    rows: Rows
    tie: Fragment = EMPTY


RowBody = Callable[[Context, Rows, Sequence[Show]], Fragment]


def mark(context: Context, list_number: int, sort: Sequence[SortBy]) -> Pieces:
    """The place of a row in its list, as JSON text but for the two characters around it."""
    pieces: list[str | Fragment] = [f'"{MARK}{list_number}:[']
    for at, part in enumerate(sort):
        pieces.extend("," * bool(at))
        value = sort_value(context, part)
        pieces.extend(context.dialect.json_value(value, part.type, nullable=True))
    return [*pieces, f']{END}"']


def listing(
    plan: ListingPlan, found: Callable[[], Found], body: RowBody, *, inside: bool
) -> Pieces:
    """The object. `inside` a row, the subselects have to name that row."""
    needs = _Needs.of(plan)
    here = found()
    dialect = here.context.dialect
    if inside and not dialect.names_outside:
        gathered: _Gathered = _InPlace(plan, here, body)
    else:
        gathered = _Numbered(plan, here, body, needs, inside=inside)
    pieces: list[str | Fragment] = ["{"]
    for at, part in enumerate(plan.parts):
        pieces.append("," * bool(at) + json.dumps(part.out) + ":")
        match part:
            case Label(text=text):
                pieces.append(json.dumps(text))
            case Total():
                pieces.append(sql("({})", _total(plan, found())))
            case ShowEach():
                pieces.extend(["[", sql("coalesce({}, '')", gathered.each(part)), "]"])
            case Around():
                pieces.extend(_around(plan, part, gathered))
    pieces.append("}")
    if not needs.rows:
        return pieces
    asked = [(at, piece) for at, piece in enumerate(pieces) if isinstance(piece, Fragment)]
    if len(asked) == 1:
        # The texts around it are joined with those around the object.
        ((at, only),) = asked
        pieces[at] = sql("(SELECT {} FROM {})", only, gathered.source())
        return pieces
    return [sql("(SELECT {} FROM {})", dialect.concatenated(pieces), gathered.source())]


def _total(plan: ListingPlan, found: Found) -> Fragment:
    where = both(found.tie, filtered(found.context, plan.row.where))
    return sql("SELECT count(*) FROM {} WHERE {}", found.rows.clause(), where)


def _around(plan: ListingPlan, part: Around, gathered: "_Gathered") -> Pieces:
    pieces: list[str | Fragment] = ["{"]
    for at, member in enumerate(part.members):
        pieces.append("," * bool(at))
        if isinstance(member, Label):
            pieces.append(f"{json.dumps(member.out)}:{json.dumps(member.text)}")
            continue
        out, what = member
        pieces.append(json.dumps(out) + ":")
        if what in ("first", "last"):
            pieces.append(sql("coalesce({}, 'null')", gathered.end(last=what == "last")))
        elif (what == "next") is not plan.backward:
            pieces.append(sql("CASE WHEN {} THEN 'true' ELSE 'false' END", gathered.more()))
        else:
            there = plan.before if plan.backward else plan.after
            pieces.append("false" if there is None else "true")
    return [*pieces, "}"]


@dataclass(frozen=True, slots=True)
class _Needs:
    """What the parts of a list need of its rows."""

    rows: bool
    more: bool
    ends: bool

    @classmethod
    def of(cls, plan: ListingPlan) -> "_Needs":
        around = {
            member[1]
            for part in plan.parts
            if isinstance(part, Around)
            for member in part.members
            if not isinstance(member, Label)
        }
        more = ("previous" if plan.backward else "next") in around
        ends = bool(around & {"first", "last"})
        each = any(isinstance(part, ShowEach) for part in plan.parts)
        return cls(each or more or ends, more, ends)


def _between(plan: ListingPlan, context: Context) -> Fragment:
    """The rows between the two places where the page is to be."""
    after = comes_after(context, plan.sort, plan.after) if plan.after else EMPTY
    before = comes_after(context, _turned(plan.sort), plan.before) if plan.before else EMPTY
    return both(*(sql("({})", one) for one in (after, before) if one)) if after or before else EMPTY


def _turned(sort: Sequence[SortBy]) -> tuple[SortBy, ...]:
    return tuple(replace(part, descending=not part.descending) for part in sort)


class _Numbered:
    """A page whose rows are numbered in a subselect, in the direction in which they are read."""

    def __init__(
        self, plan: ListingPlan, found: Found, body: RowBody, needs: _Needs, *, inside: bool
    ) -> None:
        self._plan = plan
        self._found = found
        self._body = body
        self._needs = needs
        self._inside = inside
        self._page = found.rows.aliases.new("page")
        self._each = [part for part in plan.parts if isinstance(part, ShowEach)]
        self._dialect = found.context.dialect
        # Where a list cannot be gathered in the order of its subselect, numbers have to say it.
        self._plain = self._dialect.names_outside and not (
            needs.more or needs.ends or plan.backward
        )

    def each(self, part: ShowEach) -> Fragment:
        text = self._column(f"b{self._each.index(part)}")
        if self._needs.more:
            limit = number(self._plan.limit)
            text = sql("CASE WHEN {} <= {} THEN {} END", self._column("n"), limit, text)
        if self._dialect.names_outside:
            return self._dialect.gathered(text)
        order = sql("{} DESC" if self._plan.backward else "{}", self._column("n"))
        return self._dialect.gathered_sorted(text, [order], depth(part.shows), None)

    def end(self, *, last: bool) -> Fragment:
        place = self._column("n")
        if last is self._plan.backward:
            at = number(1)
        else:
            count, limit = self._column("c"), number(self._plan.limit)
            at = sql("CASE WHEN {} > {} THEN {} ELSE {} END", count, limit, limit, count)
        return sql("max(CASE WHEN {} = {} THEN {} END)", place, at, self._column("mark"))

    def more(self) -> Fragment:
        return sql("count(*) > {}", number(self._plan.limit))

    def source(self) -> Fragment:
        plan, page = self._plan, self._page
        rows = sql("({}) AS {}", self._rows(), page)
        if self._plain:
            return rows
        count = sql(", count(*) OVER () AS c") if self._needs.ends else EMPTY
        over = EMPTY if self._dialect.names_outside else self._again(page)
        numbered = sql(
            "SELECT {}.*, row_number() OVER ({}) AS n{} FROM {}", page, over, count, rows
        )
        order = sql(" ORDER BY {} DESC", self._column("n")) if plan.backward else EMPTY
        if not order:
            return sql("({}) AS {}", numbered, page)
        return sql("(SELECT {}.* FROM ({}) AS {}{}) AS {}", page, numbered, page, order, page)

    def _rows(self) -> Fragment:
        plan, found = self._plan, self._found
        context, rows = found.context, found.rows
        sort = _turned(plan.sort) if plan.backward else plan.sort
        where = both(found.tie, filtered(context, plan.row.where), _between(plan, context))
        limit = number(plan.limit + self._needs.more)
        order = order_by(context, sort)
        if self._inside or is_indexed(plan):
            shown = listed(self._shown(context, rows, [sort_value(context, part) for part in sort]))
            return sql(
                "SELECT {} FROM {} WHERE {}{} LIMIT {}", shown, rows.clause(), where, order, limit
            )
        # The bodies are made of those rows that are left once they have been sorted.
        keys = [
            sql("{} AS {}", sort_value(context, part), identifier(f"k{at}"))
            for at, part in enumerate(sort)
        ]
        every = listed([rows.every_column(), *keys])
        chosen = sql(
            "SELECT {} FROM {} WHERE {}{} LIMIT {}", every, rows.clause(), where, order, limit
        )
        outer = derived_rows(rows, chosen)
        given = [sql("{}.{}", outer.alias, identifier(f"k{at}")) for at in range(len(sort))]
        shown = listed(self._shown(context.about(outer), outer, given))
        again = self._again(outer.alias)
        # A limit, since some databases sort a subselect only where it matters to it.
        return sql("SELECT {} FROM {} {} LIMIT {}", shown, outer.clause(), again, limit)

    def _again(self, rows: Fragment) -> Fragment:
        """The order of rows that come sorted, by the columns that they were sorted by."""
        sort = _turned(self._plan.sort) if self._plan.backward else self._plan.sort
        parts = (
            self._dialect.order(
                qualified(rows, f"k{at}"), descending=part.descending, nullable=part.nullable
            )
            for at, part in enumerate(sort)
        )
        return sql("ORDER BY {}", listed(parts))

    def _shown(self, context: Context, rows: Rows, keys: Sequence[Fragment]) -> list[Fragment]:
        shown = [
            sql("{} AS {}", self._body(context, rows, part.shows), identifier(f"b{at}"))
            for at, part in enumerate(self._each)
        ]
        if self._needs.ends:
            text = self._dialect.concatenated(mark(context, self._plan.number, self._plan.sort))
            shown.append(sql("{} AS mark", text))
        if not self._dialect.names_outside:
            # Where the order of a subselect tells nothing, the rows are numbered by their keys.
            shown += [sql("{} AS {}", key, identifier(f"k{at}")) for at, key in enumerate(keys)]
        return shown or [sql("1 AS present")]

    def _column(self, name: str) -> Fragment:
        return qualified(self._page, name)


class _InPlace:
    """A page that is sorted and cut while it is gathered, since a subselect in FROM could not
    name the row that the list belongs to."""

    def __init__(self, plan: ListingPlan, found: Found, body: RowBody) -> None:
        self._plan = plan
        self._found = found
        self._body = body
        self._order = sorted_by(found.context, plan.sort)

    def each(self, part: ShowEach) -> Fragment:
        found = self._found
        body = self._body(found.context, found.rows, part.shows)
        return self._cut(body, depth(part.shows))

    def end(self, *, last: bool) -> Fragment:
        context = self._found.context
        text = context.dialect.concatenated(mark(context, self._plan.number, self._plan.sort))
        marks = self._cut(text, 1)
        return context.dialect.end_of_gathered(marks, 1, last=last)

    def more(self) -> Fragment:
        return sql("count(*) > {}", number(self._plan.limit))

    def source(self) -> Fragment:
        plan, found = self._plan, self._found
        context = found.context
        where = both(found.tie, filtered(context, plan.row.where), _between(plan, context))
        return sql("{} WHERE {}", found.rows.clause(), where)

    def _cut(self, text: Fragment, deep: int) -> Fragment:
        limit = -self._plan.limit if self._plan.backward else self._plan.limit
        return self._found.context.dialect.gathered_sorted(text, self._order, deep, limit)


_Gathered = _Numbered | _InPlace


def depth(shows: Sequence[Show]) -> int:
    """How many lists stand in each other, of which one has rows that show this."""
    return 1 + max(map(_depth_inside, shows), default=0)


def _depth_inside(show: Show) -> int:
    match show:
        case ShowMany() | ShowOne():
            inner = show.row.shows
            return depth(inner) if isinstance(show, ShowMany) else depth(inner) - 1
        case ShowItself(shows=shows):
            return depth(shows) - 1
        case ShowListing(listing=plan):
            each = (part.shows for part in plan.parts if isinstance(part, ShowEach))
            return max(map(depth, each), default=1)
        case _:
            return 0
