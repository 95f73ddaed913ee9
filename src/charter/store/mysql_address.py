"""Where a MySQL server is, and how to end what runs there for a connection that is gone."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Any

import asyncmy

from charter.store.mysql_errors import FAILURES

KILL_SECONDS = 5.0


@dataclass(frozen=True)
class MysqlAddress:
    """The parts of a database URL."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    socket: str | None = None
    tls: ssl.SSLContext | None = None
    _killing: set[asyncio.Task[None]] = field(default_factory=set, repr=False, compare=False)

    def arguments(self) -> dict[str, Any]:
        """The same as the driver wants it."""
        return {
            "host": self.host,
            "port": self.port,
            "unix_socket": self.socket,
            "user": self.user,
            "password": self.password,
            "database": self.database,
            "ssl": self.tls,
        }

    def kill(self, thread: int) -> None:
        """End what the server still does for a connection that nobody listens to: it would go
        on, and keep its locks, until it had something to say. Nobody waits for that."""
        task = asyncio.get_running_loop().create_task(self._kill(thread))
        self._killing.add(task)
        task.add_done_callback(self._killing.discard)

    async def _kill(self, thread: int) -> None:
        try:
            async with asyncio.timeout(KILL_SECONDS):
                connection = await asyncmy.connect(**self.arguments(), autocommit=None)
                try:
                    await connection.query(f"KILL CONNECTION {int(thread)}")
                finally:
                    await connection.ensure_closed()
        except FAILURES:
            # It is gone already, or the server is.
            return
