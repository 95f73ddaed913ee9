"""The tables behind the aliases of a statement: plans of some databases name the aliases only."""

import re
from collections.abc import Mapping

_ALIAS = re.compile(r'\b(?:FROM|JOIN)\s+\(*"?(\w+)"?\s+AS\s+"?(\w+)"?', re.IGNORECASE)


def aliases_of(text: str) -> Mapping[str, str]:
    """The table of each alias in the text of a statement, as Charter writes it."""
    return {alias: table for table, alias in _ALIAS.findall(text)}
