"""What the body of a command raises and emits, as far as its source shows it."""

import ast
from typing import Any

from charter.contract.command import Command
from charter.core.places import Place
from charter.language.drafts import Draft
from charter.language.payload import Error, Event
from charter.language.rulecodes import ERROR_UNDECLARED, EVENT_UNREGISTERED
from charter.language.sources import function_at
from charter.language.steps.readings import names_of


def undeclared(draft: Draft) -> None:
    """Declared errors that a command raises without saying so, and events of no contract."""
    events = {item.made_from for item in draft.events}
    for command in draft.commands:
        node = function_at(command.place, command.name)
        for part in ast.walk(node) if node else ():
            if isinstance(part, ast.Raise):
                _raised(draft, command, part)
            elif isinstance(part, ast.Call):
                made = _named(command, part.func)
                if _is(made, Event) and made not in events:
                    draft.fault(EVENT_UNREGISTERED,
                                f"{made.__name__} is no event of this contract",
                                Place(command.place.file, part.lineno))  # fmt: skip


def _raised(draft: Draft, command: Command, node: ast.Raise) -> None:
    thrown = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    error = _named(command, thrown)
    if _is(error, Error) and error.__name__ not in command.raises:
        draft.fault(ERROR_UNDECLARED, f"{command.name} raises {error.__name__} undeclared",
                    Place(command.place.file, node.lineno),
                    f"Write `raises=[{', '.join((*command.raises, error.__name__))}]`."
                    )  # fmt: skip


def _is(found: Any, base: type[Any]) -> bool:
    return isinstance(found, type) and issubclass(found, base)


def _named(command: Command, node: ast.expr | None) -> Any:
    if not isinstance(node, ast.Name):
        return None
    names = names_of(command.function)
    return names.locals.get(node.id, names.globals.get(node.id))
