"""Get, List, Stream, Watch and Summarize: from messages to the forms of reads, and their values."""

from hashlib import blake2b
from typing import Any

from charter.contract.contract import Contract
from charter.core.codes import INVALID_PARAMETER, TOO_COMPLEX
from charter.core.problems import Problem
from charter.core.recent import Recent
from charter.plan.ask import ReadMany
from charter.plan.cursors import open_cursor
from charter.plan.notes import Notes
from charter.wire.grpc.names import parent_field
from charter.wire.grpc.queries import Queries
from charter.wire.grpc.requests import single
from charter.wire.grpc.shape import STREAMING, Rpc, Verb
from charter.wire.rest.call import Style
from charter.wire.rest.lists import Lists
from charter.wire.rest.query import EMPTY, Query
from charter.wire.rest.routes import shown
from charter.wire.rest.rows import Rows
from charter.wire.rest.selections import Selections
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.summaries import Summaries
from charter.wire.rest.templates import Template, Templates
from charter.wire.rest.understood import Understood
from charter.wire.rest.vocabulary import vocabularies
from charter.wire.rest.writes import Writes

_KEPT = 1024
MOST_QUERIES = 8
"""Query strings of the longest kind that a request for rows may be as long as: names take more
room in messages than on a line."""
_NOT_OF_ONE = ("filter", "search")
_LONGEST_KEPT = 256
"""Bytes of a request whose meaning is remembered."""


class Reads:
    """Understands the reads of one contract. `cursor_key` opens page tokens."""

    def __init__(
        self, contract: Contract, cursor_key: bytes, settings: RestSettings, writes: Writes
    ) -> None:
        known = vocabularies(contract)
        selections = Selections(known, settings)
        self.rows = Rows(selections, settings)
        self.templates = Templates()
        self.queries = Queries(known, settings.max_conditions)
        self._most_bytes = MOST_QUERIES * settings.max_query_bytes
        self._lists = Lists(known, selections, settings)
        self._summaries = Summaries(known, self._lists)
        self._writes = writes
        self._cursor_key = cursor_key
        self._kept: Recent[tuple[str, bytes], Understood] = Recent(_KEPT)

    def one(self, rpc: Rpc, message: Any) -> Understood:
        """A row by its key: that of the row first, then that of its owner."""
        resource = shown(rpc.route)
        keys = (self._writes.key(resource, str(message.id)), *self.parent(rpc, message))
        notes = Notes(INVALID_PARAMETER)
        for name in _NOT_OF_ONE if rpc.verb is Verb.WATCH else ():
            if message.HasField(name):
                notes.of(name, INVALID_PARAMETER, f"`{name}` goes with lists, and `id` is given")
        query = self.picture(rpc, message)
        template = self.templates.get(rpc.route, "GET", query, Style.JSON, self.rows.one, notes)
        notes.settle()
        if template.form is None:
            raise ValueError(f"{rpc.name} is not a read")
        return Understood(template.form, keys, resource=resource)

    def picture(self, rpc: Rpc, message: Any) -> Query:
        """What a request asks to see of rows."""
        if rpc.resource is None or not message.read_mask.paths:
            return EMPTY
        return Query(tuple(self.queries.shown(rpc.resource.name, message.read_mask)), (), None, "")

    def parent(self, rpc: Rpc, message: Any) -> tuple[Any, ...]:
        """The key of the row that the rows asked for belong to. Raises `not_found`."""
        field = parent_field(rpc.route)
        if field is None or rpc.route.owner is None:
            return ()
        return (self._writes.key(rpc.route.owner, str(getattr(message, field))),)

    def many(self, rpc: Rpc, message: Any, raw: bytes) -> Understood:
        """A page, a stream or a summary. What a short request means is remembered: it is the
        same for everybody, and clients send few of them often."""
        if len(raw) > self._most_bytes:
            raise Problem(TOO_COMPLEX, f"A request for rows has at most {self._most_bytes} bytes.")
        paged = rpc.verb is Verb.LIST
        if len(raw) > _LONGEST_KEPT or (paged and message.page_token):
            return self._many(rpc, message)
        return self._kept.get((rpc.path, raw), lambda: self._many(rpc, message))

    def watched(self, rpc: Rpc, message: Any) -> Understood:
        """Rows to be watched: one of them, or all that there are."""
        if single(rpc) and message.HasField("id"):
            return self.one(rpc, message)
        if message.ByteSize() - message.have.ByteSize() > self._most_bytes:
            raise Problem(TOO_COMPLEX, f"A request for rows has at most {self._most_bytes} bytes.")
        return self._many(rpc, message)

    def _many(self, rpc: Rpc, message: Any) -> Understood:
        notes = Notes(INVALID_PARAMETER)
        keys = self.parent(rpc, message)
        resource = shown(rpc.route)
        summary = rpc.verb is Verb.SUMMARIZE
        paged = rpc.verb is Verb.LIST
        if summary:
            query = self.queries.summed(message, notes)
        elif rpc.verb is Verb.WATCH:
            query = self.queries.watched(resource.name, message, notes)
        else:
            query = self.queries.listed(resource.name, message, notes, paged=paged)
        notes.settle()
        style = Style.NDJSON if rpc.verb in STREAMING else Style.JSON
        make = self._summaries.make if summary else self._lists.many
        template = self.templates.get(rpc.route, rpc.verb, query, style, make, notes)
        values = (*keys, *template.values(query, notes))
        notes.settle()
        form = template.form
        if not isinstance(form, ReadMany):
            if form is None:
                raise ValueError(f"{rpc.name} is not a read")
            return Understood(form, values, resource=resource)
        print_ = _fingerprint(rpc, keys, template, query)
        if query.cursor is not None:
            behind = open_cursor(query.cursor, template.sort, print_, self._cursor_key)
            nulls = tuple(value is None for value in behind)
            form = template.behind(form, len(values), nulls)
            values += behind
        return Understood(form, values, style, resource, print_)


def _fingerprint(rpc: Rpc, keys: tuple[Any, ...], template: Template, query: Query) -> bytes:
    """Which list it is, of which rows in which order: what a page token belongs to."""
    text = "\0".join((rpc.path, *map(str, keys), template.order, query.print))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
