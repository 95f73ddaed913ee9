"""What attackers and their victims do."""

import base64
import re
import time
from typing import Any

from charter.access.totp import hotp, step_at
from tests.identity.people import PASSWORD, Person, Place

_ONCE = re.compile(r"cho_[0-9A-Za-z]+")


async def once(place: Place, address: str) -> str:
    """The token in the next letter to somebody that has one."""
    while True:
        part = (await place.letter(address)).get_body(("plain",))
        found = _ONCE.search(part.get_content() if part is not None else "")
        if found is not None:
            return found[0]


async def again(place: Place, person: Person) -> Person:
    """The same person, signed in once more."""
    return Person(place, person.address, person.id, await place.sign_in(person.address))


def code_now(secret: str, ahead: int = 1) -> str:
    """A code of an authenticator app that was not used yet."""
    padded = secret + "=" * (-len(secret) % 8)
    return hotp(base64.b32decode(padded), step_at(time.time()) + ahead)


async def with_app(person: Person) -> tuple[str, list[str]]:
    """Enrol an app: its secret and the recovery codes."""
    secret = (await person.post("auth/totp")).json()["secret"]
    answer = await person.post("auth/totp/confirm", {"code": code_now(secret, 0)})
    assert answer.status_code == 200, answer.text
    return secret, answer.json()["recovery_codes"]


async def challenged(place: Place, person: Person) -> str:
    """The token that the right password gives where a second factor is asked for."""
    body = {"email": person.address, "password": PASSWORD}
    answer = await place.post("auth/sign-in", body)
    token: str = answer.json()["mfa_token"]
    return token


async def rows(place: Place) -> dict[str, Any]:
    """Everything in the tables of the contract and of its accounts; not what was counted."""
    names = (
        "members", "staffs", "notes", "pages", "charter_credentials", "charter_sessions",
        "charter_refresh_tokens", "charter_api_keys", "charter_totp", "charter_recovery_codes",
        "charter_passkeys",
    )  # fmt: skip
    return {name: sorted(map(repr, await place.rows(f'SELECT * FROM "{name}"'))) for name in names}
