"""Parsing: from an HTTP request to a call, or a problem with all that is wrong with it."""

from collections.abc import Callable
from datetime import datetime

from charter.contract.contract import Contract
from charter.plan.actor import Actor
from charter.plan.ask import Ask, Can, Write
from charter.wire.http import Request, Response
from charter.wire.rest.bodies import FOR_PATCH, FOR_POST
from charter.wire.rest.call import Call
from charter.wire.rest.can import Checks, require_explainer
from charter.wire.rest.changes import Changes
from charter.wire.rest.headers import EMPTY
from charter.wire.rest.idempotency import once
from charter.wire.rest.reads import Reads
from charter.wire.rest.routes import Kind, Match, RouteTable, allowed
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.understood import Understood
from charter.wire.rest.writes import Writes

_Understand = Callable[[Request, Match], Understood]
_DEFAULTS = RestSettings()


class Parser:
    """Understands the requests to one contract. All that does not depend on them is made here.

    `cursor_key` is the secret that cursors are sealed with. With `explains_to_all` anybody may
    ask which rule decided, else only the roles that the settings name.
    """

    def __init__(
        self,
        contract: Contract,
        cursor_key: bytes,
        settings: RestSettings = _DEFAULTS,
        *,
        explains_to_all: bool = False,
    ) -> None:
        self._contract = contract
        self._settings = settings
        self._explains_to_all = explains_to_all
        self.routes = RouteTable(contract, settings.prefix)
        writes = Writes(contract)
        reads = Reads(contract, cursor_key, settings, writes)
        changes = Changes(self.routes, writes, reads, settings)
        self._understand: dict[tuple[Kind, str], _Understand] = {
            (Kind.ROW, "GET"): reads.one,
            (Kind.ROW, "HEAD"): reads.one,
            (Kind.ROW, "PUT"): changes.row,
            (Kind.ROW, "PATCH"): changes.row,
            (Kind.ROW, "DELETE"): changes.delete,
            (Kind.PART, "GET"): reads.one,
            (Kind.PART, "HEAD"): reads.one,
            (Kind.PART, "PUT"): changes.row,
            (Kind.PART, "PATCH"): changes.row,
            (Kind.PART, "DELETE"): changes.delete,
            (Kind.ROWS, "GET"): reads.many,
            (Kind.ROWS, "HEAD"): reads.many,
            (Kind.ROWS, "POST"): changes.create,
            (Kind.ROWS, "PATCH"): changes.update_many,
            (Kind.ROWS, "DELETE"): changes.delete_many,
            (Kind.RELATED, "GET"): reads.many,
            (Kind.RELATED, "HEAD"): reads.many,
            (Kind.RELATED, "POST"): changes.create,
            (Kind.COMMAND, "POST"): changes.invoke,
            (Kind.BATCH, "POST"): changes.batch,
            (Kind.CAN, "POST"): Checks(contract, writes, settings).understand,
        }

    def parse(
        self, request: Request, actor: Actor, now: datetime, request_id: str | None = None
    ) -> Call:
        """The call that a request is. Raises `Problem`, and nothing else, for any request.

        OPTIONS is not a call: see `options`.
        """
        match = self.routes.find(request.method, request.path)
        found = self._understand[match.route.kind, request.method](request, match)
        form = found.form
        if isinstance(form, Can) and form.explain:
            open_ = self._explains_to_all
            require_explainer(self._contract, self._settings, actor, open_=open_)
        repeated = once(request, actor) if isinstance(form, Write) else None
        if isinstance(form, Write) and form.dry_run:
            repeated = None
        ask = Ask(form, found.values, actor, now, request_id, repeated)
        return Call(
            request,
            ask,
            match.route.template,
            found.style,
            found.resource,
            found.fingerprint,
            found.columns,
        )

    def options(self, request: Request) -> Response:
        """The answer to OPTIONS (RFC 9110, section 9.3.7). Raises `not_found`."""
        routes = self.routes.at(request.path)
        fields = [("allow", ", ".join(allowed(routes)))]
        if "POST" in routes:
            fields.append(("accept-post", ", ".join(FOR_POST)))
        if "PATCH" in routes:
            bulk = routes["PATCH"].kind is Kind.ROWS
            fields.append(("accept-patch", ", ".join(FOR_POST if bulk else FOR_PATCH)))
        return Response(204, (*EMPTY, *fields))
