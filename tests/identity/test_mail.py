"""Mail: over a real SMTP server, into files, and never lost."""

import asyncio
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session

from charter.deliver.letter import Letter
from charter.deliver.mail import MailRefused, MailUnavailable
from charter.deliver.mail_url import open_mailer
from tests.identity.people import PASSWORD, Place, opened, settings_for
from tests.identity.shop import shop

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LETTER = Letter("Ann <ann@example.com>", "Hello", "Plain\n", "<p>Rich</p>\n")


class Inbox:
    """What a server has taken; `refusal` is what it answers instead, if anything."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refusal: str | None = None

    async def handle_RCPT(  # noqa: N802 - the server's words
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: Any
    ) -> str:
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the server's word
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[tuple[Inbox, str]]:
    """A server on a port of its own, and the URL for it."""
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(inbox, loop=loop), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield inbox, f"smtp://127.0.0.1:{port}"
    listening.close()


async def test_a_letter_reaches_the_server(server: tuple[Inbox, str]) -> None:
    inbox, url = server
    await open_mailer(url, "The shop <no-reply@shop.example>").send(LETTER, NOW)
    (letter,) = inbox.letters
    assert letter["From"] == "The shop <no-reply@shop.example>"
    assert letter["To"] == "Ann <ann@example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().strip() == "Plain"
    assert "<p>Rich</p>" in rich.get_content()


async def test_what_a_server_will_never_take_is_told_apart(server: tuple[Inbox, str]) -> None:
    inbox, url = server
    mailer = open_mailer(url, "no-reply@shop.example")
    inbox.refusal = "550 no such mailbox"
    with pytest.raises(MailRefused):
        await mailer.send(LETTER, NOW)
    inbox.refusal = "451 come back later"
    with pytest.raises(MailUnavailable):
        await mailer.send(LETTER, NOW)


async def test_a_server_that_is_away_is_no_refusal() -> None:
    probe = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    with pytest.raises(MailUnavailable):
        await open_mailer(f"smtp://127.0.0.1:{port}", "a@b.example").send(LETTER, NOW)


async def test_without_tls_nothing_is_said_to_a_server_that_should_have_it(
    server: tuple[Inbox, str],
) -> None:
    inbox, url = server
    with pytest.raises(MailUnavailable):
        await open_mailer(f"{url}?starttls=always", "a@b.example").send(LETTER, NOW)
    assert inbox.letters == []


@pytest.mark.parametrize(
    "text",
    ["nobody", "a@b\r\nBcc: eve@example.com", "@b.example", "a@"],
)
def test_no_header_comes_in_through_an_address(text: str, tmp_path: Path) -> None:
    mailer = open_mailer(f"folder:{tmp_path}", "no-reply@shop.example")
    with pytest.raises(MailRefused):
        asyncio.run(mailer.send(Letter(text, "Hello", "x", "x"), NOW))
    assert list(tmp_path.iterdir()) == []


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    mailer = open_mailer(f"folder:{folder}", "no-reply@shop.example")
    where = asyncio.run(mailer.send(LETTER, NOW))
    assert stat.S_IMODE(Path(where).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "smtp://h?tls=no",
        "smtp://h?starttls=maybe",
        "folder://h/x",
    ],
)
def test_a_url_that_makes_no_sense_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r"mail|starttls") as raised:
        open_mailer(url, "a@b.example")
    assert url not in str(raised.value)


async def test_a_letter_waits_for_a_server_that_is_away(
    url: str, tmp_path: Path, server: tuple[Inbox, str]
) -> None:
    inbox, smtp = server
    inbox.refusal = "451 come back later"
    settings = settings_for(url, tmp_path, mail=smtp)
    async with opened(shop.build(), settings, tmp_path) as place:
        body = {"email": "ann@example.com", "password": PASSWORD}
        assert (await place.post("auth/register", body)).status_code == 202
        await _until(lambda: len(place.witness.failures) > 0)
        assert inbox.letters == []
    inbox.refusal = None
    # The process ends and another one begins: the letter is there still.
    async with opened(shop.build(), settings, tmp_path) as place:
        await _due(place)
        realm = place.process._realm
        assert realm is not None
        realm.post.ring()
        await _until(lambda: len(inbox.letters) == 1)
        # It is crossed out when the server has taken it.
        for _ in range(200):
            if await _waiting(place) == 0:
                break
            await asyncio.sleep(0.02)
        assert await _waiting(place) == 0


async def test_letters_that_wait_cannot_be_read_in_the_database(place: Place) -> None:
    realm = place.process._realm
    assert realm is not None
    await realm.post.stop()
    body = {"email": "ann@example.com", "password": PASSWORD}
    await place.post("auth/register", body)
    assert await _waiting(place) == 1
    rows = await place.rows("SELECT letter FROM charter_mail")
    assert "ann@example.com" not in rows[0][0]
    assert "cho_" not in rows[0][0]


async def _due(place: Place) -> None:
    """Let the time pass after which a letter is tried again."""
    then = "2020-01-01T00:00:00.000000Z" if "sqlite" in place.url else "2020-01-01"
    await place.sql(f"UPDATE charter_mail SET due_at = '{then}'")


async def _waiting(place: Place) -> int:
    rows = await place.rows("SELECT count(*) FROM charter_mail")
    found: int = rows[0][0]
    return found


async def _until(condition: Any) -> None:
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("what was waited for did not come")
