"""Access tokens: nobody makes one, changes one, or uses one that is not for here and now."""

import pytest

from tests.hostile.identity.acts import once as letter_token
from tests.hostile.identity.forging import SIGNER, forged, opened, signed, signed_badly
from tests.identity.people import Person, Place, code_of


async def refused(place: Place, token: str) -> bool:
    """Whether a token opens nothing, and is not repeated in the answer."""
    for method, path, body in (
        ("GET", "auth/me", None), ("GET", "notes", None), ("POST", "notes", {"text": "x"}),
        ("POST", "auth/sign-out", None),
    ):  # fmt: skip
        answer = await place.send(method, path, body, token=token)
        if answer.status_code != 401 or token in answer.text or "set-cookie" in answer.headers:
            return False
        if 'error="invalid_token"' not in answer.headers["www-authenticate"]:
            return False
    return True


async def test_nobody_makes_a_token_without_the_key(place: Place, ann: Person, bob: Person) -> None:
    tried = list(forged(ann.token, bob.id))
    assert len(tried) > 30
    assert [what for what, token in tried if not await refused(place, token)] == []
    assert (await ann.get("auth/me")).json()["id"] == ann.id


async def test_a_good_signature_is_not_enough(place: Place, ann: Person) -> None:
    tried = list(signed_badly(ann.token))
    assert [what for what, token in tried if not await refused(place, token)] == []


async def test_the_forger_of_this_suite_could_do_it_with_the_key(place: Place, ann: Person) -> None:
    head, claims = opened(ann.token)
    answer = await place.send("GET", "auth/me", token=signed(SIGNER, claims, head))
    assert answer.json()["id"] == ann.id


async def test_a_token_in_any_other_place_is_no_token(place: Place, ann: Person) -> None:
    for path in (f"auth/me?access_token={ann.token}", f"notes?access_token={ann.token}"):
        answer = await place.send("GET", path)
        assert answer.status_code in {400, 401}, path
    for cookie in (f"access_token={ann.token}", f"__Host-charter={ann.token}"):
        answer = await place.send("GET", "auth/me", headers={"cookie": cookie})
        assert answer.status_code == 401


@pytest.mark.parametrize("name", ["roles", "amr", "auth_time", "scope", "sid", "tenant"])
async def test_a_body_or_a_field_says_nothing_of_who_asks(
    place: Place, ann: Person, name: str
) -> None:
    headers = {f"x-{name}": "chief", "x-forwarded-user": "root", "x-user-id": "root"}
    me = await place.send("GET", "auth/me", token=ann.token, headers=headers)
    plain = await place.send("GET", "auth/me", token=ann.token)
    assert me.json() == plain.json()


async def test_credentials_are_good_for_what_they_are_and_nothing_else(
    place: Place, ann: Person
) -> None:
    """A refresh token, a one-time token, a cookie and a key, each where another belongs."""
    refresh = ann.tokens["refresh_token"]
    key = (await ann.post("auth/keys", {"name": "Build"})).json()["key"]
    await place.post("auth/password/forgot", {"email": ann.address})
    once = await letter_token(place, ann.address)
    for text in (refresh, once, "chs_" + refresh[4:], "chk_" + refresh[4:]):
        assert (await place.send("GET", "auth/me", token=text)).status_code == 401
    for text in (ann.token, once, key, "chr_" + once[4:], "chr_" + key[4:]):
        body = {"refresh_token": text}
        answer = await place.post("auth/refresh", body)
        assert answer.status_code in {401, 422}, text
    for text in (refresh, key, "cho_" + refresh[4:], "cho_" + key[4:]):
        body = {"token": text, "password": "seven quiet harbours at dawn"}
        assert code_of(await place.post("auth/password/reset", body)) == "invalid_one_time_token"
    for text in (refresh, once, key, "chs_" + key[4:]):
        answer = await place.send("GET", "auth/me", headers={"cookie": f"__Host-charter={text}"})
        assert answer.status_code == 401
    assert (await place.send("GET", "auth/me", token=key)).status_code == 200
