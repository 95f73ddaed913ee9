"""To an identity provider: to sign in, or to add an identity to an account."""

from typing import Any

from charter.access.oidc.provider import ResponseMode
from charter.access.oidc.relying import RelyingParty
from charter.access.oidc.start import LIFETIME, Asked
from charter.core.codes import INVALID_PARAMETER, NOT_FOUND
from charter.core.problems import Problem
from charter.serve.identity import attempts
from charter.serve.identity.pending import Kept, binding, browser_in, keep, new_browser
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import write
from charter.serve.web.returning import HOME, safe_return_to
from charter.store.database import Transaction
from charter.wire.identity.endpoint import Reply
from charter.wire.identity.providers import START
from charter.wire.identity.queries import read_queries


async def listed(realm: Realm, _: Visit) -> Reply:
    """The providers, by what people call them."""
    parties = {} if realm.parties is None else realm.parties.by_name
    items = [
        {"name": name, "title": party.provider.title or name} for name, party in parties.items()
    ]
    return Reply({"items": items})


async def start(realm: Realm, visit: Visit) -> Reply:
    """Send the browser to a provider, to sign in. It links nothing to whoever is signed in: any
    page can send a browser here."""
    given = read_queries(START, visit.query)
    levels = tuple((given["acr_values"] or "").split())
    asked = Asked(given["max_age"], levels, given["login_hint"])
    return await _sent(realm, visit, given, asked)


async def link(realm: Realm, visit: Visit) -> Reply:
    """Where to send the browser, to add an identity to this account. Only a page of the service
    can ask for it: another site, having signed a browser in at the provider as its own user,
    would have that user added to somebody's account."""
    given = {**visit.values, "mode": "browser"}
    return await _sent(realm, visit, given, Asked(), visit.me, visit.actor.session)


async def _sent(
    realm: Realm,
    visit: Visit,
    given: dict[str, Any],
    asked: Asked,
    account: str | None = None,
    session: str | None = None,
) -> Reply:
    party = party_of(realm, visit.key)
    return_to = _checked(given["return_to"])
    below, _, _ = visit.path.rpartition("/")
    url, pending = await party.start(f"{realm.public_url}{below}/callback", asked)
    # Sign-ins in two windows of one browser go side by side.
    browser = browser_in(visit.cookies) or new_browser()
    kept = Kept(pending, return_to, given["mode"], account, session)

    async def work(transaction: Transaction) -> None:
        tries = (tries_of(realm, visit),)
        await attempts.count(realm, transaction, tries, visit.now)
        await keep(realm, transaction, visit, browser, kept)

    await write(realm, work)
    cross_site = party.provider.response_mode is ResponseMode.FORM_POST
    cookies = (binding(browser, LIFETIME, cross_site=cross_site),)
    if account is None:
        return Reply(location=url, cookies=cookies)
    return Reply({"url": url}, cookies=cookies)


def party_of(realm: Realm, name: str) -> RelyingParty:
    """The provider of this name. Raises `not_found`."""
    party = None if realm.parties is None else realm.parties.by_name.get(name)
    if party is None:
        raise Problem(NOT_FOUND)
    return party


def tries_of(realm: Realm, visit: Visit) -> attempts.Try:
    """What bounds the sign-ins that are under way from one network."""
    return attempts.of_network(realm, "provider", visit.network)


def _checked(return_to: str | None) -> str:
    found = HOME if return_to is None else safe_return_to(return_to, default="")
    if not found:
        message = "`return_to` is a path of this service, such as /orders."
        raise Problem(INVALID_PARAMETER, message)
    return found
