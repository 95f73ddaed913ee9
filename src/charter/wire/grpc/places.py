"""Where in a message something is wrong: JSON Pointers into the values, and names of parameters,
as paths of fields."""

import re
from collections.abc import Callable, Mapping, Sequence

from charter.wire.grpc.names import row_field
from charter.wire.grpc.shape import Rpc, Verb

Place = Callable[[str], str]
"""From a JSON Pointer to a path: `/lines/0/quantity` → `order.lines[0].quantity`."""

_NUMBER = re.compile(r"[0-9]+", re.ASCII)
_PARAMETERS: Mapping[str, str] = {
    "limit": "page_size",
    "sort": "order_by",
    "cursor": "page_token",
    "fields": "read_mask",
    "include": "read_mask",
    "aggregate": "measures",
    "group": "group_by",
    "all": "filter",
    "any": "filter",
    "not": "filter",
    "id[in]": "ids",
    "If-Match": "version",
}


def parameter_path(name: str) -> str:
    """The field that a parameter of a query is here."""
    return _PARAMETERS.get(name, name)


def path_of(tokens: Sequence[str], start: str = "") -> str:
    found = start
    for token in tokens:
        if found and _NUMBER.fullmatch(token):
            found += f"[{token}]"
        else:
            found += f".{token}" if found else token
    return found


def _tokens(pointer: str) -> list[str]:
    parts = pointer.split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def plain_path(pointer: str) -> str:
    """Where what is wrong stands in the message itself."""
    return path_of(_tokens(pointer))


def places_of(rpc: Rpc) -> Place:
    """The paths in the requests of a method, but for batches."""
    row = row_field(rpc.resource) if rpc.resource is not None else ""
    if rpc.verb in {Verb.CREATE, Verb.UPDATE}:
        return lambda pointer: path_of(_tokens(pointer), row)
    if rpc.verb in {Verb.BATCH_CREATE, Verb.BATCH_UPDATE}:
        return lambda pointer: _in_bulk(_tokens(pointer), row)
    return plain_path


_ADDRESS = frozenset({"id", "version"})


def _in_bulk(tokens: Sequence[str], row: str) -> str:
    if not tokens:
        return "requests"
    start, rest = f"requests[{tokens[0]}]", tokens[1:]
    if not rest or (len(rest) == 1 and rest[0] in _ADDRESS):
        return path_of(rest, start)
    return path_of(rest, f"{start}.{row}")


def batch_places(parts: Sequence[tuple[str, str]]) -> Place:
    """Those in a batch, whose operations have these fields and, inside, these for their values."""

    def place(pointer: str) -> str:
        tokens = _tokens(pointer)
        if len(tokens) < 2 or not tokens[1].isdigit() or int(tokens[1]) >= len(parts):
            return path_of(tokens)
        operation, row = parts[int(tokens[1])]
        start = f"operations[{tokens[1]}]"
        match tokens[2:]:
            case ["body", *rest]:
                inside = f"{start}.{operation}"
                return path_of(rest, f"{inside}.{row}" if row else inside)
            case ["path" | "method"]:
                return f"{start}.{operation}.id"
            case ["id"]:
                return f"{start}.name"
            case rest:
                return path_of(rest, f"{start}.{operation}" if rest and operation else start)

    return place
