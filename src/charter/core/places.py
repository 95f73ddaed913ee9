"""Where in the user's source something was said."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file; lines count from 1. `NOWHERE` stands for what Charter itself added."""

    file: str
    line: int


NOWHERE = Place("", 0)
