"""What a write does besides changing rows: the events that it leaves in the outbox."""

from dataclasses import dataclass, field
from typing import Any

from charter.core.ids import uuid7
from charter.plan.ask import Ask
from charter.sql.system_statements import Kind


@dataclass(frozen=True, slots=True)
class Happening:
    """An event with its payload as JSON text."""

    event: str
    resource: str | None
    key: str | None
    payload: str


@dataclass(slots=True)
class Outbox:
    """Gathers what happens in a transaction, and writes it into the outbox table at its end."""

    happenings: list[Happening] = field(default_factory=list)

    def take(self, ask: Ask) -> tuple[tuple[Kind, ...], list[Any]]:
        """The kinds of the events, and their values for the outbox table; it is empty then."""
        happenings, self.happenings = self.happenings, []
        if not happenings:
            return (), []
        values: list[Any] = [ask.request_id]
        for item in happenings:
            values += (uuid7(), item.key, item.payload)
        return tuple([(item.event, item.resource) for item in happenings]), values
