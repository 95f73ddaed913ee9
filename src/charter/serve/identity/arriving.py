"""Back from an identity provider: the answer is taken once, and its person signed in."""

from dataclasses import dataclass, field, replace

from charter.access.oidc.assurance import methods_of, signed_in_at
from charter.access.oidc.callback import read_answer
from charter.access.oidc.identity import Identity
from charter.access.oidc.linking import Confirm
from charter.access.oidc.provider import Provider
from charter.core.codes import IDENTITY_NOT_LINKED, INVALID_CALLBACK, NOT_UNIQUE, SESSION_ENDED
from charter.core.problems import Problem
from charter.serve.engine.work import Work
from charter.serve.identity import accounts, attempts, confirming, factors, onetime, sessions
from charter.serve.identity.credentials import Credential
from charter.serve.identity.departing import party_of, tries_of
from charter.serve.identity.linking import RACED, decided, done
from charter.serve.identity.onetime import Purpose
from charter.serve.identity.pending import Kept, binding, browser_in, take
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.sessions import AAL2, Opened, level_of
from charter.serve.identity.sign_in import (
    SECOND_FACTOR_SECONDS,
    Asked,
    answer,
    end_before,
    proven_so_far,
)
from charter.serve.identity.tokens import signed_in
from charter.store.database import Transaction
from charter.store.errors import Violated
from charter.wire.identity.endpoint import Reply

TRIES = 2
"""When another sign-in of the same person was faster, its account is there the next time."""
SECOND_FACTOR_PAGE = "second-factor"
MAIL_PAGE = "check-mail"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A browser that is back, and what its answer proved."""

    provider: Provider
    identity: Identity
    kept: Kept
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mailed:
    """A letter asks whether the address is theirs."""


@dataclass(frozen=True, slots=True)
class Added:
    """The identity is linked to the account that is signed in, whose session goes on."""


Outcome = Opened | Asked | Mailed | Added


async def callback(realm: Realm, visit: Visit) -> Reply:
    """The browser is back."""
    party = party_of(realm, visit.key)
    parameters = read_answer(visit.values["answer"])
    browser = browser_in(visit.cookies)
    if browser is None:
        raise Problem(INVALID_CALLBACK)
    kept = await take(realm, visit, browser, parameters.get("state", ""))
    identity = await party.finish(parameters, kept.pending)
    arrival = Arrival(party.provider, identity, kept, browser)
    return _reply(realm, visit, arrival, await _admitted(realm, visit, arrival))


async def _admitted(realm: Realm, visit: Visit, arrival: Arrival) -> Outcome:
    identity, kept = arrival.identity, arrival.kept
    account = kept.account or accounts.new_id()

    async def work(under_way: Work) -> Outcome:
        transaction = under_way.transaction
        await attempts.succeed(realm, transaction, tries_of(realm, visit))
        if kept.account is not None:
            await _require_session(realm, transaction, visit, kept)
        decision = await decided(realm, transaction, identity, kept.account)
        if isinstance(decision, Confirm):
            to, browser = decision.email, arrival.browser
            await confirming.ask(realm, transaction, visit, identity, to, browser)
            return Mailed()
        owner = await done(realm, under_way, visit, identity, decision, account)
        if kept.account is not None:
            return Added()
        return await _entered(realm, transaction, visit, owner, arrival)

    for _ in range(TRIES):
        try:
            return await accounts.working(realm, visit, account, work)
        except Violated:
            pass
        except Problem as problem:
            if problem.code is not NOT_UNIQUE:
                raise
    raise Problem(IDENTITY_NOT_LINKED, RACED)


async def _require_session(
    realm: Realm, transaction: Transaction, visit: Visit, kept: Kept
) -> None:
    """Who began is still signed in. Raises `session_ended`."""
    session = await sessions.find(realm, transaction, kept.session or "", visit.now)
    if session is None or session.account != kept.account:
        raise Problem(SESSION_ENDED)


async def _entered(
    realm: Realm, transaction: Transaction, visit: Visit, owner: Credential, arrival: Arrival
) -> Opened | Asked:
    """A session, unless the account asks for a second factor here and the provider proved none
    that counts."""
    methods = methods_of(arrival.provider, arrival.identity)
    signed_in = signed_in_at(arrival.provider, arrival.identity, visit.now)
    if level_of(methods) != AAL2 and await factors.enrolled(realm, transaction, owner.account):
        token = await onetime.issue(
            realm,
            transaction,
            visit,
            Purpose.SECOND_FACTOR,
            owner.account,
            proven_so_far(methods, signed_in),
            lifetime=SECOND_FACTOR_SECONDS,
        )
        return Asked(token)
    await attempts.make_familiar(realm, transaction, owner.login, visit.network, visit.now)
    by_browser = arrival.kept.mode == "browser"
    if by_browser:
        await end_before(realm, transaction, visit)
    return await sessions.open_session(
        realm,
        transaction,
        visit,
        owner.account,
        methods,
        browser=by_browser,
        signed_in_at=signed_in,
    )


def _reply(realm: Realm, visit: Visit, arrival: Arrival, outcome: Outcome) -> Reply:
    """A browser is sent on; a program is answered as by the other ways to sign in."""
    return_to, by_browser = arrival.kept.return_to, arrival.kept.mode == "browser"
    over = binding("", 0)
    match outcome:
        case Mailed():
            # The letter has to be opened in this browser.
            still = binding(arrival.browser, realm.settings.link_lifetime)
            if by_browser:
                return Reply(location=realm.letters.pages + MAIL_PAGE, cookies=(still,))
            return Reply(status=202, cookies=(still,))
        case Asked(token):
            if by_browser:
                where = f"{realm.letters.pages}{SECOND_FACTOR_PAGE}#token={token}"
                return Reply(location=where, cookies=(over,))
            return answer(realm, visit, outcome)
        case Added():
            return Reply(location=return_to, cookies=(over,))
        case Opened():
            found = signed_in(realm, outcome, visit.now)
            cookies = (*found.cookies, over)
            if by_browser:
                return Reply(location=return_to, cookies=cookies)
            return replace(found, status=200, cookies=cookies)
