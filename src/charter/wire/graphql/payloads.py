"""The payloads of mutations: from what came of a write to what a field of the answer shows."""

from collections.abc import Sequence
from typing import Any

import msgspec

from charter.core.problems import Problem
from charter.plan.outcome import RowOutcome, ValueOutcome, WriteOutcome
from charter.wire.graphql.keys import Keys
from charter.wire.graphql.meaning import Given
from charter.wire.graphql.render import json_of
from charter.wire.graphql.writes import FieldPlan, Part, Told

_rows = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_row = msgspec.json.Decoder(dict[str, msgspec.Raw])


def payload(field: FieldPlan, parts: Sequence[WriteOutcome], keys: Keys) -> str:
    """The payload of a field, of all that its operations have left behind."""
    whole = _whole(field, parts)
    if whole is not None:
        return whole
    rows = _bodies(field, parts)
    members = [f"{json_of(part.out)}:{_member(part, parts, rows, keys)}" for part in field.parts]
    return f"{{{','.join(members)}}}"


def failed(field: FieldPlan, problem: Problem, keys: Keys) -> str | None:
    """The payload that tells of a declared error; None where it is not asked for."""
    if not any(problem.code.name in part.errors for part in field.parts):
        return None
    members = [f"{json_of(part.out)}:{_of_failure(part, problem, keys)}" for part in field.parts]
    return f"{{{','.join(members)}}}"


def _whole(field: FieldPlan, parts: Sequence[WriteOutcome]) -> str | None:
    """The body of the one row that was written is the payload already, if it may be read."""
    if len(parts) == 1 and not any(part.what is Given.ROWS for part in field.parts):
        (only,) = parts
        if isinstance(only, RowOutcome) and not only.deleted and only.body:
            return only.body
    return None


def _bodies(field: FieldPlan, parts: Sequence[WriteOutcome]) -> list[dict[str, msgspec.Raw]]:
    """What each row shows, by the members of the payload that show it."""
    if not any(part.what is Given.ROWS for part in field.parts):
        return []
    found: list[dict[str, msgspec.Raw]] = []
    for part in parts:
        if isinstance(part, ValueOutcome):
            found += _rows.decode(part.body or "[]")
        elif part.body:
            found.append(_row.decode(part.body))
    return found


def _member(
    part: Part, parts: Sequence[WriteOutcome], rows: Sequence[dict[str, Any]], keys: Keys
) -> str:
    match part.what:
        case Given.ROWS:
            return f"[{','.join(bytes(row[part.out]).decode() for row in rows)}]"
        case Given.KEY:
            return json_of(_identifier(parts[0], keys))
        case Given.KEYS:
            return json_of([_identifier(one, keys) for one in parts])
        case Given.VALUE:
            (only,) = parts
            return (only.body if isinstance(only, ValueOutcome) else None) or "null"
        case Given.DONE:
            return "true"
        case Given.ROW | Given.ERROR:
            return "null"
        case text:
            return json_of(text)


def _identifier(part: WriteOutcome, keys: Keys) -> str | None:
    return f"{keys.prefixes[part.resource]}{part.key}" if isinstance(part, RowOutcome) else None


def _of_failure(part: Part, problem: Problem, keys: Keys) -> str:
    if part.what is Given.ERROR:
        return json_of(_told(part.errors[problem.code.name], problem, keys))
    if part.what is Given.DONE:
        return "false"
    return "null" if isinstance(part.what, Given) else json_of(part.what)


def _told(told: Told, problem: Problem, keys: Keys) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for out, what in told:
        if isinstance(what, str):
            found[out] = what
        elif what.what == "code":
            found[out] = problem.code.name
        elif what.what == "message":
            found[out] = problem.detail.message
        else:
            value = problem.detail.members.get(what.name)
            if value is not None and what.target is not None:
                value = f"{keys.prefixes[what.target]}{value}"
            found[out] = value
    return found
