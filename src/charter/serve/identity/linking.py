"""Which account an identity gets: what is known is loaded, what follows is decided in
`access.oidc.linking`, and done here, all in one transaction."""

from dataclasses import replace

from charter.access.oidc.identity import Identity
from charter.access.oidc.linking import Create, Decision, Known, Link, Refuse, SignIn, Why, decide
from charter.contract.types import Scalar, Type
from charter.core.codes import IDENTITY_NOT_LINKED, REGISTRATION_CLOSED
from charter.core.problems import Problem
from charter.plan.ask import Draft
from charter.plan.unfit import Unfit
from charter.plan.values import json_reader
from charter.serve.engine.work import Work
from charter.serve.identity import accounts, credentials, identities
from charter.serve.identity.credentials import Credential
from charter.serve.identity.logins import login_of
from charter.serve.identity.mailing import send
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch
from charter.sql.identity.verified import FIELD, verified
from charter.store.database import Transaction

_MESSAGES = {
    Why.LINKED_ELSEWHERE: "This identity belongs to another account.",
    Why.NO_EMAIL: "The provider tells no e-mail address, and an account needs one.",
    Why.ACCOUNT_UNVERIFIED: "The account with this address has never proven it. Whoever owns the "
    "address gets the account by setting a new password.",
}
RACED = "Somebody else was faster: begin to sign in once more."
_read_email = json_reader(Type(Scalar.EMAIL, max_length=254))


async def decided(
    realm: Realm, transaction: Transaction, identity: Identity, signed_in: str | None
) -> Decision:
    """What to do with an identity. An address that no account could have here is none."""
    owner = None
    identity = _readable(identity)
    if identity.email is not None:
        owner = await credentials.by_login(realm, transaction, login_of(identity.email))
    known = Known(
        await identities.account_of(realm, transaction, identity),
        signed_in,
        None if owner is None else owner.account,
        owner is not None and await _has_proven(realm, transaction, owner.account),
    )
    return decide(identity, known)


async def done(
    realm: Realm, work: Work, visit: Visit, identity: Identity, decision: Decision, new: str
) -> Credential:
    """Do what was decided, but for asking by letter; the account that the identity has now.
    `new` is the key of an account that is made. Raises `identity_not_linked` and
    `registration_closed`."""
    transaction = work.transaction
    match decision:
        case SignIn(account):
            return await _owner(realm, transaction, account)
        case Link(account):
            owner = await _owner(realm, transaction, account)
            await identities.add(realm, transaction, visit, identity, account)
            await send(realm, transaction, visit, "identity_added", owner.email)
            return owner
        case Create(email):
            owner = await _created(realm, work, visit, identity, email, new)
            await identities.add(realm, transaction, visit, identity, new)
            return owner
        case Refuse(why):
            raise Problem(IDENTITY_NOT_LINKED, _MESSAGES[why], members={"reason": why.value})
        case _:
            raise Problem(IDENTITY_NOT_LINKED, RACED)


async def _created(
    realm: Realm, work: Work, visit: Visit, identity: Identity, email: str, account: str
) -> Credential:
    """An account without a password, of somebody who has proven the address."""
    if not realm.settings.registration:
        raise Problem(REGISTRATION_CLOSED)
    login = login_of(email)
    confirmed = {"email": login, FIELD: True}
    await accounts.create(realm, work, account, _drafted(realm, identity), confirmed)
    await work.settle()
    owner = Credential(account, login, email, None, visit.now)
    await credentials.add(realm, work.transaction, owner, visit.now)
    return owner


def _drafted(realm: Realm, identity: Identity) -> Draft:
    """What the provider tells of a new account, where its fields take it."""
    if identity.name is not None:
        try:
            return accounts.drafted(realm, {"name": identity.name})
        except Problem:
            pass
    return accounts.drafted(realm, {})


async def _owner(realm: Realm, transaction: Transaction, account: str) -> Credential:
    owner = await credentials.by_account(realm, transaction, account)
    if owner is None:
        raise Problem(IDENTITY_NOT_LINKED)
    return owner


async def _has_proven(realm: Realm, transaction: Transaction, account: str) -> bool:
    resource = realm.account
    asked = verified(realm.dialect, resource.table, resource.key.name)
    rows = await fetch(transaction, asked, account)
    return bool(rows) and bool(rows[0][0])


def _readable(identity: Identity) -> Identity:
    try:
        if identity.email is not None:
            _read_email(identity.email)
    except Unfit:
        return replace(identity, email=None, email_proven=False)
    return identity
