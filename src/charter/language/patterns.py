"""The regular expressions that Python, PostgreSQL and ECMA 262 read alike."""

import re

_TOKEN = re.compile(
    r"""
    \\[\\.^$*+?()\[\]{}|/]               # escaped punctuation
  | \[\^?(?:\\[\\\]\[^-]|[^\\\[\]])+\]   # a class
  | \(\?:|\((?!\?)|\)                    # groups
  | \{[0-9]+(?:,[0-9]*)?\}\??(?![*+?{])  # a count
  | [*+?]\??(?![*+?{])                   # other counts
  | [.^$|]
  | [^\\\[\](){}*+?]                     # a literal
    """,
    re.VERBOSE,
)


def unsafe(pattern: str) -> str | None:
    """Why a pattern is not read alike everywhere; None when it is."""
    try:
        re.compile(pattern)
    except re.error as error:
        return f"it does not compile: {error}"
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            return f"`{pattern[position : position + 3]}` is not in the common part"
        position = token.end()
    return None
