"""Passkeys: made in a browser, and signed in with; the device is one in software."""

from typing import Any

from tests.access.authenticator import PRESENT, Authenticator
from tests.identity.people import Person, Place, code_of
from tests.identity.test_factors import enrolled

ANN = "ann@example.com"


async def registered(ann: Person, device: Authenticator) -> dict[str, Any]:
    asked = (await ann.post("auth/passkeys/options")).json()
    body = {"token": asked["token"], "credential": device.make(asked["options"]), "name": "Phone"}
    answer = await ann.post("auth/passkeys/register", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def used(place: Place, device: Authenticator) -> Any:
    asked = (await place.post("auth/passkeys/sign-in/options")).json()
    body = {"token": asked["token"], "credential": device.get(asked["options"])}
    return await place.post("auth/passkeys/sign-in", body)


async def test_a_passkey_signs_in_with_two_factors_in_one(place: Place) -> None:
    ann = await place.person(ANN)
    device = Authenticator()
    await registered(ann, device)
    answer = await used(place, device)
    assert answer.status_code == 200, answer.text
    me = (await place.send("GET", "auth/me", token=answer.json()["access_token"])).json()
    assert (me["id"], me["level"]) == (ann.id, "aal2")
    assert (await used(place, device)).status_code == 200


async def test_a_passkey_that_knows_no_user_is_one_factor(place: Place) -> None:
    ann = await place.person(ANN)
    device = Authenticator(flags=PRESENT)
    await registered(ann, device)
    _, codes = await enrolled(ann)
    answer = await used(place, device)
    assert code_of(answer) == "mfa_required"
    body = {"mfa_token": answer.json()["mfa_token"], "code": codes[0]}
    assert (await place.post("auth/sign-in", body)).status_code == 200


async def test_an_answer_counts_once(place: Place) -> None:
    ann = await place.person(ANN)
    device = Authenticator()
    await registered(ann, device)
    asked = (await place.post("auth/passkeys/sign-in/options")).json()
    body = {"token": asked["token"], "credential": device.get(asked["options"])}
    assert (await place.post("auth/passkeys/sign-in", body)).status_code == 200
    again = await place.post("auth/passkeys/sign-in", body)
    assert code_of(again) == "invalid_one_time_token"


async def test_another_device_is_refused(place: Place) -> None:
    ann = await place.person(ANN)
    device = Authenticator()
    await registered(ann, device)
    thief = Authenticator(credential_id=device.credential_id)
    assert code_of(await used(place, thief)) == "passkey_refused"
    assert code_of(await used(place, Authenticator())) == "passkey_refused"


async def test_a_passkey_is_made_for_who_asked(place: Place) -> None:
    ann, bob = await place.person(ANN), await place.person("bob@example.com")
    asked = (await ann.post("auth/passkeys/options")).json()
    body = {"token": asked["token"], "credential": Authenticator().make(asked["options"])}
    assert code_of(await bob.post("auth/passkeys/register", body)) == "invalid_passkey"


async def test_passkeys_are_listed_and_forgotten(place: Place) -> None:
    ann, bob = await place.person(ANN), await place.person("bob@example.com")
    device = Authenticator()
    made = await registered(ann, device)
    (item,) = (await ann.get("auth/passkeys")).json()["items"]
    assert (item["id"], item["name"]) == (made["id"], "Phone")
    assert (await bob.delete(f"auth/passkeys/{made['id']}")).status_code == 404
    assert (await ann.delete(f"auth/passkeys/{made['id']}")).status_code == 204
    assert code_of(await used(place, device)) == "passkey_refused"
