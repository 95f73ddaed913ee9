"""A migration: one committed change of the schema, for each database that the project names."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from hashlib import sha256
from types import MappingProxyType

from charter.migrate.objects import ObjectName, ObjectValue, plain_object
from charter.migrate.step import Step

_NONE: Mapping[ObjectName, ObjectValue] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Effects:
    """What a migration makes of a schema: objects with their new values, objects that go."""

    put: Mapping[ObjectName, ObjectValue] = field(default_factory=lambda: _NONE)
    removed: tuple[ObjectName, ...] = ()

    @property
    def touched(self) -> frozenset[ObjectName]:
        return frozenset((*self.put, *self.removed))


@dataclass(frozen=True, slots=True)
class Change:
    """What a migration is for one dialect. Steps are in the order in which they run."""

    effects: Effects
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """A named change. `after` are the migrations that were the last ones when it was planned.

    `changes` has one for each dialect, by its name.
    """

    name: str
    after: tuple[str, ...]
    changes: Mapping[str, Change]
    does: str = ""
    """What it is for, in a sentence or some."""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of all that the migration says, in hexadecimal."""
        content = {
            "name": self.name,
            "after": sorted(self.after),
            "does": self.does,
            "changes": {
                dialect: {
                    "put": {
                        str(name): plain_object(value) for name, value in change.effects.put.items()
                    },
                    "removed": sorted(map(str, change.effects.removed)),
                    "steps": [_said(step) for step in change.steps],
                }
                for dialect, change in self.changes.items()
            },
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return sha256(text.encode(errors="backslashreplace")).hexdigest()


def _said(value: object) -> object:
    """A step as JSON has it, without members that have their default value: a new member of later
    versions changes no fingerprint of before."""
    if isinstance(value, tuple):
        return [_said(item) for item in value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    return {
        item.name: _said(getattr(value, item.name))
        for item in fields(value)
        if item.default is MISSING or getattr(value, item.name) != item.default
    }
