"""The tenant that an actor acts for."""

from typing import Any
from uuid import UUID

from charter.contract.types import MAX_INTEGER, Scalar, Type


def tenant_key(text: str | None, kind: Type) -> Any:
    """The key of a tenant in the type of the tenant's resource; None where it is none."""
    if text is None or "\0" in text:
        return None
    if kind.scalar not in (Scalar.UUID, Scalar.INTEGER):
        return text
    try:
        if kind.scalar is Scalar.UUID:
            return UUID(text)
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 else None
    except ValueError:
        return None
    return number if number is not None and number <= MAX_INTEGER else None
