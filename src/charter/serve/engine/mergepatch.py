"""JSON Merge Patch (RFC 7396) for the inside of JSON fields."""

from collections.abc import Mapping
from typing import Any

from charter.contract.resource import Resource
from charter.contract.types import Scalar


def patched(target: Any, patch: Any) -> Any:
    """The target with the patch merged into it, as section 2 of the RFC defines."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = patched(result.get(name), value)
    return result


def merging(resource: Resource, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields whose new value is made from the one that they have."""
    return tuple(
        name
        for name, value in values.items()
        if isinstance(value, dict) and _holds_json(resource, name)
    )


def _holds_json(resource: Resource, name: str) -> bool:
    kind = resource.field_named[name].type
    return kind.scalar is Scalar.JSON and not kind.many
