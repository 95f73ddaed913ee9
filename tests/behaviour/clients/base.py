"""What tests want of a service, in no protocol's words: each protocol has one `Client`.

Rows are dictionaries of JSON values by field name. What a service refuses is raised as
`Refused`.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

Row = dict[str, Any]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Someone:
    """An authenticated actor."""

    id: str
    roles: tuple[str, ...] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a request: at a JSON Pointer, or with a named parameter."""

    code: str
    at: str
    message: str = field(compare=False, default="")


class Refused(Exception):
    """The service refused, with one of its stable codes. `text` is all that it said."""

    def __init__(
        self, code: str, flaws: tuple[Flaw, ...], members: Mapping[str, Any], text: str
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.flaws = flaws
        self.members = members
        self.text = text

    @property
    def places(self) -> set[str]:
        return {flaw.at for flaw in self.flaws}


@dataclass(frozen=True, slots=True)
class Has:
    """A test on a field, or over a dotted path on a field of related rows."""

    name: str
    comparator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple["Where", ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple["Where", ...]


@dataclass(frozen=True, slots=True)
class Unless:
    part: "Where"


Where = Has | Both | Either | Unless


@dataclass(frozen=True, slots=True)
class Page:
    items: list[Row]
    next: str | None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """The rows of a relation of one row."""

    resource: str
    key: Any
    relation: str


@dataclass(frozen=True, slots=True)
class Made:
    """In a batch: the key of the row that the step of this name makes."""

    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a batch: create, update, delete or the name of a command."""

    what: str
    resource: str
    key: Any = None
    values: Values | None = None
    name: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class How:
    """How a write is to be done: once only (by a key), as a trial, and what to answer."""

    once: str | None = None
    dry_run: bool = False
    include: str = ""
    fields: str = ""


PLAIN = How()
Actor = Someone | None


class Client(Protocol):
    """One protocol. Resources are named as in the contract, `OrderLine`."""

    async def create(
        self, resource: str, values: Values, actor: Actor = None, *, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row: ...  # fmt: skip

    async def create_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]: ...

    async def read(
        self, resource: str, key: Any, actor: Actor = None, *, fields: str = "",
        include: str = "", within: Within | None = None,
    ) -> Row: ...  # fmt: skip

    async def page(
        self, resource: str, actor: Actor = None, *, where: Where | None = None,
        search: str | None = None, sort: str = "", limit: int | None = None, fields: str = "",
        include: str = "", count: str = "", within: Within | None = None,
    ) -> Page: ...  # fmt: skip

    async def follow(self, page: Page, actor: Actor = None) -> Page:
        """The page after one that has a `next`."""

    async def summarize(
        self, resource: str, measures: str, actor: Actor = None, *, group: str = "",
        where: Where | None = None, sort: str = "",
    ) -> list[Row]: ...  # fmt: skip

    async def update(
        self, resource: str, key: Any, values: Values, actor: Actor = None, *,
        version: int | None = None, whole: bool = False, how: How = PLAIN,
        within: Within | None = None,
    ) -> Row: ...  # fmt: skip

    async def update_all(
        self, resource: str, rows: Sequence[Values], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row]: ...

    async def delete(
        self, resource: str, key: Any, actor: Actor = None, *, version: int | None = None,
        how: How = PLAIN, within: Within | None = None,
    ) -> None: ...  # fmt: skip

    async def delete_all(
        self, resource: str, keys: Sequence[Any], actor: Actor = None, *, how: How = PLAIN
    ) -> None: ...

    async def call(
        self, command: str, actor: Actor = None, *, resource: str | None = None,
        key: Any = None, inputs: Values | None = None, version: int | None = None,
        how: How = PLAIN,
    ) -> Any: ...  # fmt: skip

    async def batch(
        self, steps: Sequence[Step], actor: Actor = None, *, how: How = PLAIN
    ) -> list[Row | None]: ...

    async def export(
        self, resource: str, actor: Actor = None, *, where: Where | None = None, sort: str = ""
    ) -> list[Row]:
        """All rows of a list, as a stream."""


class Connect(Protocol):
    """Opens a client on a service that runs in this process."""

    def __call__(self, served: Any) -> AbstractAsyncContextManager[Client]: ...
