"""A statement: the text of one SQL command and where its arguments come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from charter.plan.actor import Actor


@dataclass(slots=True)
class Sources:
    """All that the arguments of a statement can come from."""

    values: Sequence[Any]
    actor: Actor
    now: datetime


Bind = Callable[[Sources], Any]
"""Takes one argument from the sources, in the form that the driver wants."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL command. `label` says what it does, for logs and metrics: it has no values in it.

    `heavy` marks what may run long whatever its plan (cascades, exports), so that a store can
    keep it away from the event loop from the start. `holds` tells that it takes a lock of the
    session by name, which the store gives back when the transaction has ended.
    """

    text: str
    binds: tuple[Bind, ...] = ()
    label: str = ""
    heavy: bool = False
    holds: bool = False

    def arguments(self, sources: Sources) -> tuple[Any, ...]:
        """The arguments, in the order of the placeholders."""
        return tuple([bind(sources) for bind in self.binds])
