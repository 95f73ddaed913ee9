"""One member of a secret that has several."""

from collections.abc import Mapping

from charter.access.secrets.reference import Reference, SecretError
from charter.access.strict_json import NotStrict, parse_object


def member(where: Reference, values: Mapping[str, object]) -> str:
    """The text that a reference means among these. Without a key, there must be only one."""
    key = where.key
    if key is None:
        if len(values) != 1:
            raise SecretError(f"{where} has several members: say which (#key)")
        (key,) = values
    value = values.get(key)
    if not isinstance(value, str):
        raise SecretError(f"{where} has no member {key!r} that is a text")
    return value


def whole_or_member(where: Reference, text: str) -> str:
    """A secret that is one text, or the member of a JSON object where the reference has a key."""
    if where.key is None:
        return text
    try:
        values = parse_object(text.encode())
    except NotStrict:
        raise SecretError(f"{where} has no members: it is not a JSON object") from None
    return member(where, values)
