"""Applies or rolls back a migration, and kills itself with SIGKILL at the moment that is asked
for: `python -m tests.migrate.engine.killed URL apply|rollback MOMENT`."""

import asyncio
import os
import signal
import sys
import threading

from charter.migrate.events import Event, Filled, StepBegun, StepDone
from charter.migrate.migration import Migration
from charter.store.address import Dialect, dialect_of
from tests.migrate.engine.databases import ADD, BESIDE, FILL, INDEX, LAST, Place, first, grown


def migrations(url: str) -> tuple[Migration, Migration]:
    """Steps of every kind that the database has, with a backfill of several batches."""
    index = BESIDE if dialect_of(url) is Dialect.POSTGRESQL else INDEX
    return first(), grown(ADD, FILL, index, LAST)


def moments(place: str) -> list[str]:
    """Before each step, after each step, between batches, and in the midst of each step."""
    steps = range(1, 5)
    found = [f"{what}{number}" for number in steps for what in ("begun", "done", "midst")]
    return [*found, "filled1", "filled3"] if place == "apply" else found


class Killed(list[Event]):
    """Hears what happens, and ends it."""

    def __init__(self, moment: str) -> None:
        super().__init__()
        self.moment = moment
        self.batches = 0

    def append(self, event: Event) -> None:
        super().append(event)
        match event:
            case StepBegun(number=number):
                if self.moment == f"begun{number}":
                    die()
                if self.moment == f"midst{number}":
                    threading.Timer(0.004, die).start()
            case StepDone(number=number) if self.moment == f"done{number}":
                die()
            case Filled():
                self.batches += 1
                if self.moment == f"filled{self.batches}":
                    die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    url, action, moment = sys.argv[1:]
    place = Place(url, events=Killed(moment))
    run = place.apply if action == "apply" else place.rollback
    asyncio.run(run(*migrations(url)))


if __name__ == "__main__":
    main()
