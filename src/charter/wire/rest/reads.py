"""GET: from requests to the forms of reads, and their values."""

from hashlib import blake2b
from typing import Any

from charter.contract.contract import Contract
from charter.core.codes import INVALID_PARAMETER
from charter.core.recent import Recent
from charter.plan.ask import ReadMany
from charter.plan.cursors import open_cursor
from charter.plan.notes import Notes
from charter.wire.http import Request
from charter.wire.rest.call import Style
from charter.wire.rest.lists import Lists
from charter.wire.rest.negotiate import JSON_ONLY, OF_LIST, OF_ROW, negotiated
from charter.wire.rest.query import CURSOR, Query, read_query
from charter.wire.rest.routes import Match, Route
from charter.wire.rest.rows import Rows
from charter.wire.rest.selections import Selections
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.summaries import Summaries, is_summary
from charter.wire.rest.templates import Template, Templates
from charter.wire.rest.understood import Understood
from charter.wire.rest.vocabulary import vocabularies
from charter.wire.rest.writes import Writes

QUERIES_KEPT = 1024
LONGEST_KEPT = 256
"""Characters of a query string."""

_Asked = tuple[int, str, str | None]
"""The number of a route, a query string, and what is accepted."""


class Reads:
    """Understands the reads of one contract. `cursor_key` opens cursors."""

    def __init__(
        self, contract: Contract, cursor_key: bytes, settings: RestSettings, writes: Writes
    ) -> None:
        known = vocabularies(contract)
        selections = Selections(known, settings)
        self.rows = Rows(selections, settings)
        self.templates = Templates()
        self._lists = Lists(known, selections, settings)
        self._summaries = Summaries(known, self._lists)
        self._key = writes.key
        self._cursor_key = cursor_key
        self._most_bytes = settings.max_query_bytes
        self._pages: Recent[_Asked, Understood] = Recent(QUERIES_KEPT)
        self._rows: Recent[_Asked, tuple[Template, Style]] = Recent(QUERIES_KEPT)

    def query(self, request: Request, notes: Notes) -> Query:
        return read_query(request.query, self._most_bytes, notes)

    def one(self, request: Request, match: Match) -> Understood:
        """A row by its key: that of the row first, then that of its owner."""
        keys = self._keys(match)
        template, style = self._row(request, match.route)
        if template.form is None:
            raise ValueError(f"{match.route.template} is not read")
        return Understood(template.form, keys, style, match.route.resource)

    def _row(self, request: Request, route: Route) -> tuple[Template, Style]:
        """What a query says of a row, and how it is to be shown."""

        def make() -> tuple[Template, Style]:
            notes = Notes(INVALID_PARAMETER)
            style = negotiated(request.headers.get("accept"), OF_ROW)
            query = self.query(request, notes)
            template = self.templates.get(route, "GET", query, style, self.rows.one, notes)
            notes.settle()
            return template, style

        query = request.query
        if len(query) > LONGEST_KEPT:
            return make()
        return self._rows.get((route.number, query, request.headers.get("accept")), make)

    def many(self, request: Request, match: Match) -> Understood:
        """A page, a stream or a summary; the key of the parent row is the first value.

        What a query means is the same for everybody, and clients send few queries often: those
        for the first page of a whole list are remembered.
        """
        query = request.query
        if match.keys or len(query) > LONGEST_KEPT or CURSOR in query:
            return self._many(request, match)
        key = (match.route.number, query, request.headers.get("accept"))
        return self._pages.get(key, lambda: self._many(request, match))

    def _many(self, request: Request, match: Match) -> Understood:
        route = match.route
        notes = Notes(INVALID_PARAMETER)
        keys = self._keys(match)
        query = self.query(request, notes)
        summary = is_summary(query)
        offered = JSON_ONLY if summary else OF_LIST
        style = negotiated(request.headers.get("accept"), offered)
        make = self._summaries.make if summary else self._lists.many
        template = self.templates.get(route, "GET", query, style, make, notes)
        values = (*keys, *template.values(query, notes))
        notes.settle()
        if template.form is None:
            raise ValueError(f"{route.template} is not read")
        if not isinstance(template.form, ReadMany):
            return Understood(template.form, values, style, route.resource)
        print_ = _fingerprint(match, template, query)
        form = template.form
        if query.cursor is not None:
            behind = open_cursor(query.cursor, template.sort, print_, self._cursor_key)
            nulls = tuple(value is None for value in behind)
            form = template.behind(form, len(values), nulls)
            values += behind
        return Understood(form, values, style, route.resource, print_, template.columns)

    def _keys(self, match: Match) -> tuple[Any, ...]:
        """The keys in the path, that of the row itself first."""
        route, texts = match.route, match.keys
        if not texts:
            return ()
        if route.owner is None:
            return (self._key(route.resource, texts[0]),) if route.resource else ()
        owner = self._key(route.owner, texts[0])
        if len(texts) == 1 or route.resource is None:
            return (owner,)
        return (self._key(route.resource, texts[1]), owner)


def _fingerprint(match: Match, template: Template, query: Query) -> bytes:
    """Which list it is, of which rows in which order: what a cursor belongs to."""
    text = "\0".join((match.route.template, *match.keys, template.order, query.print))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
