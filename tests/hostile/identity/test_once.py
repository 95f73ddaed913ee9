"""What is good once is good once: also for two who come at the same moment, and for one thing."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from tests.behaviour.databases import DATABASES
from tests.hostile.identity.acts import again, challenged, code_now, once, with_app
from tests.identity.people import OTHER, PASSWORD, Person, Place, code_of

AT_ONCE = 6


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def won(answers: Sequence[httpx2.Response]) -> list[httpx2.Response]:
    """Those that were let in; all others were refused, and nothing failed."""
    assert {answer.status_code // 100 for answer in answers} <= {2, 4}
    return [answer for answer in answers if answer.status_code < 300]


async def past(place: Place, table: str, column: str) -> None:
    """Move a time into the past."""
    then = "2020-01-01T00:00:00.000000Z" if "sqlite" in place.url else "2020-01-01"
    await place.sql(f"UPDATE {table} SET {column} = '{then}' WHERE {column} IS NOT NULL")


# -- refresh tokens ----------------------------------------------------------------------------
async def test_of_many_refreshes_at_once_one_wins_whichever_way_they_come(
    place: Place, ann: Person
) -> None:
    ann = await again(place, ann)
    token = ann.tokens["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    answers = await asyncio.gather(
        *(place.post("auth/refresh", {"refresh_token": token}) for _ in range(AT_ONCE)),
        *(place.client.post("/v1/auth/token", data=form) for _ in range(AT_ONCE)),
    )
    (winner,) = won(answers)
    new = winner.json()
    assert (await place.send("GET", "auth/me", token=new["access_token"])).status_code == 200
    for _ in range(3):
        body = {"refresh_token": new["refresh_token"]}
        answer = await place.post("auth/refresh", body)
        assert answer.status_code == 200, "the honest client is not locked out"
        new = answer.json()


async def test_within_the_grace_a_spent_token_gives_nothing_and_ends_nothing(
    place: Place, ann: Person
) -> None:
    ann = await again(place, ann)
    old = {"refresh_token": ann.tokens["refresh_token"]}
    new = (await place.post("auth/refresh", old)).json()
    for _ in range(3):
        answer = await place.post("auth/refresh", old)
        assert code_of(answer) == "token_superseded"
        assert "chr_" not in answer.text
    assert (await place.send("GET", "auth/me", token=new["access_token"])).status_code == 200


@pytest.mark.parametrize("first", ["thief", "owner"])
async def test_a_stolen_refresh_token_ends_for_both_whoever_is_first(
    place: Place, ann: Person, first: str
) -> None:
    """RFC 9700, section 4.14.2: whichever of the two comes second shows that there are two."""
    ann = await again(place, ann)
    other = await again(place, ann)
    stolen = {"refresh_token": ann.tokens["refresh_token"]}
    taken = (await place.post("auth/refresh", stolen)).json()
    for _ in range(2 if first == "thief" else 0):
        body = {"refresh_token": taken["refresh_token"]}
        taken = (await place.post("auth/refresh", body)).json()
    await past(place, "charter_refresh_tokens", "spent_at")
    late = await asyncio.gather(*(place.post("auth/refresh", stolen) for _ in range(3)))
    assert {code_of(answer) for answer in late} == {"session_ended"}
    for token in (taken["access_token"], ann.token):
        assert code_of(await place.send("GET", "auth/me", token=token)) == "session_ended"
    body = {"refresh_token": taken["refresh_token"]}
    assert code_of(await place.post("auth/refresh", body)) == "session_ended"
    assert (await other.get("auth/me")).status_code == 200, "other sessions go on"


async def test_a_refresh_beside_a_sign_out_does_not_outlive_it(place: Place, ann: Person) -> None:
    for _ in range(3):
        ann = await again(place, ann)
        body = {"refresh_token": ann.tokens["refresh_token"]}
        answer, _ = await asyncio.gather(
            place.post("auth/refresh", body), ann.post("auth/sign-out")
        )
        if answer.status_code == 200:
            new = answer.json()
            gone = await place.send("GET", "auth/me", token=new["access_token"])
            assert code_of(gone) == "session_ended"
            body = {"refresh_token": new["refresh_token"]}
            assert code_of(await place.post("auth/refresh", body)) == "session_ended"


# -- one-time tokens ---------------------------------------------------------------------------
async def test_of_many_who_confirm_at_once_one_makes_the_account(place: Place) -> None:
    body = {"email": "kim@example.com", "password": PASSWORD}
    await place.post("auth/register", body)
    token = {"token": await once(place, "kim@example.com")}
    answers = await asyncio.gather(*(place.post("auth/verify", token) for _ in range(AT_ONCE)))
    assert len(won(answers)) == 1
    found = await place.rows("SELECT count(*) FROM members WHERE email = 'kim@example.com'")
    assert found[0][0] == 1


async def test_of_many_who_set_a_new_password_at_once_one_does(place: Place) -> None:
    person = await place.person("lea@example.com")
    await place.post("auth/password/forgot", {"email": person.address})
    token = await once(place, person.address)
    chosen = [f"{OTHER} {number}" for number in range(AT_ONCE)]
    answers = await asyncio.gather(
        *(place.post("auth/password/reset", {"token": token, "password": one}) for one in chosen)
    )
    assert len(won(answers)) == 1
    good = next(one for one, each in zip(chosen, answers, strict=True) if each.is_success)
    await place.sign_in(person.address, good)


async def test_a_token_is_good_for_its_own_purpose_only(place: Place) -> None:
    """Each kind of one-time token at every endpoint that takes one; afterwards it works still."""
    mia = await place.person("mia@example.com")
    await with_app(mia)
    await place.post("auth/register", {"email": "noa@example.com", "password": PASSWORD})
    await place.post("auth/password/forgot", {"email": mia.address})
    step = await place.post("auth/passkeys/sign-in/options")
    tokens = {
        "verify": await once(place, "noa@example.com"),
        "reset": await once(place, mia.address),
        "mfa": await challenged(place, mia),
        "passkey": step.json()["token"],
    }
    uses: dict[str, tuple[str, dict[str, Any]]] = {
        "verify": ("auth/verify", {}),
        "reset": ("auth/password/reset", {"password": OTHER}),
        "mfa": ("auth/sign-in", {"code": "000000"}),
        "passkey": ("auth/passkeys/sign-in", {"credential": {"id": "x"}}),
    }
    wrong = []
    for kind, token in tokens.items():
        for use, (path, body) in uses.items():
            if use != kind:
                name = "mfa_token" if use == "mfa" else "token"
                answer = await place.post(path, {name: token, **body})
                if code_of(answer) not in {"invalid_one_time_token", "passkey_refused"}:
                    wrong.append((kind, use, answer.text))
    assert wrong == []
    assert (await place.post("auth/verify", {"token": tokens["verify"]})).status_code == 204
    body = {"token": tokens["reset"], "password": OTHER}
    assert (await place.post("auth/password/reset", body)).status_code == 204


async def test_no_token_is_good_after_its_time(place: Place) -> None:
    pia = await place.person("pia@example.com")
    await place.post("auth/register", {"email": "quin@example.com", "password": PASSWORD})
    await place.post("auth/password/forgot", {"email": pia.address})
    verify, reset = await once(place, "quin@example.com"), await once(place, pia.address)
    await past(place, "charter_one_time_tokens", "expires_at")
    for path, body in (
        ("auth/verify", {"token": verify}),
        ("auth/password/reset", {"token": reset, "password": OTHER}),
    ):
        assert code_of(await place.post(path, body)) == "invalid_one_time_token"
    await place.sign_in(pia.address)


async def test_a_newer_letter_or_a_new_password_ends_the_older_one(place: Place) -> None:
    rob = await place.person("rob@example.com")
    for _ in range(2):
        await place.post("auth/password/forgot", {"email": rob.address})
    first, second = await once(place, rob.address), await once(place, rob.address)
    body = {"token": second, "password": OTHER}
    assert (await place.post("auth/password/reset", body)).status_code == 204
    body = {"token": first, "password": PASSWORD}
    assert code_of(await place.post("auth/password/reset", body)) == "invalid_one_time_token"


# -- second factors ----------------------------------------------------------------------------
@pytest.mark.parametrize("which", ["app", "recovery"])
async def test_of_many_with_one_code_at_once_one_is_let_in(place: Place, which: str) -> None:
    person = await place.person(f"sam-{which}@example.com")
    secret, codes = await with_app(person)
    code = code_now(secret) if which == "app" else codes[0]
    tokens = [await challenged(place, person) for _ in range(AT_ONCE)]
    answers = await asyncio.gather(
        *(place.post("auth/sign-in", {"mfa_token": one, "code": code}) for one in tokens)
    )
    assert len(won(answers)) == 1
    body = {"mfa_token": await challenged(place, person), "code": code}
    assert code_of(await place.post("auth/sign-in", body)) in {"invalid_code", "too_many_attempts"}


async def test_one_token_of_the_second_step_lets_in_once(place: Place) -> None:
    person = await place.person("tom@example.com")
    _, codes = await with_app(person)
    token = await challenged(place, person)
    answers = await asyncio.gather(
        *(place.post("auth/sign-in", {"mfa_token": token, "code": one}) for one in codes[:4])
    )
    assert len(won(answers)) == 1


async def test_codes_of_another_account_open_nothing(place: Place) -> None:
    uma = await place.person("uma@example.com")
    vic = await place.person("vic@example.com")
    secret, codes = await with_app(uma)
    await with_app(vic)
    for code in (codes[0], code_now(secret)):
        body = {"mfa_token": await challenged(place, vic), "code": code}
        assert code_of(await place.post("auth/sign-in", body)) == "invalid_code"
    body = {"mfa_token": await challenged(place, uma), "code": codes[0]}
    assert (await place.post("auth/sign-in", body)).status_code == 200


async def test_no_step_is_left_out_by_sending_both(place: Place) -> None:
    """The second step does not begin with somebody else's first one."""
    wes = await place.person("wes@example.com")
    await with_app(wes)
    token = await challenged(place, wes)
    for body in (
        {"mfa_token": token, "code": "000000", "email": wes.address, "password": PASSWORD},
        {"mfa_token": token}, {"mfa_token": token, "code": ""}, {"mfa_token": token, "code": None},
        {"mfa_token": token, "code": [code_now("A" * 32)]}, {"code": "000000"},
        {"email": wes.address, "password": PASSWORD, "code": ""},
        {"email": wes.address, "password": PASSWORD, "mfa_token": ""},
    ):  # fmt: skip
        answer = await place.post("auth/sign-in", body)
        assert answer.status_code in {401, 422}, body
        assert "access_token" not in answer.text
