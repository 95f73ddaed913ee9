"""The endpoints of accounts and sessions, served: from a request to its flow and its answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from charter.core.codes import FORBIDDEN, INSUFFICIENT_USER_AUTHENTICATION, UNAUTHENTICATED
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.serve.identity import (
    api_keys,
    arriving,
    csrf,
    departing,
    grants,
    identities,
    own_account,
    passkeys,
    passwords,
    refresh,
    register,
    sign_in,
    signed_in,
    step_up,
    tenants,
    totp,
    verify,
)
from charter.serve.identity.authenticate import OF_KEY
from charter.serve.identity.post import Post
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import read
from charter.serve.identity.sessions import AAL2, level_of
from charter.serve.identity.tokens import cookie_in
from charter.serve.web.addresses import client_address, subscriber
from charter.sql.identity.tables import TOTP
from charter.sql.own import query
from charter.wire.http import Request, Response
from charter.wire.identity.endpoint import Endpoint, Needs, Reply
from charter.wire.identity.parse import IdentityParser
from charter.wire.identity.render import rendered
from charter.wire.rest.headers import EMPTY

SENT_ELSEWHERE = 303
Flow = Callable[[Realm, Visit], Awaitable[Reply]]

FLOWS: Mapping[str, Flow] = MappingProxyType(
    {
        "register": register.register,
        "verify": verify.verify,
        "sign_in": sign_in.sign_in,
        "refresh": refresh.refresh,
        "sign_out": signed_in.sign_out,
        "forgot": passwords.forgot,
        "reset": passwords.reset,
        "change_password": passwords.change,
        "change_email": own_account.change_email,
        "step_up": step_up.step_up,
        "me": signed_in.me,
        "delete_account": own_account.delete_account,
        "sessions": signed_in.list_sessions,
        "end_sessions": signed_in.end_others,
        "end_session": signed_in.end_one,
        "enrol_totp": totp.enrol,
        "confirm_totp": totp.confirm,
        "remove_totp": totp.remove,
        "recovery_codes": totp.renew_codes,
        "passkey_options": passkeys.options,
        "register_passkey": passkeys.register,
        "passkey_challenge": passkeys.challenge,
        "passkey_sign_in": passkeys.sign_in_with,
        "passkeys": passkeys.listed,
        "remove_passkey": passkeys.remove,
        "tenants": tenants.listed,
        "choose_tenant": tenants.choose,
        "keys": api_keys.listed,
        "create_key": api_keys.create,
        "remove_key": api_keys.remove,
        "token": grants.token,
        "providers": departing.listed,
        "provider_start": departing.start,
        "provider_link": departing.link,
        "provider_callback": arriving.callback,
        "provider_posted": arriving.callback,
        "identities": identities.listed,
        "remove_identity": identities.remove,
    }
)
"""What each endpoint does."""

_LEAVING = frozenset({"provider_start"})
"""What a page of another site must not make a browser begin: it would end in a session that
nobody wanted."""
_FIRST_STEPS = frozenset({"enrol_totp", "passkey_options"})
"""How somebody gets a second factor, where everybody needs one."""


@dataclass(frozen=True)
class Identity:
    """The endpoints below one path of an app. `origins` are those of the service's pages."""

    realm: Realm
    post: Post
    parser: IdentityParser
    origins: frozenset[str]
    min_compressed: int
    wrote: Callable[[Actor], None]
    """Told of everybody who may have changed something."""

    def route(self, request: Request) -> str:
        """The template of a request's path; empty where it is none of these."""
        return self.parser.template(request.path)

    def options(self, request: Request) -> Response:
        """The answer to OPTIONS."""
        allow = ", ".join(self.parser.methods(request.path))
        return Response(204, (*EMPTY, ("allow", allow)))

    def is_open(self, request: Request) -> bool:
        """Whether anybody may call: then credentials that come along mean nothing. Raises
        `method_not_allowed`."""
        return self.parser.find(request).endpoint.needs is Needs.NOTHING

    async def answer(self, request: Request, actor: Actor, request_id: str) -> Response:
        """Do what a request asks for. Raises problems."""
        found = self.parser.find(request)
        endpoint = found.endpoint
        now = datetime.now(UTC)
        await self._require(endpoint, actor, now)
        said = self.parser.read(endpoint, request)
        cookie = None
        if endpoint.needs is not Needs.NOTHING and "authorization" not in request.headers:
            cookie = cookie_in(request.headers.get("cookie"))
        if said.values.get("mode") == "browser" or endpoint.name in _LEAVING:
            csrf.require_not_foreign(request, self.origins)
        visit = Visit(
            actor,
            now,
            said.values,
            said.account,
            found.key,
            subscriber(request.client),
            client_address(request),
            request.headers.get("user-agent"),
            request_id,
            cookie is not None,
            cookie,
            request.path,
            request.query,
            request.headers.get("cookie"),
        )
        try:
            reply = await FLOWS[endpoint.name](self.realm, visit)
        finally:
            if request.method != "GET" or endpoint.status == SENT_ELSEWHERE:
                self.post.ring()
                self.wrote(actor)
        return rendered(request, endpoint, reply, self.min_compressed)

    async def _require(self, endpoint: Endpoint, actor: Actor, now: datetime) -> None:
        needs = endpoint.needs
        if needs is Needs.NOTHING:
            return
        if actor.id is None:
            raise Problem(UNAUTHENTICATED)
        if needs is Needs.ACTOR:
            return
        if actor.session is None or actor.session.startswith(OF_KEY):
            raise Problem(FORBIDDEN, "This takes somebody who has signed in, not a program.")
        if needs is Needs.FRESH:
            await self._require_fresh(endpoint, actor.id, actor, now)

    async def _require_fresh(
        self, endpoint: Endpoint, account: str, actor: Actor, now: datetime
    ) -> None:
        fresh = self.realm.settings.fresh
        finding = query.find(self.realm.dialect, TOTP, ("confirmed_at",), ("account",))
        rows = await read(self.realm.database, finding, account)
        needed = self.realm.settings.second_factor and endpoint.name not in _FIRST_STEPS
        if rows and rows[0][0] is not None:
            needed = True
        if needed and level_of(actor.methods) != AAL2:
            raise Problem(
                INSUFFICIENT_USER_AUTHENTICATION,
                "This takes a sign-in with a second factor.",
                members={"acr_values": AAL2, "max_age": int(fresh)},
            )
        if actor.signed_in_at is None or now.timestamp() - actor.signed_in_at > fresh:
            raise Problem(
                INSUFFICIENT_USER_AUTHENTICATION,
                f"This takes a sign-in of the last {int(fresh)} seconds.",
                members={"max_age": int(fresh)},
            )
