"""Confirming an address by the token of a letter: what comes of it depends on what was asked."""

from charter.core.codes import INVALID_ONE_TIME_TOKEN
from charter.core.problems import Problem
from charter.serve.engine.work import Work
from charter.serve.identity import accounts, confirming, credentials, onetime
from charter.serve.identity.credentials import Credential
from charter.serve.identity.mailing import send
from charter.serve.identity.onetime import Purpose
from charter.serve.identity.realm import Realm, Visit
from charter.store.errors import Violated
from charter.wire.identity.endpoint import NOTHING, Reply

_PURPOSES = (Purpose.REGISTER, Purpose.EMAIL, Purpose.PROVIDER_EMAIL)


async def verify(realm: Realm, visit: Visit) -> Reply:
    """Confirm an address: that of a new account, or a new one of an account."""
    token = visit.values["token"]
    found = await onetime.find(realm, visit, token, *_PURPOSES)
    account = found.account or accounts.new_id()

    async def work(under_way: Work) -> None:
        transaction = under_way.transaction
        spent = await onetime.spend(realm, transaction, visit, token, found.purpose)
        if spent.purpose == Purpose.PROVIDER_EMAIL:
            await confirming.confirmed(realm, under_way, visit, spent, account)
            return
        email, login = spent.payload["email"], spent.payload["login"]
        if spent.account is not None:
            await _change(realm, under_way, visit, spent.account, email, login)
            return
        draft = accounts.drafted(realm, spent.payload["account"])
        confirmed = {"email": login, "email_verified": True}
        await accounts.create(realm, under_way, account, draft, confirmed)
        await under_way.settle()
        hashed = spent.payload["password"]
        made = Credential(account, login, email, hashed, visit.now)
        await credentials.add(realm, transaction, made, visit.now)

    try:
        await accounts.working(realm, visit, account, work)
    except Violated as violated:
        raise Problem(INVALID_ONE_TIME_TOKEN, _TAKEN) from violated
    return NOTHING


_TAKEN = "This address has an account by now."


async def _change(
    realm: Realm, work: Work, visit: Visit, account: str, email: str, login: str
) -> None:
    old = await credentials.by_account(realm, work.transaction, account)
    if old is None:
        raise Problem(INVALID_ONE_TIME_TOKEN)
    await credentials.set_email(realm, work.transaction, account, login, email)
    await accounts.give_email(realm, work, account, login)
    await send(realm, work.transaction, visit, "email_changed", old.email)
    await onetime.withdraw(realm, work.transaction, account, Purpose.RESET)
