"""Queries of the endpoints that take one: parameters with types, each of them once."""

from typing import Any
from urllib.parse import parse_qsl

from charter.core.codes import INVALID_PARAMETER, UNKNOWN_PARAMETER
from charter.core.names import nearest
from charter.core.problems import Problem
from charter.plan.notes import Notes
from charter.plan.unfit import Unfit
from charter.plan.values import default_value, text_reader
from charter.wire.identity.endpoint import Endpoint

_MOST = 20


def read_queries(endpoint: Endpoint, text: str) -> dict[str, Any]:
    """All parameters of an endpoint by name, None for what is not given and has no default.
    Raises `invalid_parameter` with all flaws."""
    notes = Notes(INVALID_PARAMETER)
    known = {item.name: item for item in endpoint.queries}
    found = {
        name: None if item.default is None else default_value(item.type, item.default.value)
        for name, item in known.items()
    }
    seen: set[str] = set()
    for name, value in _pairs(text):
        item = known.get(name)
        if item is None:
            near = nearest(name[:100], known)
            hint = f"; did you mean `{near}`?" if near else ""
            notes.of(name, UNKNOWN_PARAMETER, f"there is no parameter `{name[:100]}` here{hint}")
        elif name in seen:
            notes.of(name, INVALID_PARAMETER, f"`{name}` is given more than once")
        else:
            try:
                found[name] = text_reader(item.type)(value)
            except Unfit as error:
                notes.add(*error.of(name))
        seen.add(name)
    notes.settle()
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST)
    except ValueError:
        raise Problem(INVALID_PARAMETER, "The query cannot be read.") from None
