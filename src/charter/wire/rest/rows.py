"""The queries of single rows and of writes: `fields`, `include`, `dry_run`."""

from charter.core.codes import INVALID_PARAMETER
from charter.plan.ask import EVERYTHING, Parent, ReadOne, Selection
from charter.plan.notes import Notes
from charter.wire.rest.call import Style
from charter.wire.rest.costs import check_cost
from charter.wire.rest.query import CURSOR, Query
from charter.wire.rest.routes import Route, shown
from charter.wire.rest.selections import CAN, Selections
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.templates import Template, unknown, words

_SHOWN = frozenset({"fields", "include"})
_ADVICE = "include fewer relations to many rows"
_TRUTHS = {"true": True, "false": False}


class Rows:
    """Makes the templates of reads of one row, and of writes."""

    def __init__(self, selections: Selections, settings: RestSettings) -> None:
        self._selections = selections
        self._settings = settings

    def one(self, route: Route, query: Query, style: Style, notes: Notes) -> Template:
        """A read of one row: its key is the first value, that of its owner the second."""
        selection = self._selection(route, query, _SHOWN, style, notes)
        parent = None
        if route.owner is not None and route.relation is not None:
            parent = Parent(route.owner.name, route.relation.name, 1)
        form = ReadOne(shown(route).name, selection, parent)
        return Template(form, selection=selection)

    def write(self, route: Route, query: Query, style: Style, notes: Notes) -> Template:
        """A write whose answer shows rows."""
        allowed = _SHOWN | {"dry_run"} if route.resource else frozenset({"dry_run"})
        selection = self._selection(route, query, allowed, style, notes)
        return Template(None, selection=selection, dry_run=dry_run(query, notes))

    def delete(self, route: Route, query: Query, style: Style, notes: Notes) -> Template:
        """A write whose answer shows nothing."""
        _only(query, frozenset({"dry_run"}), notes)
        return Template(None, dry_run=dry_run(query, notes))

    def _selection(
        self, route: Route, query: Query, allowed: frozenset[str], style: Style, notes: Notes
    ) -> Selection:
        given = _only(query, allowed, notes)
        if route.resource is None:
            return EVERYTHING
        can = CAN if style is Style.HAL else None
        selection = self._selections.read(
            route.resource.name, given.get("fields"), given.get("include"), notes, can
        )
        command = route.command
        rows = self._settings.max_limit if command is not None and command.result.many else 1
        check_cost(selection, rows, self._settings.max_cost, _ADVICE, notes)
        return selection


def dry_run(query: Query, notes: Notes) -> bool:
    for name, value in query.skeleton:
        if name == "dry_run" and isinstance(value, str):
            if value not in _TRUTHS:
                notes.of(name, INVALID_PARAMETER, "`dry_run` is true or false")
            return _TRUTHS.get(value, False)
    return False


def _only(query: Query, allowed: frozenset[str], notes: Notes) -> dict[str, str]:
    """The parameters, where nothing but the `allowed` ones can be."""
    for name in dict.fromkeys(name for name, _ in query.raws):
        unknown(name, tuple(sorted(allowed)), notes)
    if query.cursor is not None:
        unknown(CURSOR, tuple(sorted(allowed)), notes)
    return words(query, allowed, (), notes)
