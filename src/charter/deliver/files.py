"""Mail in development: every letter is a file, which a mail program can open."""

import asyncio
from datetime import datetime
from pathlib import Path

from charter.core.ids import uuid7
from charter.deliver.letter import Letter, message_of
from charter.deliver.mail import MailRefused, MailUnavailable


class FileMailer:
    """Writes letters into a folder, as `.eml`; only its owner can read them."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, letter: Letter, written: datetime) -> str:
        return await asyncio.to_thread(self._write, letter, written)

    def _write(self, letter: Letter, written: datetime) -> str:
        try:
            message = message_of(letter, self._sender, written)
        except ValueError as error:
            raise MailRefused(str(error)) from error
        path = self._folder / f"{uuid7()}.eml"
        partial = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial.touch(mode=0o600)
            partial.write_bytes(message.as_bytes())
            partial.rename(path)
        except OSError as error:
            raise MailUnavailable(f"{path}: {error.strerror}") from error
        return str(path)
