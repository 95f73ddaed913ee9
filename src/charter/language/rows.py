"""Rows at run time: instances of the user's classes that know what was read and what changed.

What the unit of work uses: `loaded_row` and `stub_row` make rows, `fill` loads a stub, `changes`
and `list_changes` tell what to write, and `written` makes the row as it is the one to compare
with. Attributes have the names of the contract: a reference holds a row or a stub, not a key.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from charter.core.names import nearest
from charter.language.declared import declared_by
from charter.language.fields import ListWord

STATE = "_charter_state"
R = TypeVar("R")
_MUTABLE = (list, dict)


class Status(StrEnum):
    """What is known of a row."""

    NEW = "new"
    """Made in Python, and not written yet."""
    LOADED = "loaded"
    STUB = "stub"
    """Only its key is known."""


@dataclass(slots=True)
class RowState:
    """What a row was when it was read. `read` holds the values, lists as copies."""

    status: Status
    read: dict[str, Any] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)


class NotLoaded(AttributeError):
    """An attribute was read that the unit of work has not loaded."""


def state_of(row: object) -> RowState:
    """The state of a row."""
    state = row.__dict__[STATE]
    if not isinstance(state, RowState):
        raise TypeError("not a row of a contract")
    return state


def lists_of(cls: type[Any]) -> frozenset[str]:
    """The attributes of a class that are lists of other rows."""
    known = declared_by(cls).attributes.values()
    return frozenset(item.name for item in known if isinstance(item.default, ListWord))


def _snapshot(row: object, name: str, value: object) -> object:
    if isinstance(value, list) and name in lists_of(type(row)):
        return list(value)
    return copy.deepcopy(value) if isinstance(value, _MUTABLE) else value


def _bare(cls: type[R], status: Status) -> R:
    row = cls.__new__(cls)
    row.__dict__[STATE] = RowState(status)
    return row


def loaded_row(cls: type[R], values: Mapping[str, Any]) -> R:
    """A row as the database has it, from its values by attribute name, `id` among them."""
    row = _bare(cls, Status.LOADED)
    fill(row, values)
    return row


def stub_row(cls: type[R], key: object) -> R:
    """A row of which only the key is known."""
    row = _bare(cls, Status.STUB)
    row.__dict__["id"] = key
    return row


def fill(row: object, values: Mapping[str, Any]) -> None:
    """Gives a row the values that were read; what a command has changed since stays."""
    state = state_of(row)
    state.status = Status.LOADED
    for name, value in values.items():
        state.read[name] = _snapshot(row, name, value)
        if name not in state.touched:
            row.__dict__[name] = value


def changes(row: object) -> dict[str, Any]:
    """The attributes whose values differ from what was read; for a new row all of them.

    Lists of rows are left out: `list_changes` tells about them.
    """
    state, lists = state_of(row), lists_of(type(row))
    return {
        name: value
        for name, value in row.__dict__.items()
        if not name.startswith("_")
        and name not in lists
        and (name not in state.read or _differs(value, state.read[name]))
        and not (name == "id" and state.status is not Status.NEW)
    }


def _differs(value: object, read: object) -> bool:
    return type(value) is not type(read) or value != read


def list_changes(row: object, name: str) -> tuple[list[Any], list[Any]]:
    """The rows that a list has gained, and those that it has lost, since it was read."""
    now, read = row.__dict__.get(name, []), state_of(row).read.get(name, [])
    gained = [item for item in now if not any(item is other for other in read)]
    lost = [item for item in read if not any(item is other for other in now)]
    return gained, lost


def written(row: object, values: Mapping[str, Any]) -> None:
    """The row was written; `values` are those that the database made (version, times)."""
    state = state_of(row)
    state.status = Status.LOADED
    row.__dict__.update(values)
    state.touched.clear()
    state.read = {
        name: _snapshot(row, name, value)
        for name, value in row.__dict__.items()
        if not name.startswith("_")
    }


def read_failure(row: object, name: str, known: Mapping[str, Any]) -> AttributeError:
    """Why an attribute of a row cannot be read, as the error to raise."""
    kind = type(row).__name__
    if name not in known:
        likely = nearest(name, known)
        hint = f"; did you mean {likely!r}?" if likely else ""
        return AttributeError(f"{kind} has no attribute {name!r}{hint}")
    status = state_of(row).status
    if status is Status.NEW:
        return NotLoaded(f"{kind}.{name} is made when the row is written, and it is not yet")
    if status is Status.STUB:
        return NotLoaded(
            f"{kind}.{name} is not loaded, only the row's id is: "
            f"`row = await unit.get(row)` loads it"
        )
    return NotLoaded(
        f"{kind}.{name} is not loaded with the row: find its rows with `await unit.find(…)`"
    )
