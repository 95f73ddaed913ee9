"""The hosts that a service answers for."""

import re
from collections.abc import Sequence

from charter.core.codes import MALFORMED, MISDIRECTED
from charter.core.problems import Problem
from charter.wire.http import Request

_HOST = re.compile(r"([A-Za-z0-9._~%!$&'()*+,;=-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")


class Hosts:
    """Checks the Host field. `allowed` are names in lower case; one that begins with a dot is a
    name and all below it. Without any, every host that could be one is allowed."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._names = frozenset(name.removeprefix(".") for name in allowed)
        self._below = tuple(name for name in allowed if name.startswith("."))
        self._any = not allowed

    def check(self, request: Request) -> None:
        """Raises `misdirected` for another host or none, and `malformed` (RFC 9112, section 3.2)
        for a field that holds none, or several."""
        given = request.headers.get("host")
        if given is None:
            if not self._any:
                raise Problem(MISDIRECTED, "The request names no host.")
            return
        found = _HOST.fullmatch(given)
        if found is None or "," in given:
            raise Problem(MALFORMED, "The Host field does not name one host.")
        if self._any:
            return
        name = found[1].lower().removesuffix(".")
        if name not in self._names and not name.endswith(self._below or ("\0",)):
            raise Problem(MISDIRECTED)
