"""Runs a function of the contract once, on symbolic values."""

import traceback
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from charter.core.places import Place
from charter.language.drafts import Draft
from charter.language.places import place_of_code
from charter.language.rulecodes import FUNCTION_FAILED
from charter.language.symbols.bytecode import blind_tests
from charter.language.symbols.session import Refused, Session, recording

T = TypeVar("T")


def place_of(function: Callable[..., Any], otherwise: Place) -> Place:
    """Where a function begins; `otherwise` for what is no Python function."""
    code = getattr(function, "__code__", None)
    return place_of_code(code) if code is not None else otherwise


def evaluated(
    draft: Draft,
    function: Callable[..., Any],
    arguments: tuple[object, ...],
    place: Place,
    finish: Callable[[Any, Session], T],
) -> T | None:
    """What `finish` makes of the function's result, or None when the run had a fault.

    Faults are added to the draft: those of the run at their own lines, those that `finish`
    finds at `place`.
    """
    blind = blind_tests(function)
    for fault in blind:
        draft.fault(fault.code, fault.message, fault.place, fault.remedy)
    result: T | None = None
    with recording(draft) as session:
        try:
            raw = function(*arguments)
            if isinstance(raw, Generator):
                raw = list(raw)
            session.place = place
            result = finish(raw, session)
        except Refused:
            result = None
        except Exception as error:
            draft.fault(FUNCTION_FAILED, _shown(error), _line_of(error, function, place))
    for fault in session.faults:
        draft.fault(fault.code, fault.message, fault.place, fault.remedy)
    return None if blind or session.faults else result


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _line_of(error: Exception, function: Callable[..., Any], place: Place) -> Place:
    file = place_of(function, place).file
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file and frame.lineno
    ]
    return Place(file, lines[-1]) if lines else place
