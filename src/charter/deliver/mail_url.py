"""From the URL of a setting to what hands letters over."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from charter.deliver.files import FileMailer
from charter.deliver.mail import Mailer
from charter.deliver.smtp import SmtpMailer, SmtpServer

SUBMISSION = 587
SUBMISSIONS = 465


def open_mailer(url: str, sender: str) -> Mailer:
    """The mailer of `smtp://`, `smtps://` or `folder:///`; ValueError for any other URL.

    `smtps://` is TLS from the start, port 465; `smtp://` is STARTTLS, port 587. Without TLS go
    only letters to a server on the same machine, or where the URL says `?starttls=never`.
    The message of an error never has the URL in it: there may be a password in it.
    """
    parts = urlsplit(url)
    match parts.scheme:
        case "folder":
            if parts.netloc or not parts.path:
                raise ValueError("a folder for mail is given as folder:///path or folder:path")
            return FileMailer(Path(unquote(parts.path)), sender)
        case "smtp" | "smtps":
            return SmtpMailer(_server(url), sender)
        case _:
            raise ValueError("the URL for mail begins with smtp://, smtps:// or folder:")


def _server(url: str) -> SmtpServer:
    parts = urlsplit(url)
    words = parse_qs(parts.query)
    if not parts.hostname or words.keys() - {"starttls"}:
        raise ValueError("the URL for mail names a host, and at most the parameter starttls")
    secure = parts.scheme == "smtps"
    word = words.get("starttls", ["auto"])[-1]
    if word not in {"auto", "never", "always"}:
        raise ValueError("starttls is always, never or auto")
    starttls = not secure and (word == "always" or (word == "auto" and not _here(parts.hostname)))
    return SmtpServer(
        parts.hostname,
        parts.port or (SUBMISSIONS if secure else SUBMISSION),
        secure,
        starttls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
