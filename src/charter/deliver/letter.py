"""A letter, and the message that it becomes (RFC 5322)."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from charter.core.ids import uuid7


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent to whom: the same as plain text and as HTML."""

    to: str
    subject: str
    text: str
    html: str


def message_of(letter: Letter, sender: str, written: datetime) -> EmailMessage:
    """The message of a letter. ValueError where an address is none that can be written to.

    It says that it was made by a machine (RFC 3834), so that nothing answers it.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = address_of(sender)
    message["To"] = address_of(letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(written)
    message["Message-ID"] = f"<{uuid7()}@{address_of(sender).domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def address_of(text: str) -> Address:
    """`name@host` or `A name <name@host>`. Raises ValueError for what cannot be an address."""
    name, spec = parseaddr(text)
    local, _, domain = spec.rpartition("@")
    if not local or not domain or " " in spec or any(ord(c) < 0x20 or c == "\x7f" for c in text):
        raise ValueError("this is not an address that mail can be sent to")
    return Address(name, local, domain)
