"""Roles that rows grant: in the token, and gone from it at once."""

from tests.identity.people import Person, Place, code_of

ANN, BOB = "ann@example.com", "bob@example.com"


async def buyer(place: Place) -> Person:
    """The first who has a role, given by those who run the service."""
    ann = await place.person(ANN)
    text = (
        "INSERT INTO staffs (id, user_id, role, created_at, updated_at, version) VALUES "
        f"('018f0000-0000-7000-8000-000000000001', '{ann.id}', 'buyer', "
        "'2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z', 1)"
    )
    await place.sql(text)
    tokens = await place.sign_in(ANN)
    return Person(place, ANN, ann.id, tokens)


async def test_a_role_that_a_row_grants_is_in_the_token(place: Place) -> None:
    ann = await buyer(place)
    assert (await ann.get("auth/me")).json()["roles"] == ["buyer"]
    assert len((await ann.get("staffs")).json()["items"]) == 1


async def test_a_new_role_makes_the_token_stale_and_the_refresh_works(place: Place) -> None:
    ann, bob = await buyer(place), await place.person(BOB)
    given = await ann.post("staffs", {"user_id": bob.id, "role": "clerk"})
    assert given.status_code == 201, given.text
    stale = await bob.get("notes")
    assert (stale.status_code, code_of(stale)) == (401, "token_stale")
    body = {"refresh_token": bob.tokens["refresh_token"]}
    fresh = (await place.post("auth/refresh", body)).json()
    await ann.post("notes", {"text": "for clerks"})
    notes = await place.send("GET", "notes", token=fresh["access_token"])
    assert [note["text"] for note in notes.json()["items"]] == ["for clerks"]


async def test_a_role_that_is_taken_away_is_gone_at_once(place: Place) -> None:
    ann, bob = await buyer(place), await place.person(BOB)
    given = (await ann.post("staffs", {"user_id": bob.id, "role": "clerk"})).json()
    tokens = await place.sign_in(BOB)
    assert (await ann.delete(f"staffs/{given['id']}")).status_code == 204
    answer = await place.send("GET", "notes", token=tokens["access_token"])
    assert code_of(answer) == "token_stale"


async def test_nobody_gives_a_role_who_may_not(place: Place) -> None:
    bob = await place.person(BOB)
    answer = await bob.post("staffs", {"user_id": bob.id, "role": "buyer"})
    assert answer.status_code == 403
