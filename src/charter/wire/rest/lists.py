"""The queries of lists: filter, search, sort, page, count, selection."""

from dataclasses import dataclass, field

from charter.contract.types import TEXT
from charter.core.codes import (
    INVALID_PARAMETER,
    OUT_OF_RANGE,
    TOO_COMPLEX,
    UNKNOWN_FIELD,
    WRONG_LENGTH,
)
from charter.core.problems import Flaw
from charter.core.text import fold
from charter.plan.ask import Counting, Parent, ReadMany, Selection, Sort, Test, Where
from charter.plan.notes import Notes
from charter.plan.unfit import Unfit, unfit
from charter.plan.values import text_reader
from charter.wire.rest.call import Style
from charter.wire.rest.costs import check_cost
from charter.wire.rest.filters import Filters, UnknownName, conditions, where
from charter.wire.rest.groups import (
    GROUPS,
    Condition,
    Group,
    Part,
    Raw,
    Unreadable,
    condition_named,
)
from charter.wire.rest.query import CURSOR, SEARCH, Query
from charter.wire.rest.routes import Route, shown
from charter.wire.rest.selections import CAN, Selections, columns
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.templates import Template, ValueReader, unknown, words
from charter.wire.rest.vocabulary import Vocabularies, Vocabulary

_PAGED = frozenset({"sort", "fields", "include", "count", "limit"})
_STREAMED = frozenset({"sort", "fields", "include"})
_COUNTS: dict[str, Counting] = {"exact": "exact", "estimated": "estimated"}
_STREAMS = frozenset({Style.NDJSON, Style.CSV})
MOST_SEARCHED = 20
"""Words of one search."""
KNOWN = (SEARCH, CURSOR, "aggregate", "group", *sorted(GROUPS))


@dataclass(slots=True)
class Filtered:
    """What the filters of a query come to: slots count from `first`."""

    first: int
    parts: list[Part] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    readers: list[ValueReader] = field(default_factory=list)
    search: int | None = None

    @property
    def where(self) -> Where | None:
        return where(self.parts, self.tests)


class Lists:
    """Makes the templates of lists and exports."""

    def __init__(
        self, vocabularies: Vocabularies, selections: Selections, settings: RestSettings
    ) -> None:
        self._vocabularies = vocabularies
        self._selections = selections
        self._settings = settings
        self._filters = Filters(vocabularies, settings)

    def many(self, route: Route, query: Query, style: Style, notes: Notes) -> Template:
        """A page of a list, or all of it where the style is that of a stream."""
        resource = shown(route)
        vocabulary = self._vocabularies[resource.name]
        streamed = style in _STREAMS
        known = (*vocabulary.fields, *vocabulary.relations, *KNOWN)
        given = words(query, _STREAMED if streamed else _PAGED, known, notes)
        if streamed and query.cursor is not None:
            unknown(CURSOR, (), notes)
        filtered = self.filtered(route, query, notes)
        can = CAN if style is Style.HAL else None
        selection = self._selections.read(
            resource.name, given.get("fields"), given.get("include"), notes, can
        )
        sort = sorting(vocabulary, given.get("sort"), notes)
        limit = None if streamed else self._limit(given.get("limit"), notes)
        self._check_cost(selection, limit, notes)
        form = ReadMany(
            resource.name,
            selection,
            None if notes else filtered.where,
            filtered.search,
            sort,
            limit,
            None,
            _count(given.get("count"), notes),
            parent(route),
        )
        types = tuple(vocabulary.fields.get(item.field, TEXT) for item in sort)
        shows = columns(vocabulary, selection) if style is Style.CSV else ()
        order = ",".join(f"-{item.field}" if item.descending else item.field for item in sort)
        return Template(form, tuple(filtered.readers), selection, types, order, shows)

    def filtered(self, route: Route, query: Query, notes: Notes) -> Filtered:
        """The filters and the search of a query."""
        filtered = Filtered(0 if route.relation is None else 1)
        vocabulary = self._vocabularies[shown(route).name]
        for name, value in query.skeleton:
            if isinstance(value, str):
                continue
            if name == SEARCH:
                self._search(vocabulary, filtered, notes)
            else:
                self._filter(vocabulary, name, value, filtered, notes)
        if len(filtered.tests) > self._settings.max_conditions:
            message = f"a filter has at most {self._settings.max_conditions} conditions"
            notes.add(Flaw(TOO_COMPLEX.name, message))
            notes.become(TOO_COMPLEX)
        return filtered

    def _filter(
        self,
        vocabulary: Vocabulary,
        name: str,
        group: Group | None,
        filtered: Filtered,
        notes: Notes,
    ) -> None:
        try:
            part: Part = condition_named(name) if group is None else group
        except Unreadable as error:
            notes.of(name, INVALID_PARAMETER, str(error))
            filtered.readers.append(_ignored)
            return
        filtered.parts.append(part)
        for condition in conditions(part):
            self._test(vocabulary, name, condition, filtered, notes)

    def _test(
        self,
        vocabulary: Vocabulary,
        name: str,
        condition: Condition,
        filtered: Filtered,
        notes: Notes,
    ) -> None:
        slot = filtered.first + len(filtered.readers)
        try:
            tested = self._filters.tested(vocabulary.resource.name, condition)
        except UnknownName as error:
            if not condition.comparator and "." not in condition.name and name not in GROUPS:
                known = (*vocabulary.fields, *vocabulary.relations, *sorted(_PAGED), *KNOWN)
                unknown(name, known, notes)
            else:
                notes.of(name, UNKNOWN_FIELD, str(error))
        except Unfit as error:
            notes.add(*error.of(name))
            if error.misfits[0].code is TOO_COMPLEX:
                notes.become(TOO_COMPLEX)
        else:
            filtered.tests.append(Test(tested.path, tested.field, tested.comparator, slot))
            filtered.readers.append(tested.read)
            return
        filtered.readers.append(_ignored)

    def _search(self, vocabulary: Vocabulary, filtered: Filtered, notes: Notes) -> None:
        filtered.search = filtered.first + len(filtered.readers)
        filtered.readers.append(searched)
        if not vocabulary.resource.search_fields:
            message = f"{vocabulary.resource.name} has no fields to be searched"
            notes.of(SEARCH, INVALID_PARAMETER, message)

    def _check_cost(self, selection: Selection, limit: int | None, notes: Notes) -> None:
        """An export, which has no limit, counts as the largest page."""
        rows = self._settings.max_limit if limit is None else limit
        lower = "" if limit is None else "lower `limit`, or "
        advice = f"{lower}include fewer relations to many rows"
        check_cost(selection, rows, self._settings.max_cost, advice, notes)

    def _limit(self, text: str | None, notes: Notes) -> int:
        if text is None:
            return self._settings.default_limit
        return limited("limit", text, self._settings.max_limit, notes)


def parent(route: Route) -> Parent | None:
    """The row whose relation a list is; its key is the first value."""
    if route.owner is None or route.relation is None:
        return None
    return Parent(route.owner.name, route.relation.name, 0)


def limited(name: str, text: str, most: int, notes: Notes) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most:
        return int(text)
    notes.of(name, OUT_OF_RANGE, f"`{name}` is a whole number from 1 to {most}")
    return most


def sorting(vocabulary: Vocabulary, text: str | None, notes: Notes) -> tuple[Sort, ...]:
    """The sort order; it ends with the key, behind which nothing is left to be told apart.

    Of a field that is named twice the first mention counts: the second can change nothing.
    """
    found: dict[str, Sort] = {}
    for item in [] if text is None else text.split(","):
        name = item.removeprefix("-")
        if name in found:
            continue
        if name not in vocabulary.fields:
            message = f"{vocabulary.resource.name} has no field `{name[:100]}` to sort by"
            notes.of("sort", UNKNOWN_FIELD, message + vocabulary.near(name))
        elif not vocabulary.sortable(name):
            notes.of("sort", INVALID_PARAMETER, f"`{name}` has no order to sort by")
        else:
            found[name] = Sort(name, item.startswith("-"))
    sort = tuple(found.values())
    if "id" not in found:
        # The way of the last part: then one index serves the order, read from either end.
        sort = (*sort, Sort("id", bool(sort) and sort[-1].descending))
    names = [item.field for item in sort]
    return sort[: names.index("id") + 1]


def _count(text: str | None, notes: Notes) -> Counting:
    if text is not None and text not in _COUNTS:
        notes.of("count", INVALID_PARAMETER, "`count` is exact or estimated")
    return _COUNTS.get(text or "", "none")


_any_text = text_reader(TEXT)


def searched(raw: Raw) -> tuple[str, ...]:
    found = tuple(fold(_any_text(raw)).split())
    if not 1 <= len(found) <= MOST_SEARCHED:
        raise unfit(WRONG_LENGTH, f"a search has 1 to {MOST_SEARCHED} words, not {len(found)}")
    return found


def _ignored(raw: Raw) -> None:
    """Stands for the reader of a value whose condition is refused anyway."""
