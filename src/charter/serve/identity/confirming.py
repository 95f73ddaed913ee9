"""An identity whose address is not proven: a letter asks for the proof.

The letter counts in the browser in which the sign-in began, and nowhere else: whoever makes some
provider say another person's address has the letter sent to that person, and must not gain by
its being opened.
"""

import hmac

from charter.access.oidc.identity import Identity
from charter.core.codes import INVALID_ONE_TIME_TOKEN
from charter.core.problems import Problem
from charter.serve.engine.work import Work
from charter.serve.identity import attempts, credentials, onetime
from charter.serve.identity.linking import decided, done
from charter.serve.identity.logins import login_of
from charter.serve.identity.mailing import send
from charter.serve.identity.onetime import OneTime, Purpose
from charter.serve.identity.pending import browser_in, digest_of_browser
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.register import letter_tries
from charter.store.database import Transaction

_ELSEWHERE = "Open the letter in the browser in which you began to sign in."


async def ask(
    realm: Realm,
    transaction: Transaction,
    visit: Visit,
    identity: Identity,
    email: str,
    browser: str,
) -> None:
    """Send a letter to an address. What is done is the same whether an account has it or not.
    Raises `too_many_attempts`."""
    login = login_of(email)
    await attempts.count(realm, transaction, letter_tries(realm, login, visit), visit.now)
    there = await credentials.by_login(realm, transaction, login)
    # An account's letters go to the address as its owner wrote it.
    to = email if there is None else there.email
    closed = there is None and not realm.settings.registration
    payload = {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "name": identity.name,
        "email": to,
        "browser": digest_of_browser(browser),
    }
    purpose = Purpose.NOTHING if closed else Purpose.PROVIDER_EMAIL
    token = await onetime.issue(
        realm,
        transaction,
        visit,
        purpose,
        None,
        payload,
        lifetime=realm.settings.link_lifetime,
    )
    await send(realm, transaction, visit, "confirm_identity", None if closed else to, token)


async def confirmed(realm: Realm, work: Work, visit: Visit, spent: OneTime, new: str) -> None:
    """The letter was opened: link the identity. `new` is the key of an account that is made.
    Raises `invalid_one_time_token` in another browser, where the token stays good."""
    told = spent.payload
    browser = browser_in(visit.cookies)
    if browser is None or not hmac.compare_digest(digest_of_browser(browser), told["browser"]):
        raise Problem(INVALID_ONE_TIME_TOKEN, _ELSEWHERE)
    identity = Identity(
        told["issuer"],
        told["subject"],
        told["email"],
        email_verified=True,
        email_proven=True,
        name=told["name"],
    )
    decision = await decided(realm, work.transaction, identity, None)
    await done(realm, work, visit, identity, decision, new)
