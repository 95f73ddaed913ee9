"""Second factors: authenticator apps, recovery codes, step-up, and what asks for them."""

import base64
import time
from typing import Any

from charter.access.totp import STEP, hotp, step_at
from tests.identity.people import OTHER, PASSWORD, Person, Place, code_of

ANN = "ann@example.com"


def code(secret: str, ahead: int = 0) -> str:
    """The code that an app shows now, or some steps later."""
    padded = secret + "=" * (-len(secret) % 8)
    return hotp(base64.b32decode(padded), step_at(time.time()) + ahead)


async def enrolled(ann: Person) -> tuple[str, list[str]]:
    """Enrol an app: its secret and the recovery codes."""
    secret = (await ann.post("auth/totp")).json()["secret"]
    answer = await ann.post("auth/totp/confirm", {"code": code(secret)})
    assert answer.status_code == 200, answer.text
    return secret, answer.json()["recovery_codes"]


async def challenged(place: Place) -> str:
    """The token with which to go on after the password."""
    answer = await place.post("auth/sign-in", {"email": ANN, "password": PASSWORD})
    assert code_of(answer) == "mfa_required"
    token: str = answer.json()["mfa_token"]
    return token


async def finished(place: Place, token: str, given: str) -> Any:
    return await place.post("auth/sign-in", {"mfa_token": token, "code": given})


async def test_an_enrolment_shows_a_secret_a_uri_and_a_picture(place: Place) -> None:
    ann = await place.person(ANN)
    found = (await ann.post("auth/totp")).json()
    assert found["uri"].startswith("otpauth://totp/shop:ann@example.com?")
    assert found["secret"] in found["uri"]
    assert found["qr_svg"].startswith("<svg")
    await place.sign_in(ANN)


async def test_signing_in_takes_a_code_once_an_app_is_confirmed(place: Place) -> None:
    ann = await place.person(ANN)
    secret, _ = await enrolled(ann)
    token = await challenged(place)
    answer = await finished(place, token, code(secret, 1))
    assert answer.status_code == 200, answer.text
    me = await place.send("GET", "auth/me", token=answer.json()["access_token"])
    assert me.json()["methods"] == ["mfa", "otp", "pwd"]
    assert me.json()["level"] == "aal2"


async def test_a_code_can_come_along_with_the_password(place: Place) -> None:
    ann = await place.person(ANN)
    secret, _ = await enrolled(ann)
    await place.sign_in(ANN, code=code(secret, 1))


async def test_a_code_is_taken_once(place: Place) -> None:
    ann = await place.person(ANN)
    secret, _ = await enrolled(ann)
    given = code(secret, 1)
    assert (await finished(place, await challenged(place), given)).status_code == 200
    again = await finished(place, await challenged(place), given)
    assert code_of(again) == "invalid_code"


async def test_a_token_for_the_second_step_works_once(place: Place) -> None:
    ann = await place.person(ANN)
    _, codes = await enrolled(ann)
    token = await challenged(place)
    assert (await finished(place, token, codes[0])).status_code == 200
    assert code_of(await finished(place, token, codes[1])) == "invalid_one_time_token"


async def test_a_token_for_the_second_step_expires(place: Place) -> None:
    ann = await place.person(ANN)
    secret, _ = await enrolled(ann)
    token = await challenged(place)
    then = "2001-01-01T00:00:00.000000Z" if "sqlite" in place.url else "2001-01-01"
    await place.sql(f"UPDATE charter_one_time_tokens SET expires_at = '{then}'")
    assert code_of(await finished(place, token, code(secret, 1))) == "invalid_one_time_token"


async def test_a_wrong_code_leaves_the_token_for_another_try(place: Place) -> None:
    ann = await place.person(ANN)
    secret, _ = await enrolled(ann)
    token = await challenged(place)
    assert code_of(await finished(place, token, "000000")) == "invalid_code"
    assert (await finished(place, token, code(secret, 1))).status_code == 200


async def test_codes_cannot_be_tried_without_end(place: Place) -> None:
    ann = await place.person(ANN)
    secret, codes = await enrolled(ann)
    token = await challenged(place)
    answers = [await finished(place, token, f"{n:06}") for n in range(8)]
    assert "too_many_attempts" in {code_of(answer) for answer in answers}
    assert (await finished(place, token, codes[0])).status_code == 429
    assert secret


async def test_a_recovery_code_works_once_and_is_told_of(place: Place) -> None:
    ann = await place.person(ANN)
    _, codes = await enrolled(ann)
    assert len(codes) == 10
    assert (await finished(place, await challenged(place), codes[3])).status_code == 200
    again = await finished(place, await challenged(place), codes[3])
    assert code_of(again) == "invalid_code"
    assert any("recovery code" in letter["Subject"] for letter in await place.letters())


async def test_new_recovery_codes_end_the_old_ones(place: Place) -> None:
    ann = await place.person(ANN)
    secret, codes = await enrolled(ann)
    tokens = await place.sign_in(ANN, code=code(secret, 1))
    renewed = await place.post("auth/recovery-codes", token=tokens["access_token"])
    assert renewed.status_code == 200, renewed.text
    assert code_of(await finished(place, await challenged(place), codes[0])) == "invalid_code"
    new = renewed.json()["recovery_codes"]
    assert (await finished(place, await challenged(place), new[0])).status_code == 200


async def test_what_was_signed_in_with_a_password_only_cannot_remove_the_app(place: Place) -> None:
    ann = await place.person(ANN)
    await enrolled(ann)
    answer = await ann.delete("auth/totp")
    assert answer.status_code == 401
    assert code_of(answer) == "insufficient_user_authentication"
    assert answer.json()["acr_values"] == "aal2"


async def test_a_step_up_makes_it_possible(place: Place) -> None:
    ann = await place.person(ANN)
    secret, _ = await enrolled(ann)
    by_password = await ann.post("auth/step-up", {"password": PASSWORD})
    assert code_of(by_password) == "mfa_required"
    stronger = await ann.post("auth/step-up", {"code": code(secret, 1)})
    assert stronger.status_code == 200, stronger.text
    token = stronger.json()["access_token"]
    assert (await place.send("DELETE", "auth/totp", token=token)).status_code == 204
    await place.sign_in(ANN)


async def test_what_guards_the_account_takes_a_sign_in_of_late(place: Place) -> None:
    ann = await place.person(ANN)
    stale = place.process._realm
    assert stale is not None
    object.__setattr__(stale.realm, "settings", _impatient(stale.realm.settings))
    answer = await ann.delete("auth/account")
    assert code_of(answer) == "insufficient_user_authentication"
    assert "max_age" in answer.json()


def _impatient(settings: Any) -> Any:
    copied = type(settings)(**{name: getattr(settings, name) for name in settings.__slots__})
    object.__setattr__(copied, "fresh", -STEP)
    return copied


async def test_a_step_up_takes_the_right_password(place: Place) -> None:
    ann = await place.person(ANN)
    wrong = await ann.post("auth/step-up", {"password": OTHER})
    assert wrong.json()["flaws"][0]["code"] == "wrong_password"
    right = await ann.post("auth/step-up", {"password": PASSWORD})
    assert (await place.send("GET", "auth/me", token=right.json()["access_token"])).is_success
