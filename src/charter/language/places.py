"""Which line of the user's file is running."""

import sys
from types import CodeType, FrameType

from charter.core.places import NOWHERE, Place


def _is_charter(name: object) -> bool:
    return isinstance(name, str) and (name == "charter" or name.startswith("charter."))


def caller_frame() -> FrameType | None:
    """The innermost frame that is not Charter's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_charter(frame.f_globals.get("__name__")):
        frame = frame.f_back
    return frame


def caller_place() -> Place:
    """The line outside Charter that is running now."""
    frame = caller_frame()
    return NOWHERE if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


def place_of_code(code: CodeType) -> Place:
    """Where a function begins: its first decorator, or its `def` or `lambda`."""
    return Place(code.co_filename, code.co_firstlineno)
