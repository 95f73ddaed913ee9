"""Sessions: tokens that rotate, sign-out at once, reuse that ends them."""

import asyncio

from tests.identity.people import OTHER, PASSWORD, Place, code_of, token_in

ANN = "ann@example.com"


async def test_a_wrong_password_and_a_wrong_address_look_alike(place: Place) -> None:
    await place.registered(ANN)
    wrong = await place.post("auth/sign-in", {"email": ANN, "password": OTHER})
    nobody = await place.post("auth/sign-in", {"email": "bob@example.com", "password": OTHER})
    assert wrong.status_code == nobody.status_code == 401
    ours, theirs = wrong.json(), nobody.json()
    ours.pop("instance")
    theirs.pop("instance")
    assert ours == theirs


async def test_signing_out_ends_the_access_token_at_once(place: Place) -> None:
    ann = await place.person(ANN)
    assert (await ann.get("notes")).status_code == 200
    assert (await ann.post("auth/sign-out")).status_code == 204
    assert code_of(await ann.get("notes")) == "session_ended"
    body = {"refresh_token": ann.tokens["refresh_token"]}
    assert code_of(await place.post("auth/refresh", body)) == "session_ended"


async def test_refreshing_gives_a_new_token_for_the_same_session(place: Place) -> None:
    ann = await place.person(ANN)
    body = {"refresh_token": ann.tokens["refresh_token"]}
    fresh = (await place.post("auth/refresh", body)).json()
    assert fresh["refresh_token"] != ann.tokens["refresh_token"]
    me = await place.send("GET", "auth/me", token=fresh["access_token"])
    assert me.json()["session"] == (await ann.get("auth/me")).json()["session"]


async def test_of_two_refreshes_at_once_one_wins_and_nobody_is_locked_out(place: Place) -> None:
    ann = await place.person(ANN)
    body = {"refresh_token": ann.tokens["refresh_token"]}
    answers = await asyncio.gather(*(place.post("auth/refresh", body) for _ in range(4)))
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [code_of(answer) for answer in answers if answer.status_code != 200]
    assert len(won) == 1
    assert lost == ["token_superseded"] * 3
    new = {"refresh_token": won[0].json()["refresh_token"]}
    assert (await place.post("auth/refresh", new)).status_code == 200


async def test_a_spent_refresh_token_that_comes_late_ends_the_whole_session(place: Place) -> None:
    ann = await place.person(ANN)
    body = {"refresh_token": ann.tokens["refresh_token"]}
    fresh = (await place.post("auth/refresh", body)).json()
    await _hour_ago(place, "charter_refresh_tokens", "spent_at")
    assert code_of(await place.post("auth/refresh", body)) == "session_ended"
    new = {"refresh_token": fresh["refresh_token"]}
    assert code_of(await place.post("auth/refresh", new)) == "session_ended"
    assert code_of(await ann.get("notes")) == "session_ended"


async def _hour_ago(place: Place, table: str, column: str) -> None:
    """Move a time into the past."""
    then = "2020-01-01T00:00:00.000000Z" if "sqlite" in str(place.url) else "2020-01-01"
    await place.sql(f"UPDATE {table} SET {column} = '{then}' WHERE {column} IS NOT NULL")


async def test_a_made_up_refresh_token_is_nobodys(place: Place) -> None:
    for text in ("chr_" + "0" * 49, "nothing", "cho_" + "a" * 49):
        answer = await place.post("auth/refresh", {"refresh_token": text})
        assert code_of(answer) == "session_ended"


async def test_sessions_are_listed_and_ended_one_by_one(place: Place) -> None:
    ann = await place.person(ANN)
    other = await place.sign_in(ANN)
    items = (await ann.get("auth/sessions")).json()["items"]
    assert sorted(item["current"] for item in items) == [False, True]
    theirs = next(item["id"] for item in items if not item["current"])
    assert (await ann.delete(f"auth/sessions/{theirs}")).status_code == 204
    gone = await place.send("GET", "notes", token=other["access_token"])
    assert code_of(gone) == "session_ended"
    assert (await ann.get("notes")).status_code == 200


async def test_all_other_sessions_end_at_a_word(place: Place) -> None:
    ann = await place.person(ANN)
    other = await place.sign_in(ANN)
    assert (await ann.delete("auth/sessions")).status_code == 204
    assert code_of(await place.send("GET", "notes", token=other["access_token"])) == "session_ended"
    assert (await ann.get("notes")).status_code == 200


async def test_sessions_of_others_are_not_there(place: Place) -> None:
    ann, bob = await place.person(ANN), await place.person("bob@example.com")
    session = (await bob.get("auth/me")).json()["session"]
    assert (await ann.delete(f"auth/sessions/{session}")).status_code == 404
    assert (await bob.get("notes")).status_code == 200


async def test_a_row_belongs_to_who_has_signed_in(place: Place) -> None:
    ann, bob = await place.person(ANN), await place.person("bob@example.com")
    note = (await ann.post("notes", {"text": "mine"})).json()
    assert (await ann.get(f"notes/{note['id']}")).status_code == 200
    assert (await bob.get(f"notes/{note['id']}")).status_code == 404


async def test_a_new_password_by_letter_ends_all_sessions(place: Place) -> None:
    ann = await place.person(ANN)
    assert (await place.post("auth/password/forgot", {"email": ANN})).status_code == 202
    token = await place.token_for(ANN)
    body = {"token": token, "password": OTHER}
    assert (await place.post("auth/password/reset", body)).status_code == 204
    assert code_of(await ann.get("notes")) == "session_ended"
    assert code_of(await place.post("auth/password/reset", body)) == "invalid_one_time_token"
    await place.sign_in(ANN, OTHER)
    old = await place.post("auth/sign-in", {"email": ANN, "password": PASSWORD})
    assert code_of(old) == "invalid_credentials"
    assert "changed" in (await place.letter(ANN))["Subject"]


async def test_a_changed_password_ends_the_other_sessions(place: Place) -> None:
    ann = await place.person(ANN)
    other = await place.sign_in(ANN)
    body = {"current_password": PASSWORD, "password": OTHER}
    answer = await ann.post("auth/password/change", body)
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    assert (await place.send("GET", "notes", token=token)).status_code == 200
    for old in (ann.token, other["access_token"]):
        assert code_of(await place.send("GET", "notes", token=old)) == "session_ended"
    await place.sign_in(ANN, OTHER)


async def test_a_password_is_changed_only_by_who_knows_it(place: Place) -> None:
    ann = await place.person(ANN)
    body = {"current_password": OTHER, "password": OTHER}
    answer = await ann.post("auth/password/change", body)
    assert answer.status_code == 422
    flaw = answer.json()["flaws"][0]
    assert (flaw["code"], flaw["pointer"]) == ("wrong_password", "#/current_password")


async def test_another_address_counts_when_it_is_confirmed(place: Place) -> None:
    ann = await place.person(ANN)
    answer = await ann.post("auth/email/change", {"email": "ann@new.example"})
    assert answer.status_code == 202
    await place.sign_in(ANN)
    token = token_in(await place.letter("ann@new.example"))
    assert (await place.post("auth/verify", {"token": token})).status_code == 204
    await place.sign_in("ann@new.example")
    old = await place.post("auth/sign-in", {"email": ANN, "password": PASSWORD})
    assert code_of(old) == "invalid_credentials"
    row = (await ann.get(f"customers/{ann.id}")).json()
    assert row["email"] == "ann@new.example"
    assert "another address" in (await place.letter(ANN))["Subject"]


async def test_an_address_that_is_taken_stays_where_it_is(place: Place) -> None:
    ann = await place.person(ANN)
    await place.registered("bob@example.com")
    answer = await ann.post("auth/email/change", {"email": "bob@example.com"})
    assert (answer.status_code, answer.content) == (202, b"")
    letter = await place.letter("bob@example.com")
    assert "another account" in letter["Subject"]
    assert "cho_" not in letter.as_string()


async def test_the_address_cannot_be_written_past_its_confirmation(place: Place) -> None:
    ann = await place.person(ANN)
    answer = await place.send(
        "PATCH", f"customers/{ann.id}", {"email": "bob@example.com"}, token=ann.token
    )
    assert answer.status_code == 422
    assert answer.json()["flaws"][0]["code"] == "read_only"


async def test_a_deleted_account_is_gone_with_its_sessions(place: Place) -> None:
    ann = await place.person(ANN)
    assert (await ann.delete("auth/account")).status_code == 204
    assert code_of(await ann.get("notes")) == "session_ended"
    gone = await place.post("auth/sign-in", {"email": ANN, "password": PASSWORD})
    assert code_of(gone) == "invalid_credentials"
    assert "deleted" in (await place.letter(ANN))["Subject"]
    await place.registered(ANN)


async def test_an_account_that_others_need_is_not_deleted(place: Place) -> None:
    ann = await place.person(ANN)
    assert (await ann.post("notes", {"text": "mine"})).status_code == 201
    assert code_of(await ann.delete("auth/account")) == "still_referenced"
    assert (await ann.get("notes")).status_code == 200
