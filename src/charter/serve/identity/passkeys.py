"""Passkeys: registered, used to sign in, listed and forgotten."""

from collections.abc import Mapping
from typing import Any

from charter.access.passkeys.answers import credential_id_in, decoded, encoded
from charter.access.passkeys.model import (
    CHALLENGE_SECONDS,
    Ceremony,
    KnownPasskey,
    Passkeys,
    StoredPasskey,
)
from charter.core.codes import INVALID_PASSKEY, NOT_FOUND, PASSKEY_REFUSED, WRONG_TYPE
from charter.core.problems import Problem
from charter.plan.notes import Notes
from charter.serve.identity import attempts, credentials, onetime, sign_in, ways
from charter.serve.identity.mailing import send
from charter.serve.identity.onetime import Purpose
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, read, run, write
from charter.sql.identity.tables import PASSKEYS
from charter.sql.own import query
from charter.store.database import Transaction
from charter.store.errors import Violated
from charter.wire.identity.endpoint import NOTHING, Reply

_SHOWN = ("id", "name", "created_at", "used_at")
_STORED = ("account", "public_key", "sign_count")


async def options(realm: Realm, visit: Visit) -> Reply:
    """What to ask a browser that is to make a passkey."""
    passkeys = _of(realm)
    finding = query.find(realm.dialect, PASSKEYS, ("id",), ("account",))

    async def work(transaction: Transaction) -> Reply:
        rows = await fetch(transaction, finding, visit.me)
        known = [KnownPasskey(decoded(row[0])) for row in rows]
        owner = await credentials.by_account(realm, transaction, visit.me)
        name = visit.me if owner is None else owner.email
        ceremony = passkeys.registration(visit.me, name, known)
        return await _asked(realm, transaction, visit, ceremony, Purpose.NEW_PASSKEY, visit.me)

    return await write(realm, work)


async def register(realm: Realm, visit: Visit) -> Reply:
    """Keep the passkey that a browser made."""
    passkeys = _of(realm)
    credential = _credential(visit)

    async def work(transaction: Transaction) -> Reply:
        token = visit.values["token"]
        spent = await onetime.spend(realm, transaction, visit, token, Purpose.NEW_PASSKEY)
        if spent.account != visit.me:
            raise Problem(INVALID_PASSKEY)
        made = passkeys.register(credential, decoded(spent.payload["challenge"]))
        key, name = encoded(made.credential_id), visit.values["name"]
        values = (key, visit.me, made.public_key, made.sign_count, name, visit.now, None)
        await run(transaction, query.insert(realm.dialect, PASSKEYS), *values)
        await _tell(realm, transaction, visit, "factor_added")
        return Reply(dict(zip(_SHOWN, (key, name, visit.now, None), strict=True)))

    try:
        return await write(realm, work)
    except Violated as violated:
        raise Problem(INVALID_PASSKEY) from violated


async def challenge(realm: Realm, visit: Visit) -> Reply:
    """What to ask a browser that is to sign in; its user chooses the passkey, and so the
    account."""
    passkeys = _of(realm)
    tries = attempts.of_network(realm, "passkey", visit.network)

    async def work(transaction: Transaction) -> Reply:
        await attempts.count(realm, transaction, (tries,), visit.now)
        return await _asked(realm, transaction, visit, passkeys.sign_in(), Purpose.PASSKEY, None)

    return await write(realm, work)


async def sign_in_with(realm: Realm, visit: Visit) -> Reply:
    """Sign in with what a browser answered. A challenge is good for one answer, right or
    wrong."""
    passkeys = _of(realm)
    credential = _credential(visit)
    found = credential_id_in(credential)
    if found is None:
        raise Problem(PASSKEY_REFUSED)
    key = encoded(found)

    async def work(transaction: Transaction) -> sign_in.Outcome:
        token = visit.values["token"]
        spent = await onetime.spend(realm, transaction, visit, token, Purpose.PASSKEY)
        finding = query.find(realm.dialect, PASSKEYS, _STORED, ("id",))
        rows = await fetch(transaction, finding, key)
        if not rows:
            return Problem(PASSKEY_REFUSED)
        stored = StoredPasskey(rows[0][0], found, bytes(rows[0][1]), rows[0][2])
        owner = await credentials.by_account(realm, transaction, stored.account)
        if owner is None:
            return Problem(PASSKEY_REFUSED)
        try:
            used = passkeys.signed_in(credential, decoded(spent.payload["challenge"]), stored)
        except Problem as problem:
            return problem
        changing = query.change(realm.dialect, PASSKEYS, ("sign_count", "used_at"), ("id",))
        await run(transaction, changing, used.sign_count, visit.now, key)
        away = attempts.of_network(realm, "passkey", visit.network)
        await attempts.succeed(realm, transaction, away)
        return await sign_in.complete(realm, transaction, visit, owner, used.methods)

    return sign_in.answer(realm, visit, await write(realm, work))


async def listed(realm: Realm, visit: Visit) -> Reply:
    """The passkeys of this account."""
    finding = query.find(realm.dialect, PASSKEYS, _SHOWN, ("account",))
    rows = await read(realm.database, finding, visit.me)
    return Reply({"items": [dict(zip(_SHOWN, row, strict=True)) for row in rows]})


async def remove(realm: Realm, visit: Visit) -> Reply:
    """Forget a passkey of this account."""
    removing = query.remove(realm.dialect, PASSKEYS, ("account", "id"), returning=("id",))

    async def work(transaction: Transaction) -> None:
        if not await fetch(transaction, removing, visit.me, visit.key):
            raise Problem(NOT_FOUND)
        await ways.require_one(realm, transaction, visit.me)
        await _tell(realm, transaction, visit, "factor_removed")

    await write(realm, work)
    return NOTHING


def _of(realm: Realm) -> Passkeys:
    if realm.passkeys is None:
        message = 'Passkeys are not installed here: pip install "charter[passkeys]"'
        raise Problem(NOT_FOUND, message)
    return realm.passkeys


def _credential(visit: Visit) -> Mapping[str, Any]:
    credential = visit.values["credential"]
    if not isinstance(credential, Mapping):
        notes = Notes()
        notes.at("/credential", WRONG_TYPE, "an object is expected")
        notes.settle()
    found: Mapping[str, Any] = credential
    return found


async def _asked(
    realm: Realm,
    transaction: Transaction,
    visit: Visit,
    ceremony: Ceremony,
    purpose: str,
    account: str | None,
) -> Reply:
    payload = {"challenge": encoded(ceremony.challenge)}
    token = await onetime.issue(
        realm, transaction, visit, purpose, account, payload, lifetime=CHALLENGE_SECONDS
    )
    return Reply({"token": token, "options": dict(ceremony.options)})


async def _tell(realm: Realm, transaction: Transaction, visit: Visit, kind: str) -> None:
    owner = await credentials.by_account(realm, transaction, visit.me)
    await send(realm, transaction, visit, kind, None if owner is None else owner.email)
