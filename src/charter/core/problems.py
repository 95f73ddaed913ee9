"""Problems: error values with a stable code, which every protocol renders in its own standard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})


class Family(StrEnum):
    """The few kinds of failure that a protocol needs to tell apart."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    CONFLICT = "conflict"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of the registry in `core.codes`; its documentation page is made from it."""

    name: str
    family: Family
    title: str
    explanation: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with the input.

    `pointer` is a JSON Pointer (RFC 6901) into the body; `parameter` names a query parameter
    or header field. At most one of the two is set.
    """

    code: str
    message: str
    pointer: str | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """What a problem says beyond its code."""

    message: str
    flaws: tuple[Flaw, ...] = ()
    retry_after: int | None = None
    """Seconds after which the same request may succeed."""
    members: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    """Further members of the problem, all of them safe to show."""


class Problem(Exception):
    """A failure that its receiver may see. Raised anywhere, rendered only by a wire."""

    def __init__(
        self,
        code: Code,
        message: str | None = None,
        *,
        flaws: tuple[Flaw, ...] = (),
        retry_after: int | None = None,
        members: Mapping[str, Any] = EMPTY,
    ) -> None:
        self.code = code
        self.detail = Detail(message or code.title, flaws, retry_after, members)
        super().__init__(f"{code.name}: {self.detail.message}")
