"""A person signs in with a real OpenID provider, in every way that a client may authenticate."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from charter.access.oidc.provider import EmailTrust
from charter.access.oidc.start import Asked, Pending
from charter.access.outbound import Outbound
from charter.core.codes import PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
from charter.core.problems import Problem
from tests.access.oidc.parties import Heard, Shift, party, refusal, signed_in, visited
from tests.support.oidc.provider import (
    CLIENT_KEY,
    POSTING,
    PUBLIC,
    REDIRECT,
    SIGNING,
    Browser,
    OpenIdProvider,
    parameters,
)

Browsers = Callable[[str], Browser]
PEM = CLIENT_KEY.as_pem(private=True).decode()


async def test_a_person_is_known_by_issuer_and_subject(
    provider: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    relying = party(provider, outbound, email=EmailTrust.VERIFIED)
    identity = await signed_in(relying, browser("ann"))
    assert (identity.issuer, identity.subject) == (provider.issuer, "ann")
    assert (identity.email, identity.name) == ("ann@example.com", "Ann")
    assert identity.email_verified
    assert identity.email_proven


async def test_an_address_that_the_provider_has_not_verified_is_not_proven(
    provider: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    relying = party(provider, outbound, email=EmailTrust.VERIFIED)
    identity = await signed_in(relying, browser("mallory"))
    assert identity.email == "ann@example.com"
    assert not identity.email_verified
    assert not identity.email_proven


@pytest.mark.parametrize(
    "client",
    [
        {"client_id": POSTING, "authentication": "client_secret_post"},
        {"client_id": PUBLIC, "client_secret": None},
        {"client_id": SIGNING, "client_secret": None, "private_key": PEM, "key_id": "own"},
    ],
    ids=["client_secret_post", "none", "private_key_jwt"],
)
async def test_the_service_shows_the_provider_who_it_is(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers, client: dict[str, Any]
) -> None:
    identity = await signed_in(party(one, outbound, **client), browser("ann"))
    assert identity.subject == "ann"


async def test_a_wrong_client_secret_is_refused_and_told_to_the_operator(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    heard = Heard()
    relying = party(one, outbound, heard=heard, client_secret="wrong")
    assert await refusal(relying, *await visited(relying, browser("ann"))) is PROVIDER_REFUSED
    told = ["auth.providers.test: the token endpoint answered with invalid_client"]
    assert heard.texts == told


async def test_a_person_without_an_address_has_none(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    identity = await signed_in(party(one, outbound), browser("nobody"))
    assert (identity.subject, identity.email, identity.name) == ("nobody", None, None)


async def test_who_declines_is_told_so(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    relying = party(one, outbound)
    answer, pending = await visited(relying, browser("ann"), consents=False)
    with pytest.raises(Problem, match="access_denied") as caught:
        await relying.finish(answer, pending)
    assert caught.value.code is PROVIDER_REFUSED


async def test_the_time_of_the_sign_in_is_known_when_it_is_asked_for(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    identity = await signed_in(party(one, outbound), browser("ann"), Asked(max_age=0))
    assert identity.auth_time is not None


async def test_what_is_sent_to_the_provider(one: OpenIdProvider, outbound: Outbound) -> None:
    relying = party(one, outbound, parameters={"prompt": "consent"})
    url, pending = await relying.start(REDIRECT, Asked(60, ("aal2", "aal1"), "ann@example.com"))
    assert url.startswith(f"{one.issuer}/auth?")
    sent = parameters(url)
    assert sent.pop("code_challenge") not in (pending.verifier, "")
    assert sent == {
        "prompt": "consent",
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": REDIRECT,
        "scope": "openid email profile",
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge_method": "S256",
        "max_age": "60",
        "acr_values": "aal2 aal1",
        "login_hint": "ann@example.com",
    }


async def test_what_is_kept_can_be_stored_as_json_and_shows_no_secret(
    one: OpenIdProvider, outbound: Outbound
) -> None:
    _, pending = await party(one, outbound).start(REDIRECT)
    assert msgspec.json.decode(msgspec.json.encode(pending), type=Pending) == pending
    for secret in (pending.state, pending.nonce, pending.verifier):
        assert secret not in repr(pending)


async def test_every_sign_in_has_secrets_of_its_own(
    one: OpenIdProvider, outbound: Outbound
) -> None:
    relying = party(one, outbound)
    _, first = await relying.start(REDIRECT)
    _, second = await relying.start(REDIRECT)
    secrets = {each for one in (first, second) for each in (one.state, one.nonce, one.verifier)}
    assert len(secrets) == 6
    assert all(len(each) == 43 for each in secrets)


async def test_a_provider_that_is_away_is_a_problem_that_passes(
    rotating: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    heard = Heard()
    relying = party(rotating, outbound, heard=heard)
    rotating.stop()
    with pytest.raises(Problem) as caught:
        await relying.start(REDIRECT)
    assert caught.value.code is PROVIDER_UNAVAILABLE
    assert caught.value.detail.retry_after is not None
    assert heard.texts == ["auth.providers.test: 127.0.0.1 cannot be asked (ConnectError)"]
    rotating.start()
    assert (await signed_in(relying, browser("ann"))).subject == "ann"


async def test_keys_that_the_provider_changes_are_found(
    rotating: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    clock = Shift()
    relying = party(rotating, outbound, clock=clock)
    assert (await signed_in(relying, browser("ann"))).subject == "ann"
    rotating.restart(keys=(1,))
    clock.seconds = 20
    assert (await signed_in(relying, browser("ann"))).subject == "ann"
