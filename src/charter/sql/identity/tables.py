"""The tables of accounts and sessions. They exist where a contract names its accounts.

No secret stands in any of them: what a client holds (refresh tokens, keys, one-time tokens,
cookies, recovery codes) is here as its SHA-256 only, passwords as Argon2id, what has to be
read again (the secrets of authenticator apps, letters with links) sealed.
"""

from charter.contract.contract import Contract
from charter.contract.types import DATETIME, INTEGER, TEXT
from charter.sql.dialect import Dialect
from charter.sql.own.model import Accounts, OwnColumn, OwnTable, Raw, built
from charter.sql.schema import Table

_account = OwnColumn("account", Raw.ACCOUNT)

CREDENTIALS = OwnTable(
    "charter_credentials",
    (
        _account,
        OwnColumn("login", TEXT),
        OwnColumn("email", TEXT),
        OwnColumn("password", TEXT, nullable=True),
        OwnColumn("changed_at", DATETIME),
        OwnColumn("created_at", DATETIME),
    ),
    key=("account",),
    uniques=("login",),
)
"""How somebody signs in. `login` is the address in the form in which two are compared."""

SESSIONS = OwnTable(
    "charter_sessions",
    (
        OwnColumn("id", TEXT),
        _account,
        OwnColumn("cookie", TEXT, nullable=True),
        OwnColumn("methods", TEXT),
        OwnColumn("level", TEXT),
        OwnColumn("signed_in_at", DATETIME, nullable=True),
        OwnColumn("created_at", DATETIME),
        OwnColumn("seen_at", DATETIME),
        OwnColumn("expires_at", DATETIME),
        OwnColumn("ends_at", DATETIME),
        OwnColumn("agent", TEXT, nullable=True),
        OwnColumn("address", TEXT, nullable=True),
        OwnColumn("tenant", TEXT, nullable=True),
    ),
    key=("id",),
    uniques=("cookie",),
    indexed=("account", "expires_at"),
)
"""Who is signed in. `expires_at` moves on while the session is used, never beyond `ends_at`.
`tenant` is the key of the tenant that it acts for, as long as its account belongs to it."""

REFRESH_TOKENS = OwnTable(
    "charter_refresh_tokens",
    (
        OwnColumn("hash", TEXT),
        OwnColumn("session", TEXT, references=SESSIONS.name),
        OwnColumn("created_at", DATETIME),
        OwnColumn("expires_at", DATETIME),
        OwnColumn("spent_at", DATETIME, nullable=True),
    ),
    key=("hash",),
    indexed=("session", "expires_at"),
)

ONE_TIME_TOKENS = OwnTable(
    "charter_one_time_tokens",
    (
        OwnColumn("hash", TEXT),
        OwnColumn("purpose", TEXT),
        OwnColumn("account", Raw.ACCOUNT, nullable=True),
        OwnColumn("payload", TEXT),
        OwnColumn("created_at", DATETIME),
        OwnColumn("expires_at", DATETIME),
    ),
    key=("hash",),
    indexed=("account", "expires_at"),
)
"""What may be done once, by whoever holds a token. The payload is JSON, sealed."""

API_KEYS = OwnTable(
    "charter_api_keys",
    (
        OwnColumn("id", TEXT),
        _account,
        OwnColumn("name", TEXT),
        OwnColumn("prefix", TEXT),
        OwnColumn("hash", TEXT),
        OwnColumn("scopes", TEXT, nullable=True),
        OwnColumn("created_at", DATETIME),
        OwnColumn("expires_at", DATETIME),
        OwnColumn("used_at", DATETIME, nullable=True),
        OwnColumn("tenant", TEXT, nullable=True),
    ),
    key=("id",),
    uniques=("hash",),
    indexed=("account",),
)
"""`tenant` is as in SESSIONS."""

IDENTITIES = OwnTable(
    "charter_identities",
    (
        OwnColumn("issuer", TEXT),
        OwnColumn("subject", TEXT),
        OwnColumn("id", TEXT),
        _account,
        OwnColumn("email", TEXT, nullable=True),
        OwnColumn("created_at", DATETIME),
    ),
    key=("issuer", "subject"),
    uniques=("id",),
    indexed=("account",),
)
"""Who somebody is for identity providers. `email` is what one told when it was linked, for
people to tell their identities apart; nothing is found by it."""

TOTP = OwnTable(
    "charter_totp",
    (
        _account,
        OwnColumn("secret", TEXT),
        OwnColumn("step", INTEGER),
        OwnColumn("created_at", DATETIME),
        OwnColumn("confirmed_at", DATETIME, nullable=True),
    ),
    key=("account",),
)
"""Authenticator apps. `step` is the time step of the last code taken: none is taken twice."""

RECOVERY_CODES = OwnTable(
    "charter_recovery_codes",
    (_account, OwnColumn("hash", TEXT), OwnColumn("created_at", DATETIME)),
    key=("account", "hash"),
)

PASSKEYS = OwnTable(
    "charter_passkeys",
    (
        OwnColumn("id", TEXT),
        _account,
        OwnColumn("public_key", Raw.BYTES),
        OwnColumn("sign_count", INTEGER),
        OwnColumn("name", TEXT),
        OwnColumn("created_at", DATETIME),
        OwnColumn("used_at", DATETIME, nullable=True),
    ),
    key=("id",),
    indexed=("account",),
)

ATTEMPTS = OwnTable(
    "charter_attempts",
    (
        OwnColumn("key", TEXT),
        OwnColumn("failures", INTEGER),
        OwnColumn("spare", INTEGER),
        OwnColumn("free_at", INTEGER),
        OwnColumn("last_at", INTEGER),
    ),
    key=("key",),
    indexed=("last_at",),
)
"""Failures to sign in, counted under digests of what was tried from where. Times are
milliseconds since the epoch, since SQL reckons with them."""

FAMILIAR = OwnTable(
    "charter_familiar",
    (OwnColumn("key", TEXT), OwnColumn("seen_at", DATETIME)),
    key=("key",),
    indexed=("seen_at",),
)
"""Digests of an account with an address that it has signed in from."""

MAIL = OwnTable(
    "charter_mail",
    (
        OwnColumn("id", TEXT),
        OwnColumn("letter", TEXT),
        OwnColumn("created_at", DATETIME),
        OwnColumn("due_at", DATETIME),
        OwnColumn("tries", INTEGER),
    ),
    key=("id",),
    indexed=("due_at",),
)
"""Letters to be sent, sealed; a letter goes when it has been handed over."""

IDENTITY_TABLES = (
    CREDENTIALS,
    SESSIONS,
    REFRESH_TOKENS,
    ONE_TIME_TOKENS,
    API_KEYS,
    IDENTITIES,
    TOTP,
    RECOVERY_CODES,
    PASSKEYS,
    ATTEMPTS,
    FAMILIAR,
    MAIL,
)
IDENTITY_NAMES = tuple(table.name for table in IDENTITY_TABLES)


def identity_tables(contract: Contract, dialect: Dialect) -> tuple[Table, ...]:
    """All of them as a database has them; none where the contract has no accounts."""
    if contract.accounts is None:
        return ()
    resource = contract.resource_named[contract.accounts]
    accounts = Accounts(resource.table, resource.key.name, resource.key.type)
    return tuple(built(table, dialect, accounts) for table in IDENTITY_TABLES)
