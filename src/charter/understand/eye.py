"""What the name of a column suggests."""

from collections.abc import Sequence
from itertools import pairwise

Words = Sequence[str]

_SECRETS = frozenset(
    {"password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "salt", "otp", "totp",
     "ssn", "cvv", "cvc", "iban", "pin", "credential", "credentials", "passcode"}
)  # fmt: skip
_SECRET_PAIRS = (
    ("api", "key"), ("private", "key"), ("access", "key"), ("secret", "key"), ("encryption", "key"),
    ("pass", "hash"), ("social", "security"), ("credit", "card"), ("card", "number"),
    ("national", "id"), ("tax", "id"), ("recovery", "code"), ("recovery", "codes"),
    ("backup", "codes"), ("bank", "account"), ("account", "number"), ("passport", "number"),
)  # fmt: skip
_MONEY = frozenset(
    {"price", "amount", "cost", "total", "subtotal", "balance", "salary", "fee", "tax", "discount",
     "payment", "revenue", "budget", "wage", "rate", "charge"}
)  # fmt: skip
_DELETED = frozenset(
    {"deleted_at", "deleted", "is_deleted", "deleted_on", "date_deleted", "removed_at", "removed",
     "is_removed", "archived_at", "archived", "is_archived", "deletion_date", "deleted_date"}
)  # fmt: skip
_EMAILS = ("email", "mail")
_URLS = frozenset({"url", "uri", "website", "homepage", "link", "href"})
_MOMENTS = frozenset(
    {"at", "on", "date", "time", "timestamp", "datetime", "when", "day", "since", "until",
     "created", "updated", "modified", "expires", "ts"}
)  # fmt: skip
_SEARCHED = frozenset(
    {"name", "title", "description", "summary", "subject", "body", "content", "headline", "text",
     "label", "caption", "bio", "notes", "note", "comment", "composer", "author"}
)  # fmt: skip
CREATED = frozenset(
    {"created_at", "created", "created_on", "date_created", "creation_date", "created_date",
     "inserted_at", "create_time", "created_time", "creation_time", "date_added", "date_joined"}
)  # fmt: skip
UPDATED = frozenset(
    {"updated_at", "updated", "updated_on", "date_updated", "modified", "modified_at",
     "modified_on", "last_modified", "last_update", "last_updated", "update_time", "updated_time",
     "modified_date", "updated_date", "date_modified"}
)  # fmt: skip
VERSION = frozenset({"version", "lock_version", "row_version", "opt_lock", "optlock"})
PARTS = frozenset({"line", "item", "detail", "entry", "position", "row"})
"""Last words of tables whose rows are parts of another row."""


def secret(words: Words) -> bool:
    """Whether it is named like what nobody should read."""
    return any(word in _SECRETS for word in words) or any(
        pair in _SECRET_PAIRS for pair in pairwise(words)
    )


def money(words: Words) -> bool:
    return any(word in _MONEY for word in words)


def soft_delete(words: Words) -> bool:
    return "_".join(words) in _DELETED


def email(words: Words) -> bool:
    if words[-1:] == ("address",):
        words = words[:-1]
    return bool(words) and words[-1] in _EMAILS


def url(words: Words) -> bool:
    return bool(words) and words[-1] in _URLS


def moment(words: Words) -> bool:
    return any(word in _MOMENTS for word in words)


def searched(words: Words) -> bool:
    return bool(words) and words[-1] in _SEARCHED
