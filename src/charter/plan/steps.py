"""The steps of a write: operations that are known at once, or once earlier steps have run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from charter.core.codes import INVALID_VALUES, NO_SUCH_REFERENCE
from charter.core.problems import Flaw, Problem
from charter.plan.ask import Create, Delete, Draft, Invoke, Operation, PartChange, Update
from charter.plan.outcome import RowOutcome, WriteOutcome


@dataclass(frozen=True, slots=True)
class Later:
    """The key of the row of `resource` that the step at `position` makes or changes."""

    position: int
    resource: str


@dataclass(slots=True)
class Step:
    """An operation that needs nothing of the steps before it."""

    operation: Operation

    def __call__(self, outcomes: Sequence[WriteOutcome]) -> Operation:
        return self.operation


@dataclass(frozen=True, slots=True)
class LateStep:
    """An operation in which keys of earlier steps stand as `Later`.

    Called with the outcomes of all steps before it; raises `invalid_values` where one that it
    needs has left no row behind.
    """

    operation: Operation

    def __call__(self, outcomes: Sequence[WriteOutcome]) -> Operation:
        return _settled(self.operation, outcomes)


def _settled(operation: Operation, outcomes: Sequence[WriteOutcome]) -> Operation:
    match operation:
        case Create(draft=draft, parent=parent):
            return replace(
                operation, draft=_draft(draft, outcomes), parent=_parent(parent, outcomes)
            )
        case Update(key=key, draft=draft, parent=parent):
            return replace(
                operation,
                key=_key(key, outcomes),
                draft=_draft(draft, outcomes),
                parent=_parent(parent, outcomes),
            )
        case Delete(key=key, parent=parent):
            return replace(operation, key=_key(key, outcomes), parent=_parent(parent, outcomes))
        case Invoke(inputs=inputs, key=key):
            return replace(operation, inputs=_values(inputs, outcomes), key=_key(key, outcomes))


def _key(value: Any, outcomes: Sequence[WriteOutcome]) -> Any:
    if isinstance(value, Later):
        return _made(outcomes[value.position], value)
    return [_key(item, outcomes) for item in value] if isinstance(value, list) else value


def _made(outcome: WriteOutcome, later: Later) -> Any:
    if isinstance(outcome, RowOutcome) and outcome.resource == later.resource:
        return outcome.key
    message = f"operation {later.position} has left no row of {later.resource}"
    flaw = Flaw(NO_SUCH_REFERENCE.name, message, pointer="")
    raise Problem(INVALID_VALUES, message, flaws=(flaw,))


def _parent(
    parent: tuple[str, str, Any] | None, outcomes: Sequence[WriteOutcome]
) -> tuple[str, str, Any] | None:
    return None if parent is None else (parent[0], parent[1], _key(parent[2], outcomes))


def _values(values: Mapping[str, Any], outcomes: Sequence[WriteOutcome]) -> dict[str, Any]:
    return {name: _key(value, outcomes) for name, value in values.items()}


def _draft(draft: Draft, outcomes: Sequence[WriteOutcome]) -> Draft:
    parts = {
        name: tuple(
            PartChange(_key(change.key, outcomes), _draft(change.draft, outcomes))
            for change in changes
        )
        for name, changes in draft.parts.items()
    }
    links = {
        name: tuple(_key(key, outcomes) for key in found) for name, found in draft.links.items()
    }
    return Draft(_values(draft.values, outcomes), parts, links)
