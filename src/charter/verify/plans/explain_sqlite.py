"""EXPLAIN QUERY PLAN of SQLite, with the counters of the statement, as an `Explained`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from charter.sql.aliases import aliases_of
from charter.verify.plans.explained import Access, Explained, Sorting, Step
from charter.verify.scratch.model import Ran

_STEP = re.compile(r"(SCAN|SEARCH) (?:TABLE )?(\S+)(?: AS (\S+))?(.*)")
_USING = re.compile(
    r"USING (?P<kind>AUTOMATIC (?:PARTIAL )?(?:COVERING )?INDEX|(?:COVERING )?INDEX|"
    r"INTEGER PRIMARY KEY|PRIMARY KEY)(?: (?P<name>[^\s(]+))?"
)
_KEYED = re.compile(r"sqlite_autoindex_.+_1$")
_TEMPORARY = "USE TEMP B-TREE FOR "


def explained(text: str, ran: Ran) -> Explained:
    """What SQLite did. Its plans name aliases: the tables behind them are in the text."""
    aliases = aliases_of(text)
    details = [str(row[3]) for row in ran.plan]
    counters = ran.counters or {}
    return Explained(
        tuple(_steps(details, aliases)),
        tuple(_sortings(ran.plan)),
        counters.get("steps", 0),
        ran.seconds,
        ran.rows,
        ran.answered,
        counters.get("scanned", 0),
        ran.ended,
        ran.error,
    )


def _steps(details: list[str], aliases: Mapping[str, str]) -> Iterator[Step]:
    for detail in details:
        found = _STEP.match(detail)
        if found is None:
            continue
        how, name, alias, rest = found.groups()
        known = aliases.get((alias or name).strip('"'))
        if known is None and name.strip('"') not in aliases.values():
            yield Step(Access.OTHER, name)
            continue
        table = known or name.strip('"')
        using = _USING.search(rest)
        index = using["name"] if using else None
        yield Step(_access(how, using, index), table, index, condition=rest.strip())


def _access(how: str, using: "re.Match[str] | None", index: str | None) -> Access:
    if using is not None and using["kind"].startswith("AUTOMATIC"):
        return Access.AUTOMATIC
    if how == "SCAN":
        return Access.TABLE if using is None else Access.WHOLE_INDEX
    if using is None or "PRIMARY KEY" in using["kind"]:
        return Access.KEY
    # The first automatic index of a table that has no rowid key of its own is its primary key.
    return Access.KEY if index is not None and _KEYED.match(index) else Access.INDEX


def _sortings(plan: Sequence[Sequence[Any]]) -> Iterator[Sorting]:
    """Those that are done once. In a subselect that is done for each row, a few are sorted."""
    each: set[int] = set()
    for number, parent, _, detail in plan:
        if parent in each or str(detail).startswith("CORRELATED"):
            each.add(number)
        elif str(detail).startswith(_TEMPORARY):
            yield Sorting(str(detail).removeprefix(_TEMPORARY).lower())
