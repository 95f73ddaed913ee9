"""Access tokens of a real issuer elsewhere are accepted beside one's own, and never confused."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from charter.access.claims import Rules
from charter.access.gate import Gate, outside
from charter.access.issuers import Issuer
from charter.access.keyfiles import jwk_keys
from charter.access.keys import Algorithm, KeySet, TokenKey
from charter.access.outbound import Outbound
from charter.access.tokens import TokenVerifier, UnknownKey
from charter.core.codes import INVALID_TOKEN, PROVIDER_UNAVAILABLE
from charter.core.problems import Code, Problem
from charter.plan.actor import ANONYMOUS
from tests.access.forge import claims, key, token
from tests.access.oidc.parties import Heard, Shift
from tests.support.oidc.provider import AUDIENCE, MACHINE, OpenIdProvider, private_jwk

OWN = "https://shop.example/own"
FOREVER = 4_000_000_000


def table(provider: OpenIdProvider, name: str = "corp", **changed: Any) -> Issuer:
    values: dict[str, Any] = {"name": name, "issuer": provider.issuer, "audience": AUDIENCE}
    return Issuer(**{**values, **changed})


def gate(issuers: Sequence[Issuer], outbound: Outbound, clock: Shift, heard: Heard) -> Gate:
    """A gate that fetches nothing by itself: what is asked for is asked for by tokens."""
    own = TokenVerifier(KeySet([own_key()]), Rules("shop"), clock=clock)
    made = {each.issuer: outside(each, outbound, heard, clock=clock) for each in issuers}
    return Gate(own, made)


@pytest.fixture
def clock() -> Shift:
    return Shift()


@pytest.fixture
def heard() -> Heard:
    return Heard()


def own_key() -> TokenKey:
    return key(Algorithm.ES256, "own")


def own_token(**changed: Any) -> str:
    good = claims(**{"exp": FOREVER, "iat": 0, "aud": "shop", "iss": OWN, **changed})
    return "Bearer " + token(own_key(), good)


async def refusal(checker: Gate, authorization: str) -> Code:
    with pytest.raises(Problem) as caught:
        await checker.admit(authorization)
    return caught.value.code


# -- outside tokens --------------------------------------------------------------------------
async def test_a_token_of_an_issuer_elsewhere_names_an_actor_with_mapped_roles(
    provider: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    issuer = table(provider, roles_claim="groups", roles={"shop-buyers": ("buyer", "clerk")})
    checker = gate([issuer], outbound, clock, heard)
    actor = await checker.admit(f"Bearer {provider.machine_token()}")
    assert actor.id == f"corp:{MACHINE}"
    assert actor.roles == frozenset({"buyer", "clerk"})


async def test_without_a_table_groups_give_no_roles(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    checker = gate([table(one)], outbound, clock, heard)
    assert (await checker.admit(f"Bearer {one.machine_token()}")).roles == frozenset()
    named = table(one, roles_claim="groups")
    checker = gate([named], outbound, clock, heard)
    assert (await checker.admit(f"Bearer {one.machine_token()}")).roles == frozenset()


async def test_once_the_keys_are_there_nothing_is_waited_for(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    checker = gate([table(one)], outbound, clock, heard)
    first, second = (f"Bearer {one.machine_token()}" for _ in range(2))
    actor = await checker.admit(first)
    assert checker.verify(first) is actor
    assert checker.verify(second).id == actor.id


async def test_an_issuer_may_be_named_by_its_keys(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    issuer = table(one, jwks_url=f"{one.issuer}/jwks", subject_prefix="")
    checker = gate([issuer], outbound, clock, heard)
    assert (await checker.admit(f"Bearer {one.machine_token()}")).id == MACHINE


async def test_keys_are_fetched_in_the_background(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    checker = gate([table(one)], outbound, clock, heard)
    await checker.start()
    assert (await checker.admit(f"Bearer {one.machine_token()}")).id == f"corp:{MACHINE}"
    await checker.stop()
    assert heard.texts == []


async def test_keys_that_the_issuer_changes_are_found_and_old_ones_end(
    rotating: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    checker = gate([table(rotating)], outbound, clock, heard)
    old = f"Bearer {rotating.machine_token()}"
    assert (await checker.admit(old)).id == f"corp:{MACHINE}"
    rotating.restart(keys=(1,))
    new = f"Bearer {rotating.machine_token()}"
    clock.seconds = 20
    assert (await checker.admit(new)).id == f"corp:{MACHINE}"
    assert await refusal(checker, old) is INVALID_TOKEN


async def test_old_keys_serve_while_the_issuer_is_away(
    rotating: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    checker = gate([table(rotating)], outbound, clock, heard)
    first, second = (f"Bearer {rotating.machine_token()}" for _ in range(2))
    await checker.admit(first)
    rotating.stop()
    clock.seconds = 300
    assert (await checker.admit(second)).id == f"corp:{MACHINE}"


async def test_without_keys_the_answer_is_that_nobody_can_tell(
    rotating: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    checker = gate([table(rotating)], outbound, clock, heard)
    good = f"Bearer {rotating.machine_token()}"
    rotating.stop()
    assert await refusal(checker, good) is PROVIDER_UNAVAILABLE
    assert checker.verify(own_token()).id == "ann"


# -- confusion -------------------------------------------------------------------------------
async def test_own_tokens_are_verified_with_own_keys(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    checker = gate([table(one)], outbound, clock, heard)
    assert checker.verify(own_token()).id == "ann"
    assert checker.verify(own_token(iss=...)).id == "ann"
    assert checker.verify(None) is ANONYMOUS


async def test_an_own_token_that_names_the_issuer_elsewhere_is_refused(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    checker = gate([table(one)], outbound, clock, heard)
    pretended = own_token(iss=one.issuer, aud=AUDIENCE)
    assert await refusal(checker, pretended) is INVALID_TOKEN


async def test_one_issuer_cannot_speak_for_another(
    one: OpenIdProvider, other: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    """Both have a key of the same name; the signature is good, by the wrong one's key."""
    both = [table(one), table(other, "partner")]
    checker = gate(both, outbound, clock, heard)
    mine, theirs = (f"Bearer {each.machine_token()}" for each in (one, other))
    assert (await checker.admit(mine)).id == f"corp:{MACHINE}"
    assert (await checker.admit(theirs)).id == f"partner:{MACHINE}"
    mixed = ".".join((mine.split(".")[0], theirs.split(".")[1], mine.split(".")[2]))
    assert await refusal(checker, mixed) is INVALID_TOKEN


@pytest.mark.parametrize("issuer", [OWN, "https://unknown.example", None, 7, ["x"]])
async def test_a_token_of_the_issuers_key_with_another_issuer_is_refused(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard, issuer: object
) -> None:
    signer = signer_of(one)
    forged = "Bearer " + token(signer, claims(iss=issuer, aud="shop", exp=FOREVER, iat=0))
    checker = gate([table(one)], outbound, clock, heard)
    await checker.admit(f"Bearer {one.machine_token()}")
    assert await refusal(checker, forged) is INVALID_TOKEN


async def test_a_token_for_another_service_is_refused(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    issuer = table(one, audience="https://other.example")
    checker = gate([issuer], outbound, clock, heard)
    assert await refusal(checker, f"Bearer {one.machine_token()}") is INVALID_TOKEN


async def test_the_issuers_sessions_and_scopes_are_not_those_of_this_service(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    good = {"iss": one.issuer, "aud": AUDIENCE, "exp": FOREVER, "iat": 0}
    signed = token(signer_of(one), claims(**good, sid="s", scope="write", tenant="t"))
    checker = gate([table(one)], outbound, clock, heard)
    actor = await checker.admit(f"Bearer {signed}")
    assert actor.id == "corp:ann"
    assert (actor.session, actor.scopes, actor.tenant) == (None, None, None)


async def test_a_table_says_what_the_issuers_scopes_stand_for(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    good = {"iss": one.issuer, "aud": AUDIENCE, "exp": FOREVER, "iat": 0}
    issuer = table(one, scopes={"tasks.read": "tasks:read", "tasks": ("tasks:*", "read")})
    checker = gate([issuer], outbound, clock, heard)
    for scope, granted in (("openid tasks.read", {"tasks:read"}), ("write", set())):
        signed = token(signer_of(one), claims(**good, scope=scope))
        assert (await checker.admit(f"Bearer {signed}")).scopes == frozenset(granted)


# -- forged keys -----------------------------------------------------------------------------
async def test_a_flood_of_unknown_keys_asks_the_issuer_once(
    rotating: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    forger = key(Algorithm.RS256, "forged", which=1)
    checker = gate([table(rotating)], outbound, clock, heard)
    await checker.admit(f"Bearer {rotating.machine_token()}")
    clock.seconds = 20
    before = rotating.count("/jwks")
    for number in range(200):
        forged = token(forger, claims(iss=rotating.issuer), kid=f"forged-{number}")
        assert await refusal(checker, f"Bearer {forged}") is INVALID_TOKEN
    assert rotating.count("/jwks") == before + 1


async def test_an_unknown_key_of_ones_own_asks_nobody(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard
) -> None:
    forged = token(key(Algorithm.ES256, "forged", which=1), claims())
    before = one.count("/jwks")
    checker = gate([table(one)], outbound, clock, heard)
    with pytest.raises(UnknownKey):
        await checker.admit(f"Bearer {forged}")
    assert one.count("/jwks") == before


@pytest.mark.parametrize("text", ["", "Bearer", "Bearer a.b.c", "Basic YTpi", "Bearer e30.e30.AA"])
async def test_what_cannot_be_read_is_refused_without_asking(
    one: OpenIdProvider, outbound: Outbound, clock: Shift, heard: Heard, text: str
) -> None:
    before = one.count("/jwks")
    checker = gate([table(one)], outbound, clock, heard)
    assert await refusal(checker, text) is INVALID_TOKEN
    assert one.count("/jwks") == before


def signer_of(provider: OpenIdProvider) -> TokenKey:
    """The provider's own key, to make tokens that it would never make."""
    made = json.dumps(private_jwk(provider.algorithm, provider.keys[0]))
    (found,) = jwk_keys(made.encode(), "test")
    return found
