"""Readers of what JSON writes as text: text itself, addresses, choices, dates, UUIDs."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from charter.contract.types import DEFAULT_TEXT_LENGTH, Type
from charter.core.codes import NOT_A_CHOICE, WRONG_FORMAT, WRONG_LENGTH
from charter.core.names import nearest
from charter.core.text import lowered
from charter.plan.unfit import unfit, wrong

Reader = Callable[[Any], Any]

EMAIL_PATTERN = (
    r"^[^\u0000-\u0020\u007f-\u00a0\s\u0022(),:;<>@\[\\\]]+"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$"
)
"""What `<input type=email>` takes (WHATWG HTML, section 4.10.5.1.5), and before the `@` also
letters beyond ASCII (RFC 6531, section 3.3). A domain with such letters has an ASCII form."""
EMAIL_LENGTH = 254
URL_PATTERN = (
    r"^https?://(?:\[[0-9A-Fa-f:.]+\]|[^\u0000-\u0020\u007f\s\u0022#%/:<>?@\[\\\]^`{|}]+)(?::[0-9]{1,5})?"
    r"(?:[/?#][^\u0000-\u0020\u007f\s\u0022<>\\^`{|}]*)?$"
)
"""An absolute http or https URL without user information (RFC 3986; other letters as they are)."""
URL_LENGTH = 2048
DATETIME_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
"""RFC 3339, section 5.6. What is finer than a microsecond is cut off."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}").fullmatch


def check_text(value: str) -> None:
    """Raises `Unfit` on what no database keeps: NUL, and surrogates without a partner."""
    if "\0" in value:
        raise unfit(WRONG_FORMAT, "the character NUL is not allowed in text")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            message = "the text has a lone surrogate, which is no character"
            raise unfit(WRONG_FORMAT, message) from None


def plain_text(type_: Type) -> Reader:
    least = type_.min_length or 0
    most = DEFAULT_TEXT_LENGTH if type_.max_length is None else type_.max_length
    matches = re.compile(type_.pattern, re.ASCII).fullmatch if type_.pattern else None

    def read(value: Any) -> str:
        if type(value) is not str:
            raise wrong("text", value)
        if not least <= len(value) <= most:
            bound = f"at most {most}" if len(value) > most else f"at least {least}"
            raise unfit(WRONG_LENGTH, f"{bound} characters are expected, not {len(value)}")
        check_text(value)
        if matches and not matches(value):
            raise unfit(WRONG_FORMAT, f"the text does not match {type_.pattern}")
        return lowered(value) if type_.lower else value

    return read


def formed(pattern: str, length: int, what: str) -> Callable[[Type], Reader]:
    matches = re.compile(pattern).search

    def make(type_: Type) -> Reader:
        most = length if type_.max_length is None else min(length, type_.max_length)
        inner = plain_text(replace(type_, max_length=most))

        def read(value: Any) -> str:
            found: str = inner(value)
            if not matches(found) or found.endswith("\n"):
                raise unfit(WRONG_FORMAT, f"this is not {what}")
            return found

        return read

    return make


def choices(type_: Type) -> Reader:
    known = frozenset(type_.choices)
    listed = ", ".join(type_.choices)

    def read(value: Any) -> str:
        if type(value) is not str:
            raise wrong("text", value)
        if value not in known:
            guess = nearest(value[:100], type_.choices)
            hint = f"; did you mean {guess}?" if guess else ""
            raise unfit(NOT_A_CHOICE, f"one of {listed} is expected{hint}")
        return value

    return read


def dates(_: Type) -> Reader:
    def read(value: Any) -> date:
        if type(value) is not str:
            raise wrong("text with a date", value)
        try:
            if _DATE(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise unfit(WRONG_FORMAT, "this is not a date, such as 2026-11-22")

    return read


def datetimes(_: Type) -> Reader:
    matches = re.compile(DATETIME_PATTERN).search

    def read(value: Any) -> datetime:
        if type(value) is not str:
            raise wrong("text with a date and time", value)
        try:
            if matches(value) and value[-1] != "\n":
                return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        message = "this is not a date and time with a zone, such as 2026-11-22T21:37:00Z"
        raise unfit(WRONG_FORMAT, message)

    return read


def datetime_texts(type_: Type) -> Reader:
    """In a query string a `+` that was not escaped means a space; here it can only be a plus."""
    read = datetimes(type_)
    return lambda value: read(value[:-6] + "+" + value[-5:] if value[-6:-5] == " " else value)


def uuids(_: Type) -> Reader:
    def read(value: Any) -> UUID:
        if type(value) is not str:
            raise wrong("text with a UUID", value)
        if not _UUID(value):
            raise unfit(WRONG_FORMAT, "this is not a UUID")
        return UUID(int=int(value.replace("-", ""), 16))

    return read


emails = formed(EMAIL_PATTERN, EMAIL_LENGTH, "an e-mail address")
urls = formed(URL_PATTERN, URL_LENGTH, "an absolute http or https URL")
