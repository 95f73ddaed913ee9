"""Registering: an account comes of a confirmed address, and of nothing else."""

from charter.core.codes import INVALID_ONE_TIME_TOKEN
from tests.identity.people import PASSWORD, Place, code_of


async def test_a_person_registers_confirms_and_signs_in(place: Place) -> None:
    ann = await place.person("Ann@Example.com", name="Ann", phone="1")
    me = (await ann.get("auth/me")).json()
    assert me["email"] == "Ann@Example.com"
    assert me["methods"] == ["pwd"]
    row = (await ann.get(f"customers/{ann.id}")).json()
    assert (row["name"], row["phone"], row["credit"]) == ("Ann", "1", 0)
    assert row["email"] == "ann@example.com"
    assert row["email_verified"] is True


async def test_an_account_is_one_whatever_the_case_of_its_address(place: Place) -> None:
    await place.registered("ann@example.com")
    await place.sign_in("ANN@EXAMPLE.COM")


async def test_without_confirmation_there_is_no_account(place: Place) -> None:
    body = {"email": "ann@example.com", "password": PASSWORD}
    assert (await place.post("auth/register", body)).status_code == 202
    assert code_of(await place.post("auth/sign-in", body)) == "invalid_credentials"


async def test_a_token_of_a_letter_works_once(place: Place) -> None:
    body = {"email": "ann@example.com", "password": PASSWORD}
    await place.post("auth/register", body)
    token = await place.token_for("ann@example.com")
    assert (await place.post("auth/verify", {"token": token})).status_code == 204
    again = await place.post("auth/verify", {"token": token})
    assert code_of(again) == INVALID_ONE_TIME_TOKEN.name


async def test_who_registers_twice_is_told_by_letter_only(place: Place) -> None:
    await place.registered("ann@example.com")
    body = {"email": "ANN@example.com", "password": PASSWORD}
    answer = await place.post("auth/register", body)
    assert (answer.status_code, answer.content) == (202, b"")
    assert "already" in (await place.letter("ann@example.com"))["Subject"]


async def test_two_who_ask_for_one_address_make_one_account(place: Place) -> None:
    body = {"email": "ann@example.com", "password": PASSWORD}
    await place.post("auth/register", body)
    await place.post("auth/register", body)
    first, second = [await place.token_for("ann@example.com") for _ in range(2)]
    assert (await place.post("auth/verify", {"token": first})).status_code == 204
    assert (await place.post("auth/verify", {"token": second})).status_code in {409, 422}
    await place.sign_in("ann@example.com")


async def test_nobody_gives_themselves_what_is_not_theirs_to_give(place: Place) -> None:
    for name, value in {"credit": 10, "id": "x", "version": 2, "email_verified": True}.items():
        body = {"email": "ann@example.com", "password": PASSWORD, name: value}
        answer = await place.post("auth/register", body)
        assert answer.status_code == 422, name
        assert answer.json()["flaws"][0]["code"] == "read_only"
    body = {"email": "ann@example.com", "password": PASSWORD, "roles": ["buyer"]}
    flaws = (await place.post("auth/register", body)).json()["flaws"]
    assert [(flaw["code"], flaw["pointer"]) for flaw in flaws] == [("unknown_field", "#/roles")]


async def test_all_flaws_are_told_at_once(place: Place) -> None:
    answer = await place.post("auth/register", {"email": "nobody", "phone": 5})
    pointers = {flaw["pointer"] for flaw in answer.json()["flaws"]}
    assert pointers == {"#/email", "#/password", "#/phone"}


async def test_a_password_that_would_be_guessed_is_refused(place: Place) -> None:
    for password in ("short", "password123", "ann@example.com", "iloveyou!"):
        body = {"email": "ann@example.com", "password": password}
        answer = await place.post("auth/register", body)
        assert answer.status_code == 422, password
        assert answer.json()["flaws"][0]["pointer"] == "#/password"
        assert password not in answer.text.replace("ann@example.com", "")


async def test_values_that_another_account_has_are_a_conflict_when_confirmed(place: Place) -> None:
    await place.registered("ann@example.com", nickname="bee")
    body = {"email": "bob@example.com", "password": PASSWORD, "nickname": "bee"}
    assert (await place.post("auth/register", body)).status_code == 202
    token = await place.token_for("bob@example.com")
    answer = await place.post("auth/verify", {"token": token})
    assert code_of(answer) == "not_unique"
    assert answer.json()["flaws"][0]["pointer"] == "#/nickname"
