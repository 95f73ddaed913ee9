"""What a write does besides changing rows: the events that it leaves in the outbox."""

from dataclasses import dataclass, field
from typing import Any

from charter.core.ids import uuid7
from charter.plan.ask import Ask


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

    def take(self, ask: Ask) -> tuple[int, list[Any]]:
        """How many events there are, and their values for the outbox table; it is empty then."""
        happenings, self.happenings = self.happenings, []
        values = [
            value
            for item in happenings
            for value in (
                uuid7(), item.event, item.resource, item.key, ask.actor.id,
                ask.now, item.payload, ask.request_id,
            )
        ]  # fmt: skip
        return len(happenings), values
