"""A browser's answer, before anything in it is believed: JSON of bounded size and known form."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charter.access.strict_json import NotStrict, parse_object

MOST_CHARACTERS = 32_768
"""Of one value, as Base64url text."""
MOST_TRANSPORTS = 10


class BadAnswer(Exception):
    """An answer that has not the form of one; says in general words what is wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts that both ceremonies have."""

    credential_id: bytes
    challenge: bytes
    cross_origin: bool
    document: dict[str, Any]
    """The answer with only the members that count."""


def read_answer(credential: Mapping[str, Any], members: tuple[str, ...]) -> Answer:
    """An answer whose `response` has these members, all of them Base64url; BadAnswer else."""
    identifier = _text(credential, "id")
    response = credential.get("response")
    if not isinstance(response, Mapping):
        raise BadAnswer("`response` is not an object")
    values: dict[str, Any] = {name: _text(response, name) for name in members}
    if response.get("userHandle") is not None:
        values["userHandle"] = _text(response, "userHandle")
    values["transports"] = _transports(response.get("transports"))
    challenge, cross_origin = _client_data(values["clientDataJSON"])
    document = {"id": identifier, "rawId": identifier, "type": "public-key", "response": values}
    if credential.get("type") != "public-key" or credential.get("rawId", identifier) != identifier:
        raise BadAnswer("this is no public key credential")
    return Answer(decoded(identifier), challenge, cross_origin, document)


def challenge_in(credential: Mapping[str, Any]) -> bytes | None:
    """The challenge that an answer says it is to, by which its keeper finds it; None where it
    names none. It is believed only after `register` or `signed_in`."""
    try:
        return read_answer(credential, ("clientDataJSON",)).challenge
    except BadAnswer:
        return None


def credential_id_in(credential: Mapping[str, Any]) -> bytes | None:
    """The id of the passkey that an answer says it is from, by which it is looked up."""
    try:
        return decoded(_text(credential, "id"))
    except BadAnswer:
        return None


def decoded(text: str) -> bytes:
    """The bytes of Base64url without padding, in its only spelling; BadAnswer else."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadAnswer("a value is not Base64url") from None
    if encoded(data) != text:
        raise BadAnswer("a value is not Base64url")
    return data


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MOST_CHARACTERS:
        raise BadAnswer(f"`{name}` is not a text of the right length")
    return value


def _transports(value: object) -> list[str]:
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value[:MOST_TRANSPORTS] if isinstance(item, str) and len(item) <= 32]


def _client_data(text: str) -> tuple[bytes, bool]:
    """The challenge in the client data, and whether the page was in a frame of another origin."""
    try:
        data = parse_object(decoded(text))
    except NotStrict:
        raise BadAnswer("`clientDataJSON` is not JSON") from None
    challenge = _text(data, "challenge")
    return decoded(challenge), data.get("crossOrigin", False) is not False
