"""Who is asking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated subject with its roles and claims, or nobody (`id` is None)."""

    id: str | None = None
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=lambda: _NONE, hash=False)

    @property
    def authenticated(self) -> bool:
        return self.id is not None


ANONYMOUS = Actor()
