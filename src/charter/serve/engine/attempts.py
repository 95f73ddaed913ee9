"""Changes of rows, remembered until the database has taken them, to explain a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charter.contract.resource import Resource
from charter.store.errors import Violated


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried: the values of each row, with the JSON Pointer to where they came from.

    `links` are the keys that a many-to-many relation is to lead to, each with its pointer and
    the resource that it is a key of.
    """

    resource: Resource
    rows: tuple[tuple[str, Mapping[str, Any]], ...]
    links: tuple[tuple[str, Resource, Any], ...] = ()


class Refused(Exception):
    """A constraint of the database refused one of some attempts, made in one statement.

    `place` is the JSON Pointer to the operation that it was part of.
    """

    def __init__(self, violated: Violated, attempts: tuple[Attempt, ...]) -> None:
        super().__init__(str(violated))
        self.violated = violated
        self.attempts = attempts
        self.place = ""

    def attempt(self, table: str | None) -> Attempt:
        """What was tried of the table whose constraint refused it, all of it in one attempt."""
        found = [item for item in self.attempts if item.resource.table == table]
        if not found:
            return self.attempts[0]
        rows = tuple(row for item in found for row in item.rows)
        return Attempt(found[0].resource, rows, tuple(one for item in found for one in item.links))
