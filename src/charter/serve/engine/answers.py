"""Answers as bytes: how the first answer of an idempotent request is kept and given again."""

from collections.abc import Mapping
from typing import Any

import msgspec

from charter.contract.contract import Contract
from charter.contract.types import Type
from charter.core.codes import CODES
from charter.core.problems import Code, Family, Flaw, Problem
from charter.plan.outcome import (
    ManyOutcome,
    Outcome,
    RowOutcome,
    ValueOutcome,
    WriteOutcome,
)
from charter.serve.engine.jsontext import json_value
from charter.sql.canonical import json_reader

REPEATABLE = frozenset({Family.INVALID, Family.FORBIDDEN, Family.MISSING, Family.CONFLICT})
"""Failures that an idempotent request keeps: those that the same request would meet again."""


def packed(contract: Contract, answer: Outcome | Problem) -> bytes:
    """The answer of a write as bytes."""
    if isinstance(answer, Problem):
        return msgspec.json.encode({"problem": _problem(answer)})
    parts = answer.parts if isinstance(answer, ManyOutcome) else (answer,)
    packed_parts = [_part(contract, part) for part in parts]
    many = isinstance(answer, ManyOutcome)
    return msgspec.json.encode({"many": many, "parts": packed_parts})


def unpacked(contract: Contract, data: bytes) -> Outcome:
    """The answer that the bytes hold; raises it where it was a problem."""
    stored = msgspec.json.decode(data)
    if "problem" in stored:
        raise _raised(stored["problem"])
    parts = tuple(_outcome(contract, part) for part in stored["parts"])
    return ManyOutcome(parts) if stored["many"] else parts[0]


def _key_type(contract: Contract, resource: str) -> Type:
    return contract.resource_named[resource].key.type


def _part(contract: Contract, part: Outcome) -> Mapping[str, Any]:
    match part:
        case RowOutcome(resource, key, body, version, created, deleted):
            text = json_value(_key_type(contract, resource), key)
            return {
                "resource": resource, "key": text, "body": body, "version": version,
                "created": created, "deleted": deleted,
            }  # fmt: skip
        case ValueOutcome(body):
            return {"body": body}
        case _:
            raise TypeError(f"{type(part).__name__} is not the answer of a write")


def _outcome(contract: Contract, part: Mapping[str, Any]) -> WriteOutcome:
    if "resource" not in part:
        return ValueOutcome(part["body"])
    read = json_reader(_key_type(contract, part["resource"]))
    key = part["key"] if read is None else read(part["key"])
    return RowOutcome(
        part["resource"], key, part["body"], part["version"], part["created"], part["deleted"]
    )


def _problem(problem: Problem) -> Mapping[str, Any]:
    code = problem.code
    flaws = [
        {"code": f.code, "message": f.message, "pointer": f.pointer, "parameter": f.parameter}
        for f in problem.detail.flaws
    ]
    return {
        "code": code.name, "family": code.family.value, "title": code.title,
        "message": problem.detail.message, "flaws": flaws,
        "members": dict(problem.detail.members),
    }  # fmt: skip


def _raised(stored: Mapping[str, Any]) -> Problem:
    declared = Code(stored["code"], Family(stored["family"]), stored["title"], "", "")
    return Problem(
        CODES.get(stored["code"], declared),
        stored["message"],
        flaws=tuple(Flaw(**flaw) for flaw in stored["flaws"]),
        members=stored["members"],
    )
