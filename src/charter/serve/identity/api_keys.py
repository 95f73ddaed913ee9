"""API keys: for programs that act for an account, within scopes."""

from datetime import timedelta

from charter.access.opaque import Kind, mint
from charter.core.codes import NOT_A_CHOICE, NOT_FOUND, WRONG_FORMAT, WRONG_STATE
from charter.core.ids import uuid7
from charter.core.names import nearest, pointer
from charter.core.problems import Problem
from charter.plan.notes import Notes
from charter.serve.identity import certificates, credentials
from charter.serve.identity.mailing import send
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import fetch, read, run, write
from charter.sql.identity.tables import API_KEYS
from charter.sql.own import query
from charter.store.database import Transaction
from charter.store.errors import Violated
from charter.wire.identity.endpoint import NOTHING, Reply

MOST_KEYS = 50
_SHOWN = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "used_at", "tenant")


async def listed(realm: Realm, visit: Visit) -> Reply:
    """The keys of this account, without what is secret of them: nobody has that any more."""
    finding = query.find(realm.dialect, API_KEYS, _SHOWN, ("account",))
    rows = await read(realm.database, finding, visit.me)
    items = [dict(zip(_SHOWN, row, strict=True)) for row in rows]
    for item in items:
        item["scopes"] = None if item["scopes"] is None else item["scopes"].split()
    return Reply({"items": items})


async def create(realm: Realm, visit: Visit) -> Reply:
    """Make a key, which is shown in this answer only."""
    _check(realm, visit)
    given = visit.values["scopes"]
    scopes = None if given is None else sorted(set(given))
    expires = visit.now + timedelta(days=visit.values["days"])
    key, digest, hint = _material(visit)
    id_, name = str(uuid7()), visit.values["name"]
    text = None if scopes is None else " ".join(scopes)
    values = (id_, visit.me, name, hint, digest, text, visit.now, expires, None, visit.actor.tenant)

    async def work(transaction: Transaction) -> None:
        finding = query.find(realm.dialect, API_KEYS, ("id",), ("account",))
        if len(await fetch(transaction, finding, visit.me)) >= MOST_KEYS:
            raise Problem(WRONG_STATE, f"There are {MOST_KEYS} keys already; remove some.")
        await run(transaction, query.insert(realm.dialect, API_KEYS), *values)
        owner = await credentials.by_account(realm, transaction, visit.me)
        await send(realm, transaction, visit, "key_made", None if owner is None else owner.email)

    try:
        await write(realm, work)
    except Violated as violated:
        raise Problem(WRONG_STATE, "This certificate is registered already.") from violated
    shown = (id_, name, hint, scopes, visit.now, expires, None, visit.actor.tenant)
    return Reply({**dict(zip(_SHOWN, shown, strict=True)), "key": key})


async def remove(realm: Realm, visit: Visit) -> Reply:
    """End a key of this account, at once."""
    removing = query.remove(realm.dialect, API_KEYS, ("account", "id"), returning=("id",))

    async def work(transaction: Transaction) -> None:
        if not await fetch(transaction, removing, visit.me, visit.key):
            raise Problem(NOT_FOUND)

    await write(realm, work)
    return NOTHING


def _material(visit: Visit) -> tuple[str | None, str, str]:
    """A new key, what is stored of it, and what it is recognised by; of a certificate there is
    nothing to be shown."""
    certificate = visit.values["certificate"]
    if certificate is None:
        key = mint(Kind.API_KEY)
        return key.text, key.digest, key.hint
    digest = certificates.digest_of_pem(certificate)
    if digest is None:
        notes = Notes()
        notes.at("/certificate", WRONG_FORMAT, "this is not a certificate as PEM")
        notes.settle()
    found = digest or ""
    return None, found, f"x5t#{found[: certificates.HINT]}"


def _check(realm: Realm, visit: Visit) -> None:
    notes = Notes()
    known = realm.contract.scopes
    for index, scope in enumerate(visit.values["scopes"] or ()):
        if scope not in known:
            near = nearest(scope, known)
            hint = f"; did you mean {near}?" if near else ""
            notes.at(pointer("scopes", index), NOT_A_CHOICE, f"there is no such scope{hint}")
    notes.settle()
