"""The rows of accounts: made, given another address, deleted. Their events are written too."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from charter.core.ids import uuid7
from charter.plan.actor import Actor
from charter.plan.ask import Ask, Draft, Write
from charter.plan.drafts import Mode, Reading
from charter.plan.notes import Notes
from charter.serve.engine import parts
from charter.serve.engine.attempts import Refused
from charter.serve.engine.defaults import completed
from charter.serve.engine.references import named_by, require_seen
from charter.serve.engine.rows import delete_row, insert_rows, update_row
from charter.serve.engine.work import Work
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import write
from charter.store.database import Transaction

T = TypeVar("T")


async def working(
    realm: Realm, visit: Visit, account: str, work: Callable[[Work], Awaitable[T]]
) -> T:
    """Run some work on rows as an account, in one transaction with all else that it does."""
    ask = Ask(Write(()), (), Actor(account), visit.now, visit.request_id)
    pipeline = realm.service.pipeline
    compiler = pipeline.compiler

    async def attempt(transaction: Transaction) -> T:
        standing = compiler.standing(ask.actor, visit.now)
        under_way = Work(compiler, transaction, ask, standing, ledger=pipeline.ledger)
        result = await work(under_way)
        await under_way.finish()
        return result

    try:
        return await write(realm, attempt)
    except Refused as refused:
        raise await pipeline.explained(ask, refused) from refused


def new_id() -> str:
    return str(uuid7())


def drafted(realm: Realm, given: Mapping[str, Any]) -> Draft:
    """The draft of a new account from what its owner said of it. Raises `invalid_values`."""
    notes = Notes()
    draft = realm.drafts.read(realm.account.name, given, Mode.CREATE, Reading(notes))
    notes.settle()
    return draft


async def create(
    realm: Realm, work: Work, account: str, draft: Draft, server_made: Mapping[str, Any]
) -> None:
    """Make the row of an account, and its parts. `server_made` are values that nobody typed in;
    those that the resource has no field for are left out."""
    resource = realm.account
    known = {name: value for name, value in server_made.items() if name in resource.field_named}
    values = completed(resource, {**draft.values, **known, "id": account}, work.ask)
    await require_seen(work, named_by(work, resource, draft))
    await insert_rows(work, resource, [("", values)])
    await parts.write_new(work, resource, account, draft, "")


async def give_email(realm: Realm, work: Work, account: str, email: str) -> None:
    """Write a confirmed address into the row of an account."""
    given = {"email": email, "email_verified": True}
    known = {name: value for name, value in given.items() if name in realm.account.field_named}
    await update_row(work, realm.account, account, known, "")


async def delete(realm: Realm, work: Work, account: str) -> None:
    """Delete the row, and with it all that the realm has of the account. Raises Refused where
    other rows need it."""
    resource = realm.account
    await delete_row(work, resource, account)
