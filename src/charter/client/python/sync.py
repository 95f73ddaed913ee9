"""The same client without `async`: its source is that of the other, word by word.

There is one source of the runtime, so that what is tried again, and how, is one law. Each word
that has to do with awaiting has another in its place, or none.
"""

import re
from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "AsyncIterator": "Iterator",
    "AsyncClient": "Client",
    "asynccontextmanager": "contextmanager",
    "asyncio": "time",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "aclose": "close",
    "aread": "read",
    "aiter_lines": "iter_lines",
}
_WORD = re.compile(rf"\b(?:async (?=def\b|for\b|with\b)|await |(?:{'|'.join(_WORDS)})\b)")


def synchronous(text: str) -> str:
    """The source without `async`."""
    return _WORD.sub(lambda found: _WORDS.get(found[0], ""), text)
