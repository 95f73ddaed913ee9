"""Rows for the tables of accounts that Charter has itself: credentials, sessions, API keys…

They are nobody's secrets: every digest and password in them is chance.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from charter.contract.contract import Contract
from charter.contract.types import DATETIME, INTEGER, Type
from charter.sql.dialect import Dialect
from charter.sql.identity.tables import IDENTITY_TABLES, SESSIONS
from charter.sql.own.model import Kind, OwnColumn, OwnTable, Raw
from charter.verify.data.dice import dice_for, skewed
from charter.verify.data.values import SPAN
from charter.verify.data.world import World

Made = tuple[str, tuple[str, ...], Iterator[tuple[Any, ...]]]
_EACH = {"charter_sessions": 2, "charter_refresh_tokens": 2}
"""Rows for each account; of other tables it is one."""
_SHARES = {"charter_totp": 4, "charter_passkeys": 4, "charter_one_time_tokens": 20}
"""One row for so many accounts."""


def own_rows(
    contract: Contract, dialect: Dialect, world: World, until: datetime, seed: int
) -> Iterator[Made]:
    """For each table its name, its columns and its rows, encoded; none without accounts."""
    if contract.accounts is None:
        return
    accounts = world.keys[contract.accounts]
    sessions = [f"session-{number}" for number in range(len(accounts) * _EACH[SESSIONS.name])]
    for table in IDENTITY_TABLES:
        count = len(accounts) * _EACH.get(table.name, 1) // _SHARES.get(table.name, 1)
        maker = _Maker(table, contract, accounts, sessions, until, dice_for(seed, table.name))
        encode = _encoder(table, contract, dialect)
        yield table.name, table.names, (encode(maker.row(number)) for number in range(count))


class _Maker:
    def __init__(
        self,
        table: OwnTable,
        contract: Contract,
        accounts: list[Any],
        sessions: list[str],
        until: datetime,
        dice: random.Random,
    ) -> None:
        self._table = table
        self._accounts = accounts
        self._sessions = sessions
        self._until = until
        self._dice = dice
        self._alone = {*table.uniques, *(table.key if len(table.key) == 1 else ())}

    def row(self, number: int) -> list[Any]:
        return [self._value(column, number) for column in self._table.columns]

    def _value(self, column: OwnColumn, number: int) -> Any:
        if column.kind is Raw.ACCOUNT:
            alone = column.name in self._table.key
            return (
                self._accounts[number % len(self._accounts)]
                if alone
                else skewed(self._dice, self._accounts)
            )
        if column.references is not None:
            return skewed(self._dice, self._sessions)
        if self._table is SESSIONS and column.name == "id":
            return self._sessions[number]
        if column.nullable and column.name == "tenant":
            return None
        return _MAKERS[_sort(column.kind)](self, column, number)

    def time(self, column: OwnColumn, _: int) -> datetime:
        later = column.name in ("expires_at", "ends_at", "due_at")
        span = timedelta(days=30) if later else SPAN
        away = span * self._dice.random() ** (1 if later else 2)
        return self._until + away if later else self._until - away

    def text(self, column: OwnColumn, number: int) -> str:
        if column.name in ("email", "login"):
            return f"person.{number}@example.com"
        if column.name in self._alone or column.name in self._table.key:
            return f"{number:08d}-{self._dice.getrandbits(64):016x}"
        return f"{self._dice.getrandbits(64):016x}"

    def number(self, _: OwnColumn, number: int) -> int:
        return number

    def data(self, _: OwnColumn, __: int) -> bytes:
        return self._dice.randbytes(77)


def _sort(kind: Kind) -> str:
    if kind is Raw.BYTES:
        return "bytes"
    return {DATETIME: "time", INTEGER: "number"}.get(kind, "text") if isinstance(kind, Type) else ""


_MAKERS: Mapping[str, Callable[[_Maker, OwnColumn, int], Any]] = {
    "time": _Maker.time,
    "text": _Maker.text,
    "number": _Maker.number,
    "bytes": _Maker.data,
}


def _encoder(
    table: OwnTable, contract: Contract, dialect: Dialect
) -> Callable[[list[Any]], tuple[Any, ...]]:
    account = contract.resource_named[str(contract.accounts)].key.type
    kinds = [account if column.kind is Raw.ACCOUNT else column.kind for column in table.columns]
    codes = [dialect.encoder(kind) if isinstance(kind, Type) else None for kind in kinds]

    def encode(row: list[Any]) -> tuple[Any, ...]:
        return tuple(
            value if code is None or value is None else code(value)
            for code, value in zip(codes, row, strict=True)
        )

    return encode
