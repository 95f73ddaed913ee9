"""Names of columns in conditions that a dialect wrote."""

import re
from collections.abc import Mapping

from charter.sql.names import quote

_PARTS = re.compile(r"""(E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*')|("(?:[^"]|"")*")|([A-Za-z_]\w*)""")


def with_names(text: str, names: Mapping[str, str]) -> str:
    """The condition with other names for some columns; literals stay as they are."""

    def changed(found: re.Match[str]) -> str:
        literal, quoted, word = found.groups()
        if literal is not None:
            return found[0]
        name = quoted[1:-1].replace('""', '"') if quoted is not None else word
        # A keyword that is a column's name is written in quotes.
        plain = quoted is not None or quote(name) == name
        return quote(names[name]) if plain and name in names else found[0]

    return _PARTS.sub(changed, text)
