"""The unit of work that a command gets: reads and writes in the command's one transaction."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar, overload
from uuid import UUID

from charter.language.payload import Event
from charter.language.resource import Resource
from charter.language.user import User

R = TypeVar("R", bound=Resource[Any])
Key = UUID | int | str


class Caller(Protocol):
    """The actor that called the command; `id` is None for nobody."""

    @property
    def id(self) -> str | None: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def claims(self) -> Mapping[str, Any]: ...
    @property
    def authenticated(self) -> bool: ...
    @property
    def tenant(self) -> str | None: ...


class Unit(Protocol):
    """Reads and writes of one command. Rows it gives are locked, and what is changed on them
    is written when the command ends; when the command raises, nothing is written."""

    @property
    def actor(self) -> Caller:
        """Who called the command."""

    def user(self) -> User:
        """The row of whoever called the command, to refer to: its `id` is loaded. Where nobody
        did, the command ends as `unauthenticated`."""

    @property
    def now(self) -> datetime:
        """The time of the request, the same throughout the command."""

    @overload
    async def get(self, row: R, /) -> R: ...
    @overload
    async def get(self, kind: type[R], key: Key, /) -> R: ...

    async def get_all(self, rows: Iterable[R], /) -> list[R]:
        """The rows, all loaded, in the same order, in one statement."""

    async def find(
        self,
        kind: type[R],
        where: Callable[[R], bool] | None = None,
        /,
        *,
        sort: str = "",
        limit: int = 100,
    ) -> list[R]:
        """Rows for which a condition holds. `sort` names a field, `-` before it descends."""

    def add(self, row: R, /) -> R:
        """Writes a new row when the command ends."""

    def delete(self, row: Resource[Any], /) -> None:
        """Deletes a row when the command ends."""

    def emit(self, event: Event, /) -> None:
        """Tells the world, if and when the transaction commits."""
