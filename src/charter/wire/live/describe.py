"""The AsyncAPI 3 document: `GET /asyncapi.json`."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from charter.contract.contract import Contract
from charter.wire.live.messages import LONGEST_ID, LONGEST_TOKEN, SUBPROTOCOL
from charter.wire.rest.describe.responses import FLAW, PROBLEM
from charter.wire.rest.describe.schemas import ref, schemas
from charter.wire.rest.settings import RestSettings

Schema = dict[str, Any]

PATH = "/live"
_TEXT: Schema = {"type": "string"}
_NAME: Schema = {
    "type": "string", "minLength": 1, "maxLength": LONGEST_ID,
    "description": "The name that the client gives to a subscription.",
}  # fmt: skip
_POSITION: Schema = {"type": "string", "description": "How far the client has been told."}
_HAVE: Schema = {
    "type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]},
    "description": "The rows that the client has: the tag of each by its key.",
}  # fmt: skip
_SHOWN: Schema = {
    "key": {"type": "string", "description": "The key of the row, as text."},
    "tag": {"type": "string", "description": "The same for the same row as it is shown."},
}


def asyncapi(contract: Contract, settings: RestSettings) -> bytes:
    """The document as JSON; the same contract and settings always give the same bytes."""
    return msgspec.json.encode(document(contract, settings))


def document(contract: Contract, settings: RestSettings) -> dict[str, Any]:
    """The document as plain values."""
    said, told, events = dict(_of_clients()), dict(_of_servers()), dict(_of_streams())
    info = {"title": contract.name, "version": contract.version}
    if contract.doc:
        info["description"] = contract.doc
    return {
        "asyncapi": "3.0.0",
        "info": info,
        "defaultContentType": "application/json",
        "channels": {
            "live": {
                "address": settings.prefix + PATH,
                "description": f"A WebSocket, with the subprotocol `{SUBPROTOCOL}`.",
                "messages": {name: _ref("messages", name) for name in (*said, *told)},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            },
            "events": {
                "address": settings.prefix + "/{list}",
                "description": "Any list, or row below it, with `Accept: text/event-stream`.",
                "messages": {name: _ref("messages", name) for name in events},
                "parameters": {
                    "list": {
                        "description": "The path of a list.",
                        "enum": [item.path for item in contract.resources if item.owner is None],
                    }
                },
            },
        },
        "operations": {
            "say": _operation("receive", "live", said),
            "tell": _operation("send", "live", told),
            "stream": _operation("send", "events", events),
        },
        "components": {
            "messages": {**said, **told, **events},
            "schemas": _schemas(contract),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _of_clients() -> Iterator[tuple[str, Schema]]:
    token = {"type": ["string", "null"], "maxLength": LONGEST_TOKEN}
    path = {"type": "string", "description": "A path of the REST API, with its query."}
    after = {"type": ["string", "null"], "description": "The last position that was told."}
    yield _message("connect", "The first message: who it is.", {"token": token}, ())
    yield _message(
        "subscribe",
        "Follow what a path shows.",
        {"id": _NAME, "path": path, "have": _HAVE, "after": after},
        ("id", "path"),
    )
    yield _message("unsubscribe", "Follow it no more.", {"id": _NAME})
    yield _message("ping", "Ask for a sign of life.", {})
    yield _message("pong", "Give one.", {})


def _of_servers() -> Iterator[tuple[str, Schema]]:
    problem = ref("Problem")
    yield _message("connected", "The client is known.", {"heartbeat": {"type": "number"}})
    yield _message(
        "snapshot", "Rows that there are.", {"id": _NAME, "rows": _listed(ref("LiveRow"))}
    )
    yield _message(
        "reset", "All that the client has counts for nothing.", {"id": _NAME, "code": _TEXT}
    )
    yield _message("ready", "All there is has been told.", {"id": _NAME, "position": _POSITION})
    yield _message(
        "changes",
        "What is different from before. Of several messages only the last has a position.",
        {"id": _NAME, "changes": _listed(ref("LiveChange")), "position": _POSITION},
        ("id", "changes"),
    )
    yield _message("position", "Nothing is different.", {"id": _NAME, "position": _POSITION})
    yield _message(
        "problem", "Something cannot be.", {"id": _NAME, "problem": problem}, ("problem",)
    )
    yield _message("ended", "A subscription is over.", {"id": _NAME, "problem": problem})
    code = {"type": "integer", "description": "The code of the close frame."}
    yield _message("closing", "The connection ends.", {"code": code, "problem": problem})


def _of_streams() -> Iterator[tuple[str, Schema]]:
    row, gone = ref("LiveRow"), _object({"key": _SHOWN["key"]})
    payloads: Mapping[str, tuple[str, Schema]] = {
        "snapshotEvent": ("A row that there is.", row),
        "createdEvent": ("A row that has come into the list.", row),
        "updatedEvent": ("A row as it is now.", row),
        "removedEvent": ("A row that has fallen out of the list.", gone),
        "readyEvent": ("All there is has been told.", {"type": "object"}),
        "positionEvent": ("Nothing is different.", {"type": "object"}),
        "resetEvent": ("All that came before counts for nothing.", _object({"code": _TEXT})),
        "endedEvent": ("It is over.", ref("Problem")),
    }
    for name, (says, payload) in payloads.items():
        yield (
            name,
            {
                "name": name.removesuffix("Event"),
                "summary": says,
                "contentType": "text/event-stream",
                "payload": payload,
            },
        )


def _message(
    kind: str, says: str, members: Mapping[str, Schema], required: tuple[str, ...] | None = None
) -> tuple[str, Schema]:
    needed = tuple(members) if required is None else required
    properties = {"type": {"type": "string", "const": kind}, **members}
    payload = _object(properties, ("type", *needed))
    return kind, {"name": kind, "summary": says, "payload": payload}


def _object(properties: Mapping[str, Schema], required: tuple[str, ...] | None = None) -> Schema:
    needed = list(properties) if required is None else list(required)
    return {
        "type": "object",
        "properties": dict(properties),
        "required": needed,
        "additionalProperties": False,
    }


def _listed(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _ref(what: str, name: str) -> Schema:
    return {"$ref": f"#/components/{what}/{name}"}


def _operation(action: str, channel: str, messages: Mapping[str, Schema]) -> Schema:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }


def _schemas(contract: Contract) -> dict[str, Schema]:
    """Those of rows and problems, with all that they refer to."""
    rows = [ref(item.name) for item in contract.resources]
    row = {**_SHOWN, "row": {"anyOf": rows}}
    kinds = {"type": "string", "enum": ["created", "updated", "removed"]}
    known = {
        **schemas(contract),
        "Problem": PROBLEM,
        "ProblemFlaw": FLAW,
        "LiveRow": _object(row),
        "LiveChange": _object({"kind": kinds, **row}, ("kind", "key")),
    }
    found: dict[str, Schema] = {}
    left = ["LiveRow", "LiveChange", "Problem"]
    while left:
        name = left.pop(0)
        if name not in found:
            found[name] = known[name]
            left += _named(known[name])
    return found


def _named(schema: Any) -> list[str]:
    """The schemas that one refers to."""
    if isinstance(schema, dict):
        target = schema.get("$ref")
        own = [target.rpartition("/")[2]] if isinstance(target, str) else []
        return own + [name for part in schema.values() for name in _named(part)]
    if isinstance(schema, list | tuple):
        return [name for part in schema for name in _named(part)]
    return []
