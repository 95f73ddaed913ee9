"""Tries, counted before they are made.

Three counts guard a sign-in. One is of the account and the network that asks; one of the account
alone, for guesses that come from everywhere; one of the network alone, for one password tried on
many accounts. Who has signed in to an account from a network before is *familiar* there, and its
tries count for account and network only: so an attacker elsewhere, however busy, keeps nobody
out of their own account where they usually are. From a new place they wait at most a quarter of
an hour between tries that an attacker makes as well, or set a new password by a letter, which
makes the place a familiar one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from charter.core.codes import TOO_MANY_ATTEMPTS
from charter.core.problems import Problem
from charter.serve.identity.realm import Realm
from charter.serve.identity.running import fetch, run
from charter.sql.identity.attempts import count_tries, free_times, take_back
from charter.sql.identity.tables import ATTEMPTS, FAMILIAR
from charter.sql.own import query
from charter.store.database import Transaction

LETTERS = 3
"""Letters that may be asked for at once for one address."""


@dataclass(frozen=True, slots=True)
class Try:
    """Something that is counted, under a digest, with how many tries of it are free."""

    key: str
    free: int


def of(free: int, *parts: str) -> Try:
    return Try(hashlib.sha256("\0".join(parts).encode()).hexdigest(), free)


def of_network(realm: Realm, what: str, address: str) -> Try:
    return of(realm.settings.free_tries_address, what, "network", address)


async def to_sign_in(
    realm: Realm, transaction: Transaction, login: str, address: str
) -> tuple[Try, ...]:
    """The tries that signing in to an account from a network is."""
    free = realm.settings.free_tries
    here = of(free, "sign-in", login, address)
    seen = query.find(realm.dialect, FAMILIAR, ("key",), ("key",))
    found = await fetch(transaction, seen, _familiar(login, address))
    everywhere = () if found else (of(free, "sign-in", login),)
    return (here, of_network(realm, "sign-in", address), *everywhere)


async def count(
    realm: Realm, transaction: Transaction, tries: Sequence[Try], now: datetime
) -> None:
    """Count a try of each. Raises `too_many_attempts`, which undoes it, where one is too early."""
    ordered = sorted(tries, key=lambda item: item.key)
    moment = milliseconds(now)
    values = [value for item in ordered for value in (item.key, item.free)]
    counting = count_tries(realm.dialect, len(ordered))
    counted = await fetch(transaction, counting, moment, *values)
    if len(counted) == len(ordered):
        return
    delays = free_times(realm.dialect, len(ordered))
    rows = await fetch(transaction, delays, *(item.key for item in ordered))
    wait = max(1, -(-((rows[0][0] or moment) - moment) // 1000))
    raise Problem(TOO_MANY_ATTEMPTS, retry_after=wait)


async def succeeded(
    realm: Realm, transaction: Transaction, login: str, address: str, now: datetime
) -> None:
    """It was the right password: the failures before are forgotten, and this was none."""
    network = of_network(realm, "sign-in", address)
    await run(transaction, take_back(realm.dialect), network.key)
    await forget(realm, transaction, login, address, now)


async def forget(
    realm: Realm, transaction: Transaction, login: str, address: str, now: datetime
) -> None:
    """Forget what was counted for an account; the place is familiar from now on."""
    free = realm.settings.free_tries
    forgetting = query.remove(realm.dialect, ATTEMPTS, ("key",))
    for item in (of(free, "sign-in", login, address), of(free, "sign-in", login)):
        await run(transaction, forgetting, item.key)
    await make_familiar(realm, transaction, login, address, now)


async def make_familiar(
    realm: Realm, transaction: Transaction, login: str, address: str, now: datetime
) -> None:
    key = _familiar(login, address)
    await run(transaction, query.remove(realm.dialect, FAMILIAR, ("key",)), key)
    await run(transaction, query.insert(realm.dialect, FAMILIAR), key, now)


async def succeed(realm: Realm, transaction: Transaction, one: Try) -> None:
    """A try of something else was right: its failures are forgotten."""
    await run(transaction, query.remove(realm.dialect, ATTEMPTS, ("key",)), one.key)


def milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)


def _familiar(login: str, address: str) -> str:
    return of(0, "familiar", login, address).key
