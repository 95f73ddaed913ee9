"""Nothing tells whether an address has an account: not an answer, and not the work done.

What is counted is statements and hashes, since clocks on a shared machine prove nothing.
"""

from typing import Any

import pytest

from tests.identity.people import OTHER, PASSWORD, Place

KNOWN, UNKNOWN = "ann@example.com", "nobody@example.com"

REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "sign in": ("auth/sign-in", {"password": OTHER}),
    "register": ("auth/register", {"password": PASSWORD}),
    "forgotten password": ("auth/password/forgot", {}),
}


async def work_of(place: Place, path: str, body: dict[str, Any]) -> tuple[Any, ...]:
    """What a request costs, and what it answers."""
    opened = place.process._realm
    assert opened is not None
    # The post works beside, when it likes: it stands still while statements are counted.
    await opened.post.stop()
    work = opened.realm.hasher.work
    place.witness.statements.clear()
    hashed, verified = work.hashed, work.verified
    answer = await place.post(path, body)
    statements = tuple(place.witness.statements)
    opened.post.start()
    said = answer.json() if answer.content else {}
    said.pop("instance", None)
    headers = sorted(name for name in answer.headers if name not in {"content-length", "date"})
    spent = (work.hashed - hashed, work.verified - verified)
    return answer.status_code, said, headers, spent, statements


@pytest.mark.parametrize("name", REQUESTS)
async def test_an_address_with_an_account_costs_what_one_without_does(
    place: Place, name: str
) -> None:
    await place.registered(KNOWN)
    path, body = REQUESTS[name]
    known = await work_of(place, path, {**body, "email": KNOWN})
    unknown = await work_of(place, path, {**body, "email": UNKNOWN})
    assert known == unknown
    assert len(known[-1]) > 0


async def test_another_address_for_an_account_costs_the_same_when_it_is_taken(
    place: Place,
) -> None:
    await place.registered("bob@example.com")
    ann = await place.person(KNOWN)
    found = []
    for address in ("bob@example.com", UNKNOWN):
        opened = place.process._realm
        assert opened is not None
        await opened.post.stop()
        place.witness.statements.clear()
        answer = await ann.post("auth/email/change", {"email": address})
        found.append((answer.status_code, answer.content, tuple(place.witness.statements)))
        opened.post.start()
    assert found[0] == found[1]


async def too_early(place: Place, address: str) -> tuple[Any, ...]:
    """What a try costs that is refused since the last one was just before. The wait grows, so
    that there is one soon on any machine."""
    for _ in range(40):
        found = await work_of(place, "auth/sign-in", {"email": address, "password": OTHER})
        if found[0] == 429:
            return found
    pytest.fail("no try came too early")


async def test_a_try_that_came_too_early_costs_the_same(place: Place) -> None:
    await place.registered(KNOWN)
    known, unknown = await too_early(place, KNOWN), await too_early(place, UNKNOWN)
    assert known[3:] == unknown[3:]
    assert known[3] == (0, 0)
