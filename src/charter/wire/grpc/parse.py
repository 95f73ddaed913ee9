"""Parsing: from the bytes of a message to a call, or a problem with all that is wrong with it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from google.protobuf.message import DecodeError

from charter.contract.contract import Contract
from charter.core.codes import MALFORMED
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.ask import Ask, Write
from charter.wire.grpc.describe import proto_of
from charter.wire.grpc.numbers import Numbers
from charter.wire.grpc.places import Place, places_of
from charter.wire.grpc.pool import Messages
from charter.wire.grpc.reads import Reads
from charter.wire.grpc.shape import Rpc, Verb
from charter.wire.grpc.values import Values
from charter.wire.grpc.watches import Watched, watched
from charter.wire.grpc.writes import Changes
from charter.wire.http import Request
from charter.wire.rest.call import Call
from charter.wire.rest.idempotency import once
from charter.wire.rest.routes import RouteTable
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.understood import Understood
from charter.wire.rest.writes import Writes

_BULK = frozenset({Verb.BATCH_CREATE, Verb.BATCH_UPDATE})
_MANY = frozenset({Verb.LIST, Verb.STREAM, Verb.SUMMARIZE})


@dataclass(slots=True)
class Coming:
    """A request on its way: what it turns out to be. `place` says where its flaws are."""

    rpc: Rpc
    request: Request
    place: Place


class Parser:
    """Understands the requests to one contract. All that does not depend on them is made here."""

    def __init__(
        self, contract: Contract, cursor_key: bytes, settings: RestSettings, numbers: Numbers
    ) -> None:
        file = proto_of(contract, numbers)
        self.messages = Messages(file)
        rpcs = tuple(rpc for service in file.services for rpc in service.rpcs)
        self.rpcs = {rpc.path: rpc for rpc in rpcs}
        self.services = tuple(f"{file.package}.{service.name}" for service in file.services)
        self._classes = {rpc.path: self.messages.of(rpc.request) for rpc in rpcs}
        self._places = {rpc.path: places_of(rpc) for rpc in rpcs}
        routes, writes = RouteTable(contract, ""), Writes(contract)
        values = Values(contract, numbers, settings.max_json_depth)
        self._reads = Reads(contract, cursor_key, settings, writes)
        self._changes = Changes(rpcs, routes, writes, self._reads, settings, values)

    def coming(self, rpc: Rpc, request: Request) -> Coming:
        return Coming(rpc, request, self._places[rpc.path])

    def parse(self, coming: Coming, actor: Actor, now: datetime, request_id: str) -> Call:
        """The call that a request is. Raises `Problem`, and nothing else, for any bytes."""
        return self._call(coming, self._message(coming), actor, now, request_id)

    def watched(self, coming: Coming, actor: Actor, now: datetime, request_id: str) -> Watched:
        """The same of a request to watch rows."""
        message = self._message(coming)
        return watched(self._call(coming, message, actor, now, request_id), message)

    def _message(self, coming: Coming) -> Any:
        message: Any = self._classes[coming.rpc.path]()
        try:
            message.ParseFromString(coming.request.body)
        except DecodeError:
            raise Problem(MALFORMED, f"The message is no {coming.rpc.request}.") from None
        return message

    def _call(
        self, coming: Coming, message: Any, actor: Actor, now: datetime, request_id: str
    ) -> Call:
        rpc, request = coming.rpc, coming.request
        found = self._understood(coming, message)
        form = found.form
        repeated = None
        if isinstance(form, Write) and not form.dry_run:
            # Clients can write one message in several ways, and a batch in any order of fields.
            whole = message.SerializeToString(deterministic=True)
            repeated = once(replace(request, body=whole), actor)
        ask = Ask(form, found.values, actor, now, request_id, repeated)
        return Call(request, ask, rpc.path, found.style, found.resource, found.fingerprint)

    def _understood(self, coming: Coming, message: Any) -> Understood:
        rpc, request = coming.rpc, coming.request
        if rpc.verb is Verb.GET:
            return self._reads.one(rpc, message)
        if rpc.verb is Verb.WATCH:
            return self._reads.watched(rpc, message)
        if rpc.verb in _MANY:
            return self._reads.many(rpc, message, request.body)
        if rpc.verb in _BULK:
            return self._changes.bulk(rpc, message)
        if rpc.verb is Verb.BATCH_DELETE:
            return self._changes.bulk_delete(rpc, message)
        if rpc.verb is Verb.BATCH:
            coming.place = self._changes.place(message)
            return self._changes.batch(message)
        return self._changes.one(rpc, message, request.headers)
