"""One-time tokens: what may be done once, by whoever holds one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from charter.access.opaque import Kind, digest_of, mint
from charter.core.codes import INVALID_ONE_TIME_TOKEN, TOO_LARGE
from charter.core.problems import Problem
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, read, run
from charter.sql.identity.tables import ONE_TIME_TOKENS
from charter.sql.own import query
from charter.store.database import Transaction

MOST_BYTES = 65_536
_encode = msgspec.json.Encoder(decimal_format="number").encode
_SPENT = ("purpose", "account", "payload")


class Purpose:
    """What tokens are for."""

    REGISTER = "register"
    EMAIL = "email"
    RESET = "reset"
    SECOND_FACTOR = "second-factor"
    NEW_PASSKEY = "new-passkey"
    PASSKEY = "passkey"
    PROVIDER = "provider"
    PROVIDER_EMAIL = "provider-email"
    NOTHING = "nothing"
    """Made for the sake of equal work, and never given to anybody."""


@dataclass(frozen=True, slots=True)
class OneTime:
    """A token that was found."""

    purpose: str
    account: str | None
    payload: Mapping[str, Any] = field(repr=False)


async def issue(  # noqa: PLR0913 - the parts of a token
    realm: Realm,
    transaction: Transaction,
    visit: Visit,
    purpose: str,
    account: str | None,
    payload: Mapping[str, Any],
    *,
    lifetime: float,
) -> str:
    """A new token, as text."""
    text = _encode(payload).decode()
    if len(text) > MOST_BYTES:
        raise Problem(TOO_LARGE, f"All fields together have at most {MOST_BYTES:,} bytes here.")
    token = mint(Kind.ONE_TIME)
    insert = query.insert(realm.dialect, ONE_TIME_TOKENS)
    expires = visit.after(lifetime)
    await run(transaction, insert, token.digest, purpose, account, text, visit.now, expires)
    return token.text


async def find(realm: Realm, visit: Visit, token: str, *purposes: str) -> OneTime:
    """What a token is for, without using it. Raises `invalid_one_time_token`."""
    finding = query.find(realm.dialect, ONE_TIME_TOKENS, _SPENT, ("hash",), "expires_at")
    rows = await read(realm.database, finding, _digest(token), visit.now)
    return _found(rows, purposes)


async def spend(
    realm: Realm, transaction: Transaction, visit: Visit, token: str, *purposes: str
) -> OneTime:
    """Use a token: of two who try at once, one does. Raises `invalid_one_time_token`."""
    removing = query.remove(realm.dialect, ONE_TIME_TOKENS, ("hash",), "expires_at", _SPENT)
    return _found(await fetch(transaction, removing, _digest(token), visit.now), purposes)


async def withdraw(realm: Realm, transaction: Transaction, account: str, purpose: str) -> None:
    """Take back the tokens of an account that are for one thing."""
    removing = query.remove(realm.dialect, ONE_TIME_TOKENS, ("account", "purpose"))
    await run(transaction, removing, account, purpose)


def _digest(token: str) -> str:
    digest = digest_of(token, Kind.ONE_TIME)
    if digest is None:
        raise Problem(INVALID_ONE_TIME_TOKEN)
    return digest


def _found(rows: list[tuple[Any, ...]], purposes: tuple[str, ...]) -> OneTime:
    if not rows or rows[0][0] not in purposes:
        raise Problem(INVALID_ONE_TIME_TOKEN)
    purpose, account, payload = rows[0]
    return OneTime(purpose, account, msgspec.json.decode(payload))
