"""Passwords of another system: people whose accounts were loaded sign in as they did there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from charter.access.passwords.hashing import scheme_of
from charter.contract.contract import Contract
from charter.plan.actor import ANONYMOUS
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.keys import equals
from charter.serve.identity.logins import login_of
from charter.serve.identity.running import fetch, run
from charter.sql.dialect import Dialect
from charter.sql.identity.tables import CREDENTIALS
from charter.sql.own import query
from charter.sql.statement import Sources, Statement
from charter.store.database import Database, Transaction

LINES_A_TRANSACTION = 500


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """Who, and the hash of the password: Argon2, bcrypt, scrypt or PBKDF2."""

    email: str
    password_hash: str


@dataclass(slots=True)
class Imported:
    """How many passwords are in, and how many accounts had one and have kept it."""

    passwords: int = 0
    kept: int = 0


class BadLine(Exception):
    """A line that cannot be imported: its number, counted from 1, and why; never the hash."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"line {number}: {why}")


async def import_passwords(
    database: Database,
    dialect: Dialect,
    contract: Contract,
    lines: Iterable[bytes],
    now: datetime,
) -> Imported:
    """Give accounts the passwords of NDJSON lines, some hundred in a transaction. A hash of
    another kind than Charter's own is replaced when its owner first signs in.

    An account that has a password keeps it, so the same file can be given again. Raises BadLine
    at the first line that cannot be taken; the transactions before it stay.
    """
    account = contract.resource_named[contract.user]
    by_email = Compiler(contract, dialect).load(account, ("id",), equals(account, "email"))
    found = Imported()
    numbered = _read(lines)
    while batch := list(islice(numbered, LINES_A_TRANSACTION)):

        async def work(transaction: Transaction, batch: list[tuple[int, Line]] = batch) -> Imported:
            done = Imported()
            for number, line in batch:
                if await _give(transaction, dialect, by_email, number, line, now):
                    done.passwords += 1
                else:
                    done.kept += 1
            return done

        done = await database.write(work)
        found.passwords += done.passwords
        found.kept += done.kept
    return found


def _read(lines: Iterable[bytes]) -> Iterator[tuple[int, Line]]:
    decoder = msgspec.json.Decoder(Line)
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            line = decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            why = 'an object such as {"email": "ann@example.com", "password_hash": "$2b$…"}'
            raise BadLine(number, f"{why} is expected") from None
        if scheme_of(line.password_hash) is None:
            raise BadLine(number, "a hash of no known kind, or one that asks for too much work")
        yield number, line


async def _give(
    transaction: Transaction,
    dialect: Dialect,
    by_email: Statement,
    number: int,
    line: Line,
    now: datetime,
) -> bool:
    login = login_of(line.email)
    arguments = by_email.arguments(Sources((login,), ANONYMOUS, now))
    rows: Any = await transaction.fetch(by_email, arguments)
    if not rows:
        raise BadLine(number, f"no account has the address {line.email}")
    key = rows[0][0]
    finding = query.find(dialect, CREDENTIALS, ("password",), ("account",))
    there = await fetch(transaction, finding, key)
    if there and there[0][0] is not None:
        return False
    if there:
        setting = query.change(dialect, CREDENTIALS, ("password", "changed_at"), ("account",))
        await run(transaction, setting, line.password_hash, now, key)
        return True
    values = (key, login, line.email, line.password_hash, now, now)
    await run(transaction, query.insert(dialect, CREDENTIALS), *values)
    return True
