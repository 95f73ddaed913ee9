"""The queries of summaries: `aggregate=count,sum(total)&group=status`.

What is worked out stands in the answer as `count` or `sum_total`; `sort` takes these names and
those of the groups.
"""

import re
from dataclasses import dataclass

from charter.contract.expression import Function
from charter.contract.types import NUMERIC, TEXTUAL, Scalar, Type
from charter.core.codes import INVALID_PARAMETER, UNKNOWN_FIELD
from charter.plan.ask import Measure, Sort, Summarize
from charter.plan.notes import Notes
from charter.wire.rest.call import Style
from charter.wire.rest.lists import KNOWN, Lists, limited, parent
from charter.wire.rest.query import CURSOR, Query
from charter.wire.rest.routes import Route, shown
from charter.wire.rest.templates import Template, unknown, words
from charter.wire.rest.vocabulary import Vocabularies, Vocabulary, groupable, hint

AGGREGATE = "aggregate"
MOST_GROUPS = 1000
"""Rows of one summary."""

_WORDS = frozenset({AGGREGATE, "group", "sort", "limit"})
_MEASURE = re.compile(r"([a-z]+)(?:\(([^()]*)\))?")
_SPANS = NUMERIC | TEXTUAL | {Scalar.DATE, Scalar.DATETIME}
_TAKEN = {
    Function.SUM: NUMERIC,
    Function.AVG: NUMERIC,
    Function.MIN: _SPANS,
    Function.MAX: _SPANS,
    Function.COUNT: frozenset(Scalar),
}


def is_summary(query: Query) -> bool:
    """Whether a query of a list asks for a summary instead of its rows."""
    return any(name == AGGREGATE for name, _ in query.skeleton)


def measures_of(type_: Type) -> tuple[Function, ...]:
    """What can be worked out over values of this type."""
    if type_.many:
        return (Function.COUNT,)
    return tuple(function for function, taken in _TAKEN.items() if type_.scalar in taken)


@dataclass(frozen=True, slots=True)
class Summaries:
    """Makes the templates of summaries."""

    vocabularies: Vocabularies
    lists: Lists

    def make(self, route: Route, query: Query, style: Style, notes: Notes) -> Template:
        """The template of a summary over the rows that a list would show."""
        resource = shown(route)
        vocabulary = self.vocabularies[resource.name]
        known = (*vocabulary.fields, *vocabulary.relations, *KNOWN)
        given = words(query, _WORDS, known, notes)
        if query.cursor is not None:
            unknown(CURSOR, (), notes)
        filtered = self.lists.filtered(route, query, notes)
        groups = _groups(vocabulary, given.get("group"), notes)
        measures = _measures(vocabulary, given[AGGREGATE], notes)
        outs = (*groups, *(measure.out for measure in measures))
        limit = given.get("limit")
        form = Summarize(
            resource.name,
            groups,
            measures,
            None if notes else filtered.where,
            filtered.search,
            _sort(outs, given.get("sort"), notes),
            MOST_GROUPS if limit is None else limited("limit", limit, MOST_GROUPS, notes),
            parent(route),
        )
        if len(outs) != len(set(outs)):
            notes.of(AGGREGATE, INVALID_PARAMETER, "two columns of the answer have one name")
        return Template(form, tuple(filtered.readers))


def _groups(vocabulary: Vocabulary, text: str | None, notes: Notes) -> tuple[str, ...]:
    names = () if text is None else tuple(text.split(","))
    for name in names:
        type_ = vocabulary.fields.get(name)
        if type_ is None:
            _unknown_field(vocabulary, "group", name, notes)
        elif not groupable(type_):
            notes.of("group", INVALID_PARAMETER, f"rows cannot be grouped by `{name}`")
    return names


def _measures(vocabulary: Vocabulary, text: str, notes: Notes) -> tuple[Measure, ...]:
    found: list[Measure] = []
    for item in text.split(","):
        measure = _MEASURE.fullmatch(item)
        if measure is None or measure[1] not in _FUNCTIONS:
            near = hint(item.partition("(")[0], tuple(_FUNCTIONS))
            message = f"`{item[:100]}` is not `count` or a function such as `sum(field)`{near}"
            notes.of(AGGREGATE, INVALID_PARAMETER, message)
            continue
        function, field = _FUNCTIONS[measure[1]], measure[2]
        if field is None and function is not Function.COUNT:
            message = f"`{function}` needs a field, as in `{function}(field)`"
            notes.of(AGGREGATE, INVALID_PARAMETER, message)
        elif field is not None and field not in vocabulary.fields:
            _unknown_field(vocabulary, AGGREGATE, field, notes)
        elif field is not None and function not in measures_of(vocabulary.fields[field]):
            message = f"`{function}` cannot be worked out over `{field}`"
            notes.of(AGGREGATE, INVALID_PARAMETER, message)
        else:
            out = function.value if field is None else f"{function}_{field}"
            found.append(Measure(out, function, field))
    return tuple(found)


_FUNCTIONS = {function.value: function for function in _TAKEN}


def _sort(outs: tuple[str, ...], text: str | None, notes: Notes) -> tuple[Sort, ...]:
    found: dict[str, Sort] = {}
    for item in [] if text is None else text.split(","):
        name = item.removeprefix("-")
        if name not in outs:
            message = f"`{name[:100]}` is not in the answer{hint(name, outs)}"
            notes.of("sort", UNKNOWN_FIELD, message)
        elif name in found:
            notes.of("sort", INVALID_PARAMETER, f"`{name}` is named twice")
        else:
            found[name] = Sort(name, item.startswith("-"))
    return tuple(found.values())


def _unknown_field(vocabulary: Vocabulary, parameter: str, name: str, notes: Notes) -> None:
    message = f"{vocabulary.resource.name} has no field `{name[:100]}`{vocabulary.near(name)}"
    notes.of(parameter, UNKNOWN_FIELD, message)
