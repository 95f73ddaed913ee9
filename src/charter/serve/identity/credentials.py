"""Credentials: by what address and password somebody signs in."""

from dataclasses import dataclass, field
from datetime import datetime

from charter.core.codes import INVALID_VALUES
from charter.core.problems import Problem
from charter.serve.identity.realm import Realm
from charter.serve.identity.running import fetch, read, run
from charter.sql.identity.tables import CREDENTIALS
from charter.sql.own import query
from charter.store.database import Transaction

_COLUMNS = ("account", "login", "email", "password", "changed_at")


@dataclass(frozen=True, slots=True)
class Credential:
    """`email` is where letters go, `login` the form of it in which addresses are compared."""

    account: str
    login: str
    email: str
    password: str | None = field(repr=False)
    changed_at: datetime


async def by_login(realm: Realm, transaction: Transaction, login: str) -> Credential | None:
    return await _one(realm, transaction, "login", login)


async def by_account(realm: Realm, transaction: Transaction, account: str) -> Credential | None:
    return await _one(realm, transaction, "account", account)


async def of_account(realm: Realm, account: str) -> Credential | None:
    """The same outside a transaction."""
    finding = query.find(realm.dialect, CREDENTIALS, _COLUMNS, ("account",))
    rows = await read(realm.database, finding, account)
    return Credential(*rows[0]) if rows else None


async def add(
    realm: Realm, transaction: Transaction, credential: Credential, now: datetime
) -> None:
    found = credential
    values = (found.account, found.login, found.email, found.password, found.changed_at, now)
    await run(transaction, query.insert(realm.dialect, CREDENTIALS), *values)


async def set_password(
    realm: Realm, transaction: Transaction, account: str, password: str, now: datetime
) -> None:
    """`password` is a hash."""
    changing = query.change(realm.dialect, CREDENTIALS, ("password", "changed_at"), ("account",))
    await run(transaction, changing, password, now, account)


async def set_email(
    realm: Realm, transaction: Transaction, account: str, login: str, email: str
) -> None:
    changing = query.change(realm.dialect, CREDENTIALS, ("login", "email"), ("account",))
    await run(transaction, changing, login, email, account)


async def require_strong(
    realm: Realm, password: str, context: tuple[str, ...], place: str = "/password"
) -> None:
    """Raises `invalid_values` for a password that would be guessed."""
    flaws = await realm.hasher.flaws(password, context, realm.rules, pointer=place)
    if flaws:
        raise Problem(INVALID_VALUES, flaws[0].message, flaws=flaws)


async def _one(realm: Realm, transaction: Transaction, by: str, value: str) -> Credential | None:
    finding = query.find(realm.dialect, CREDENTIALS, _COLUMNS, (by,))
    rows = await fetch(transaction, finding, value)
    return Credential(*rows[0]) if rows else None
