"""Whether an account has proven its address: a read of the account's own row."""

from functools import cache

from charter.contract.types import BOOLEAN
from charter.sql.dialect import Dialect
from charter.sql.fragment import identifier, sql
from charter.sql.own.model import Raw
from charter.sql.own.query import Query, decoder, slot

FIELD = "email_verified"


@cache
def verified(dialect: Dialect, table: str, key: str) -> Query:
    """By the key of an account; gives FIELD, which the resource has to have."""
    fragment = sql(
        "SELECT {} FROM {} WHERE {} = {}",
        identifier(FIELD),
        identifier(table),
        identifier(key),
        slot(dialect, Raw.ACCOUNT, 0),
    )
    return Query(dialect.statement(fragment, "verified address"), (decoder(dialect, BOOLEAN),))
