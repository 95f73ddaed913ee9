"""Which representation to answer with (RFC 9110, section 12.5.1)."""

import re
from functools import lru_cache

from charter.core.codes import NOT_ACCEPTABLE
from charter.core.problems import Problem
from charter.wire.rest.call import Style

Styles = tuple[Style, ...]

JSON_ONLY: Styles = (Style.JSON,)
OF_ROW: Styles = (Style.JSON, Style.HAL)
OF_LIST: Styles = (Style.JSON, Style.HAL, Style.NDJSON, Style.CSV)

LONGEST_KEPT = 200
"""Characters of an Accept field whose meaning is remembered."""

_RANGE = re.compile(r"[ \t]*([!#$%&'*+.^_`|~\w-]+)/([!#$%&'*+.^_`|~\w-]+)[ \t]*", re.ASCII)
_PARAMETER = re.compile(
    r";[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=(\"(?:[^\"\\]|\\.)*\"|[!#$%&'*+.^_`|~\w-]+))?[ \t]*",
    re.ASCII,
)
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_UTF8 = frozenset({"utf-8", "utf8"})


def negotiated(accept: str | None, offered: Styles) -> Style:
    """The style that the client likes best; of equals, the first that is offered.

    Raises `not_acceptable` with the member `available` where none fits.
    """
    if accept is None:
        return offered[0]
    found = weighed_highest(accept, offered)
    if found is None:
        available = tuple(style.value for style in offered)
        raise Problem(
            NOT_ACCEPTABLE,
            f"The answer can be given as {', '.join(available)}.",
            members={"available": available},
        )
    return Style(found)


def weighed_highest(accept: str, offered: tuple[str, ...]) -> str | None:
    """The media type that a client likes best; of equals, the first. None where none will do."""
    return _known(accept, offered) if len(accept) <= LONGEST_KEPT else _weighed(accept, offered)


def _weighed(accept: str, offered: tuple[str, ...]) -> str | None:
    ranges = _ranges(accept)
    if not ranges:
        return offered[0]
    weighed = [(_weight(name, ranges), -index) for index, name in enumerate(offered)]
    weight, index = max(weighed)
    return offered[-index] if weight > 0 else None


_known = lru_cache(maxsize=256)(_weighed)


def _weight(offered: str, ranges: list[tuple[str, float]]) -> float:
    """The weight that the most specific range gives to a media type."""
    major = offered.partition("/")[0]
    best = (0, 0.0)
    for name, weight in ranges:
        if name == offered:
            best = max(best, (3, weight))
        elif name == f"{major}/*":
            best = max(best, (2, weight))
        elif name == "*/*":
            best = max(best, (1, weight))
    return best[1]


def _ranges(accept: str) -> list[tuple[str, float]]:
    """The media ranges with their weights. What cannot be read is left out."""
    found: list[tuple[str, float]] = []
    for item in _split(accept)[:50]:
        start = _RANGE.match(item)
        if start is None:
            continue
        weight: float | None = 1.0
        at = start.end()
        while (parameter := _PARAMETER.match(item, at)) is not None:
            at = parameter.end()
            name, value = (parameter[1] or "").lower(), parameter[2] or ""
            if name == "q":
                weight = float(value) if _WEIGHT.fullmatch(value) else None
            elif name == "charset" and value.strip('"').lower() not in _UTF8:
                weight = None
        if at == len(item) and weight is not None:
            found.append((f"{start[1]}/{start[2]}".lower(), weight))
    return found


_QUOTED_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,')


def _split(accept: str) -> list[str]:
    """At commas, save those in quoted strings."""
    items: list[str] = []
    start = 0
    for comma in _QUOTED_OR_COMMA.finditer(accept):
        if comma[0] == ",":
            items.append(accept[start : comma.start()])
            start = comma.end()
    return [*items, accept[start:]]
