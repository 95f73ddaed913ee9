"""Signing in with an identity provider: to it and back, and which account its identity gets.

What is kept of a sign-in under way is bound to the browser that began it by a cookie, and used
once. Who may have which account is decided in `access.oidc.linking`.
"""

import hmac
from dataclasses import asdict, dataclass, replace
from urllib.parse import parse_qsl

from charter.access.oidc.callback import read_answer
from charter.access.oidc.identity import Identity
from charter.access.oidc.linking import (
    Confirm,
    Create,
    Decision,
    Known,
    Link,
    Refuse,
    SignIn,
    decide,
)
from charter.access.oidc.provider import ResponseMode
from charter.access.oidc.relying import RelyingParty
from charter.access.oidc.start import LIFETIME, Pending
from charter.access.opaque import Kind, digest_of
from charter.contract.methods import METHODS
from charter.core.codes import (
    IDENTITY_NOT_LINKED,
    INVALID_CALLBACK,
    INVALID_ONE_TIME_TOKEN,
    INVALID_PARAMETER,
    NOT_FOUND,
)
from charter.core.problems import Problem
from charter.plan.ask import Draft
from charter.plan.unfit import Unfit
from charter.plan.values import json_reader
from charter.serve.engine.work import Work
from charter.serve.identity import accounts, attempts, credentials, onetime, sign_in
from charter.serve.identity.credentials import Credential
from charter.serve.identity.logins import login_of
from charter.serve.identity.mailing import send
from charter.serve.identity.onetime import OneTime, Purpose
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.register import letter_tries
from charter.serve.identity.running import fetch, run, write
from charter.serve.identity.sign_in import Asked
from charter.serve.identity.tokens import named_cookie
from charter.sql.identity import query
from charter.sql.identity.tables import IDENTITIES
from charter.store.database import Transaction
from charter.wire.identity.endpoint import Endpoint, Reply
from charter.wire.identity.endpoints import ENDPOINTS

BINDING = "__Host-charter-sign-in"


@dataclass(frozen=True, slots=True)
class _Mailed:
    """A letter asks whether the address is theirs."""


async def listed(realm: Realm, _: Visit) -> Reply:
    """The providers, by what people call them."""
    parties = {} if realm.parties is None else realm.parties.by_name
    items = [
        {"name": name, "title": party.provider.title or name} for name, party in parties.items()
    ]
    return Reply({"items": items})


async def start(realm: Realm, visit: Visit) -> Reply:
    """Send the browser to a provider, to sign in."""
    return await _sent(realm, visit, None)


async def link(realm: Realm, visit: Visit) -> Reply:
    """Send the browser to a provider, to add an identity to this account."""
    return await _sent(realm, visit, visit.me)


async def _sent(realm: Realm, visit: Visit, account: str | None) -> Reply:
    party = _party(realm, visit.key)
    back = _return_path(visit.query)
    before, _, _ = visit.path.rpartition("/")
    url, pending = await party.start(f"{realm.public_url}{before}/callback")
    payload = {"pending": asdict(pending), "return": back}

    async def work(transaction: Transaction) -> str:
        return await onetime.issue(
            realm, transaction, visit, Purpose.PROVIDER, account, payload, lifetime=LIFETIME
        )

    secret = await write(realm, work)
    # A form of another site comes with no cookie that is for one's own site only.
    posted = party.provider.response_mode is ResponseMode.FORM_POST
    binding = _binding(secret, int(LIFETIME), "None" if posted else "Lax")
    return Reply(location=url, cookies=(binding,))


async def callback(realm: Realm, visit: Visit) -> Reply:
    """The browser is back."""
    party = _party(realm, visit.key)
    secret = named_cookie(visit.cookies, BINDING)
    if secret is None:
        raise Problem(INVALID_CALLBACK)
    answer = read_answer(visit.values.get("answer", visit.query))
    spent = await _spent(realm, visit, secret)
    identity = await party.finish(answer, Pending(**spent.payload["pending"]))
    account = accounts.new_id()
    here = replace(visit, values={"mode": "browser"})

    async def work(under_way: Work) -> sign_in.Outcome | _Mailed:
        transaction = under_way.transaction
        decision = await _decided(realm, transaction, identity, spent.account)
        if isinstance(decision, Confirm):
            await _ask(realm, transaction, visit, identity, secret)
            return _Mailed()
        owner = await _done(realm, under_way, visit, identity, decision, account)
        methods = frozenset(identity.amr) & METHODS
        return await sign_in.complete(realm, transaction, here, owner, methods)

    outcome = await accounts.working(realm, visit, spent.account or account, work)
    pages = realm.letters.pages
    match outcome:
        case _Mailed():
            # The letter has to be opened in this browser.
            kept = _binding(secret, int(realm.settings.link_lifetime))
            return Reply(location=f"{pages}check-mail", cookies=(kept,))
        case Asked(token):
            location = f"{pages}second-factor#token={token}"
            return Reply(location=location, cookies=(_binding("", 0),))
        case _:
            opened = sign_in.answer(realm, here, outcome)
            location = spent.payload["return"]
            return Reply(location=location, cookies=(*opened.cookies, _binding("", 0)))


async def confirmed(realm: Realm, work: Work, visit: Visit, spent: OneTime, account: str) -> None:
    """The address is theirs, if the letter was opened where the sign-in began: else somebody was
    made to open a letter that a stranger had caused."""
    secret = named_cookie(visit.cookies, BINDING)
    digest = None if secret is None else digest_of(secret, Kind.ONE_TIME)
    if digest is None or not hmac.compare_digest(digest, spent.payload["binding"]):
        message = "Open the letter in the browser in which you began to sign in."
        raise Problem(INVALID_ONE_TIME_TOKEN, message)
    given = spent.payload["identity"]
    identity = Identity(
        given["issuer"], given["subject"], given["email"], True, True, given["name"]
    )
    decision = await _decided(realm, work.transaction, identity, None)
    await _done(realm, work, visit, identity, decision, account)


async def _spent(realm: Realm, visit: Visit, secret: str) -> OneTime:
    async def work(transaction: Transaction) -> OneTime:
        return await onetime.spend(realm, transaction, visit, secret, Purpose.PROVIDER)

    try:
        return await write(realm, work)
    except Problem as problem:
        if problem.code is INVALID_ONE_TIME_TOKEN:
            raise Problem(INVALID_CALLBACK) from problem
        raise


async def _decided(
    realm: Realm, transaction: Transaction, identity: Identity, account: str | None
) -> Decision:
    finding = query.find(realm.dialect, IDENTITIES, ("account",), ("issuer", "subject"))
    rows = await fetch(transaction, finding, identity.issuer, identity.subject)
    owner = None
    if identity.email is not None:
        owner = await credentials.by_login(realm, transaction, login_of(identity.email))
    known = Known(
        rows[0][0] if rows else None,
        account,
        None if owner is None else owner.account,
        # There are no credentials without a confirmed address.
        account_verified=owner is not None,
    )
    return decide(identity, known)


async def _done(
    realm: Realm,
    work: Work,
    visit: Visit,
    identity: Identity,
    decision: Decision,
    account: str,
) -> Credential:
    """Do what was decided; the account that the identity has now."""
    transaction = work.transaction
    owner: Credential | None = None
    match decision:
        case SignIn(key):
            owner = await credentials.by_account(realm, transaction, key)
        case Link(key):
            owner = await credentials.by_account(realm, transaction, key)
            await _keep(realm, transaction, visit, identity, key)
            to = None if owner is None else owner.email
            await send(realm, transaction, visit, "factor_added", to)
        case Create(email):
            owner = await _made(realm, work, visit, identity, email, account)
            await _keep(realm, transaction, visit, identity, account)
        case Refuse(why):
            raise Problem(IDENTITY_NOT_LINKED, members={"reason": why.value})
        case Confirm():
            pass
    if owner is None:
        raise Problem(IDENTITY_NOT_LINKED)
    return owner


async def _made(
    realm: Realm, work: Work, visit: Visit, identity: Identity, email: str, account: str
) -> Credential:
    """An account without a password, of somebody whose provider has proven the address."""
    login = login_of(email)
    told = {"email": login, "email_verified": True, "name": identity.name}
    await accounts.create(realm, work, account, Draft({}, {}, {}), told)
    await work.settle()
    owner = Credential(account, login, email, None, visit.now)
    await credentials.add(realm, work.transaction, owner, visit.now)
    return owner


async def _keep(
    realm: Realm, transaction: Transaction, visit: Visit, identity: Identity, account: str
) -> None:
    insert = query.insert(realm.dialect, IDENTITIES)
    values = (identity.issuer, identity.subject, account, visit.now)
    await run(transaction, insert, *values)


async def _ask(
    realm: Realm, transaction: Transaction, visit: Visit, identity: Identity, secret: str
) -> None:
    """Ask by letter whether the address is theirs, whoever has it here."""
    login = login_of(identity.email or "")
    await attempts.count(realm, transaction, letter_tries(realm, login, visit), visit.now)
    about = {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "email": identity.email,
        "name": identity.name,
    }
    payload = {"identity": about, "binding": digest_of(secret, Kind.ONE_TIME)}
    lifetime = realm.settings.link_lifetime
    token = await onetime.issue(
        realm, transaction, visit, Purpose.PROVIDER_EMAIL, None, payload, lifetime=lifetime
    )
    await send(realm, transaction, visit, "verify", identity.email, token)


def _party(realm: Realm, name: str) -> RelyingParty:
    party = None if realm.parties is None else realm.parties.by_name.get(name)
    if party is None:
        raise Problem(NOT_FOUND)
    return party


def _binding(secret: str, seconds: int, site: str = "Lax") -> str:
    return f"{BINDING}={secret}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite={site}"


_STARTING: Endpoint = next(item for item in ENDPOINTS if item.name == "provider_start")
_read_path = json_reader(_STARTING.queries[0].type)


def _return_path(text: str) -> str:
    """Where to go in the end: a path of this origin and nothing else, so that nobody is led
    elsewhere by a link that begins here."""
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=10)
    unknown = [name for name, _ in pairs if name != "return"]
    if unknown or len(pairs) > 1:
        raise Problem(INVALID_PARAMETER, "Only `return` can be given here, once.")
    try:
        path: str = _read_path(pairs[0][1]) if pairs else "/"
    except Unfit:
        message = "`return` is a path of this service, such as /orders."
        raise Problem(INVALID_PARAMETER, message) from None
    return path
