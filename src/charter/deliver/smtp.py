"""Mail over SMTP (RFC 5321), with TLS from the start (RFC 8314) or by STARTTLS (RFC 3207)."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

from charter.deliver.letter import Letter, address_of, message_of
from charter.deliver.mail import MailRefused, MailUnavailable

_TEMPORARY = range(400, 500)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over. `tls` is from the first byte, `starttls` before anything is
    said of the letter; with neither, the connection is as it is."""

    host: str
    port: int
    tls: bool
    starttls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0


class SmtpMailer:
    """Hands letters over to one server, each on a connection of its own.

    smtplib runs in a thread: letters are few, and a thread that waits costs nobody anything.
    """

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._context = ssl.create_default_context()

    async def send(self, letter: Letter, written: datetime) -> str:
        try:
            message = message_of(letter, self._sender, written)
        except ValueError as error:
            raise MailRefused(str(error)) from error
        await asyncio.to_thread(self._hand_over, letter, message)
        return f"{self._server.host}:{self._server.port}"

    def _hand_over(self, letter: Letter, message: EmailMessage) -> None:
        sender = address_of(self._sender).addr_spec
        receiver = address_of(letter.to).addr_spec
        try:
            with self._connected() as client:
                client.send_message(message, sender, [receiver])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _failure(code, said) from error
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailUnavailable(type(error).__name__) from error

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        client: smtplib.SMTP
        if server.tls:
            client = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout, context=self._context
            )
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            if server.starttls:
                client.starttls(context=self._context)
            if server.user is not None:
                client.login(server.user, server.password or "")
        except BaseException:
            client.close()
            raise
        return client


def _failure(code: int, said: bytes | str) -> Exception:
    """What an answer of the server means: one that cannot sign in may be able to later."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if code in _TEMPORARY or code in {530, 534, 535, 538}:
        return MailUnavailable(f"{code} {text[:200]}")
    return MailRefused(f"{code} {text[:200]}")
