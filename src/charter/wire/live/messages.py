"""What a client says over WebSocket."""

from typing import Any

import msgspec

from charter.core import codes
from charter.core.names import pointer
from charter.core.problems import Flaw, Problem

SUBPROTOCOL = "charter.live.v1"
LONGEST_ID = 64
LONGEST_TOKEN = 16_384


class Message(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """Any message; `type` says which."""


class Connect(Message, frozen=True, tag="connect"):
    """The first message: who it is, by a bearer token; without one, whoever the request for the
    connection came from."""

    token: str | None = None


class Subscribe(Message, frozen=True, tag="subscribe"):
    """Follow what a path of the REST API shows, under a name of the client's own.

    `have` are the rows that the client has, each by its key with the tag that came with it, and
    `after` is the last position that it was told.
    """

    id: str
    path: str
    have: dict[str, str | None] | None = None
    after: str | None = None


class Unsubscribe(Message, frozen=True, tag="unsubscribe"):
    """Follow it no more."""

    id: str


class Ping(Message, frozen=True, tag="ping"):
    """Ask for a sign of life."""


class Pong(Message, frozen=True, tag="pong"):
    """Give one."""


ClientMessage = Connect | Subscribe | Unsubscribe | Ping | Pong
_decoder = msgspec.json.Decoder(ClientMessage)


def read_message(text: str | bytes) -> Any:
    """The message in a frame. Raises `malformed` and `invalid_values`."""
    if isinstance(text, bytes):
        raise Problem(codes.MALFORMED, "A message is a text, not binary data.")
    try:
        message = _decoder.decode(text.encode("utf-8", "strict"))
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$")
        at = pointer(*place.rstrip("`").strip(".").split(".")) if place.strip("`.") else ""
        flaw = Flaw(codes.WRONG_TYPE.name, said, at)
        raise Problem(codes.INVALID_VALUES, flaws=(flaw,)) from None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise Problem(codes.MALFORMED, "The message is not JSON.") from None
    name = message.id if isinstance(message, Subscribe | Unsubscribe) else "-"
    if not 0 < len(name) <= LONGEST_ID:
        flaw = Flaw(codes.WRONG_LENGTH.name, f"It has 1 to {LONGEST_ID} characters.", "/id")
        raise Problem(codes.INVALID_VALUES, flaws=(flaw,))
    if isinstance(message, Connect) and len(message.token or "") > LONGEST_TOKEN:
        raise Problem(codes.INVALID_TOKEN)
    return message
