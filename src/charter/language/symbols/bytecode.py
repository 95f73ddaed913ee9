"""What Python answers without asking the value: found in the compiled function, before it runs."""

import dis
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import PurePath
from types import CodeType, FunctionType
from typing import Any

from charter.contract.faults import Fault
from charter.core.places import Place
from charter.language.rulecodes import IDENTITY_REFUSED

_BLIND = frozenset({"isinstance", "issubclass", "type", "id", "repr", "hasattr", "callable"})
_CONVERSIONS = frozenset({"FORMAT_VALUE", "CONVERT_VALUE"})
_REPR_CONVERSIONS = frozenset({2, 3})
_IS = "Write `is_null(x)` or `is_set(x)` for nothing, and `==` for the rest."


def blind_tests(function: Callable[..., Any]) -> tuple[Fault, ...]:
    """The places of `is`, `isinstance` and the like in a function.

    Its nested functions are looked at, and the functions beside it that it names.
    """
    if not isinstance(function, FunctionType):
        return ()
    folder = PurePath(function.__code__.co_filename).parent
    faults: dict[Fault, None] = {}
    todo, seen = [function], {function}
    while todo:
        one = todo.pop()
        faults.update(dict.fromkeys(blind_code(one.__code__)))
        for code in _codes(one.__code__):
            for name in code.co_names:
                other = one.__globals__.get(name)
                if (
                    isinstance(other, FunctionType)
                    and other not in seen
                    and PurePath(other.__code__.co_filename).parent == folder
                    and not other.__code__.co_flags & 0x80
                ):
                    seen.add(other)
                    todo.append(other)
    return tuple(faults)


@lru_cache(maxsize=1024)
def blind_code(code: CodeType) -> tuple[Fault, ...]:
    """The places of `is`, `isinstance` and the like in one function and those inside it."""
    return tuple(fault for one in _codes(code) for fault in _faults(one))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _faults(code: CodeType) -> Iterator[Fault]:
    line = code.co_firstlineno
    for step in dis.get_instructions(code):
        line = (step.positions.lineno if step.positions else None) or line
        place = Place(code.co_filename, line)
        if step.opname == "IS_OP" or step.opname.endswith(("IF_NONE", "IF_NOT_NONE")):
            yield Fault(
                IDENTITY_REFUSED, "`is` looks at the stand-in, not at the value", place, _IS
            )
        elif step.opname == "LOAD_GLOBAL" and step.argval in _BLIND:
            message = f"`{step.argval}()` looks at the stand-in, not at the value"
            yield Fault(IDENTITY_REFUSED, message, place)
        elif step.opname in _CONVERSIONS and (step.arg or 0) & 3 in _REPR_CONVERSIONS:
            yield Fault(IDENTITY_REFUSED, "`!r` shows the stand-in, not the value", place)
