"""Ending what others have begun: what an operator does about stolen sessions and keys."""

from dataclasses import dataclass

from charter.serve.identity.logins import login_of
from charter.serve.identity.running import fetch, run
from charter.sql.dialect import Dialect
from charter.sql.identity.tables import API_KEYS, CREDENTIALS, SESSIONS
from charter.sql.own import query
from charter.store.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Ended:
    """How many there were."""

    sessions: int
    keys: int = 0


async def end_sessions(
    database: Database, dialect: Dialect, email: str | None, *, keys: bool = False
) -> Ended | None:
    """End the sessions of the account with an address, or of all accounts where there is none,
    and with `keys` their API keys; at once, in every process. None where no account has this
    address."""
    tables = (SESSIONS, API_KEYS) if keys else (SESSIONS,)

    async def work(transaction: Transaction) -> Ended | None:
        if email is None:
            everybody = (query.clear(dialect, table) for table in tables)
            return Ended(*[await run(transaction, clearing) for clearing in everybody])
        finding = query.find(dialect, CREDENTIALS, ("account",), ("login",))
        found = await fetch(transaction, finding, login_of(email))
        if not found:
            return None
        ending = (query.remove(dialect, table, ("account",)) for table in tables)
        return Ended(*[await run(transaction, removing, found[0][0]) for removing in ending])

    return await database.write(work)
