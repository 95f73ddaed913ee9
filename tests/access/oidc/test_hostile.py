"""Answers that belong to another sign-in, another provider or another client are refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from charter.access.oidc.callback import LONGEST, read_answer
from charter.access.oidc.start import LIFETIME, Pending
from charter.access.outbound import Outbound
from charter.core.codes import INVALID_CALLBACK, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
from charter.core.problems import Problem
from tests.access.oidc.parties import Heard, Shift, party, refusal, signed_in, visited
from tests.support.oidc.provider import PUBLIC, REDIRECT, Browser, OpenIdProvider

Browsers = Callable[[str], Browser]


class Kept:
    """What a service keeps of sign-ins under way: each is given out once, to its browser."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], Pending] = {}

    def put(self, browser: str, pending: Pending) -> None:
        self._pending[browser, pending.state] = pending

    def take(self, browser: str, state: str) -> Pending | None:
        return self._pending.pop((browser, state), None)


# -- state and nonce -------------------------------------------------------------------------
async def test_an_answer_with_another_state_is_refused(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    relying = party(one, outbound)
    answer, pending = await visited(relying, browser("ann"))
    _, another = await relying.start(REDIRECT)
    assert await refusal(relying, answer, another) is INVALID_CALLBACK
    assert await refusal(relying, {**answer, "state": ""}, pending) is INVALID_CALLBACK
    assert await refusal(relying, {**answer, "state": "ä\udcff"}, pending) is INVALID_CALLBACK
    del answer["state"]
    assert await refusal(relying, answer, pending) is INVALID_CALLBACK


async def test_an_answer_that_comes_twice_finds_nothing_the_second_time(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    kept, relying = Kept(), party(one, outbound)
    answer, pending = await visited(relying, browser("ann"))
    kept.put("anns browser", pending)
    assert kept.take("another browser", answer["state"]) is None
    first = kept.take("anns browser", answer["state"])
    assert first is not None
    assert (await relying.finish(answer, first)).subject == "ann"
    assert kept.take("anns browser", answer["state"]) is None


async def test_a_code_that_was_used_is_refused_by_the_provider(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    heard = Heard()
    relying = party(one, outbound, heard=heard)
    answer, pending = await visited(relying, browser("ann"))
    assert (await relying.finish(answer, pending)).subject == "ann"
    assert await refusal(relying, answer, pending) is PROVIDER_REFUSED
    assert heard.texts == []


async def test_an_id_token_of_another_sign_in_is_refused(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    relying = party(one, outbound)
    answer, pending = await visited(relying, browser("ann"))
    with pytest.raises(Problem, match="belongs to another sign-in") as caught:
        await relying.finish(answer, replace(pending, nonce="another"))
    assert caught.value.code is PROVIDER_REFUSED


async def test_a_sign_in_that_took_too_long_is_refused(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    clock = Shift()
    relying = party(one, outbound, clock=clock)
    answer, pending = await visited(relying, browser("ann"))
    clock.seconds = LIFETIME + 1
    assert await refusal(relying, answer, pending) is INVALID_CALLBACK


# -- injected codes --------------------------------------------------------------------------
async def test_a_stolen_code_is_worthless_without_its_verifier(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    """The thief puts Ann's code into an answer to a sign-in of their own (RFC 9700, 4.5)."""
    relying = party(one, outbound, client_id=PUBLIC, client_secret=None)
    stolen, _ = await visited(relying, browser("ann"))
    own, pending = await visited(relying, browser("mallory"))
    injected = {**own, "code": stolen["code"]}
    assert await refusal(relying, injected, pending) is PROVIDER_REFUSED


async def test_a_code_for_another_redirect_uri_is_refused(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    relying = party(one, outbound)
    answer, pending = await visited(relying, browser("ann"))
    moved = replace(pending, redirect_uri=REDIRECT + "/other")
    assert await refusal(relying, answer, moved) is PROVIDER_REFUSED


# -- providers confused ----------------------------------------------------------------------
async def test_the_answer_of_another_provider_is_refused(
    one: OpenIdProvider, other: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    """Mix-up (RFC 9700, 4.4): the person began at one provider and was led to another. The code
    of the honest one must never be sent to the other."""
    honest, attacker = party(one, outbound), party(other, outbound)
    answer, _ = await visited(honest, browser("ann"))
    _, pending = await attacker.start(REDIRECT)
    before = other.count("/token")
    mixed = {**answer, "state": pending.state}
    assert mixed["iss"] == one.issuer
    assert await refusal(attacker, mixed, pending) is INVALID_CALLBACK
    del mixed["iss"]
    assert await refusal(attacker, mixed, pending) is INVALID_CALLBACK
    assert other.count("/token") == before


async def test_what_was_kept_for_one_provider_is_of_no_use_at_another(
    one: OpenIdProvider, other: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    honest, another = party(one, outbound), party(other, outbound)
    answer, pending = await visited(honest, browser("ann"))
    assert await refusal(another, answer, pending) is INVALID_CALLBACK
    assert await refusal(honest, answer, replace(pending, provider="x")) is INVALID_CALLBACK


async def test_a_discovery_document_of_another_issuer_is_refused(
    one: OpenIdProvider, outbound: Outbound
) -> None:
    heard = Heard()
    renamed = one.issuer.replace("127.0.0.1", "localhost")
    relying = party(one, outbound, heard=heard, issuer=renamed)
    with pytest.raises(Problem) as caught:
        await relying.start(REDIRECT)
    assert caught.value.code is PROVIDER_UNAVAILABLE
    assert heard.texts == ["auth.providers.test: its discovery document names another issuer"]


# -- the form of answers ---------------------------------------------------------------------
@pytest.mark.parametrize(
    "query",
    [
        "state=a&state=b&code=c",
        "state=a&code=b&code=c",
        "&".join(f"a{n}=1" for n in range(21)),
        "state=%ff",
        "state=\udcff",
        "state=ä",
        "code=" + "x" * LONGEST,
    ],
)
def test_an_answer_that_can_be_read_in_two_ways_is_refused(query: str) -> None:
    with pytest.raises(Problem) as caught:
        read_answer(query)
    assert caught.value.code is INVALID_CALLBACK


async def test_tokens_in_the_answer_are_refused(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    """The implicit and hybrid flows put tokens where they leak (RFC 9700, 2.1.2)."""
    relying = party(one, outbound)
    answer, pending = await visited(relying, browser("ann"))
    for name in ("id_token", "access_token"):
        assert await refusal(relying, {**answer, name: "x"}, pending) is INVALID_CALLBACK
    assert await refusal(relying, {**answer, "code": ""}, pending) is INVALID_CALLBACK


async def test_what_a_provider_says_of_an_error_is_not_repeated(
    one: OpenIdProvider, outbound: Outbound
) -> None:
    relying = party(one, outbound)
    _, pending = await relying.start(REDIRECT)
    said = {"state": pending.state, "iss": one.issuer, "error_description": "call 0900 123"}
    with pytest.raises(Problem) as caught:
        await relying.finish({**said, "error": "<script>"}, pending)
    assert caught.value.code is PROVIDER_REFUSED
    assert caught.value.detail.message == "The identity provider refused the sign-in."


async def test_two_people_at_once_are_not_confused(
    one: OpenIdProvider, outbound: Outbound, browser: Browsers
) -> None:
    relying = party(one, outbound)
    ann = await visited(relying, browser("ann"))
    mallory = await visited(relying, browser("mallory"))
    assert await refusal(relying, ann[0], mallory[1]) is INVALID_CALLBACK
    assert (await relying.finish(*mallory)).subject == "mallory"
    assert (await signed_in(relying, browser("ann"))).subject == "ann"
