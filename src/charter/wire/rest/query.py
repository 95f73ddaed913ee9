"""Query strings: their parameters, and the skeleton that tells one kind of query from another.

A skeleton is a query without the values that its filters compare with. Queries of one skeleton
have one form, so the form is worked out once for each of them (`templates`).
"""

from dataclasses import dataclass
from urllib.parse import unquote_plus

from charter.core.codes import INVALID_PARAMETER, TOO_COMPLEX
from charter.core.problems import Flaw, Problem
from charter.plan.notes import Notes
from charter.wire.rest.groups import GROUPS, Group, Raw, Unreadable, grouped

CURSOR = "cursor"
SEARCH = "search"
WORDS = frozenset({"sort", "fields", "include", "count", "limit", "aggregate", "group", "dry_run"})
"""Parameters whose values belong to the skeleton. A field of such a name is tested by `[eq]`."""

Bone = tuple[str, str | Group | None]
"""The name of a parameter; with its value where that is structure, with None where it is not."""


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a request, as a skeleton and the values that it leaves out.

    `raws` are those values with the name of the parameter that gave each; a group gives one
    for each of its conditions. The cursor is not among them.
    """

    skeleton: tuple[Bone, ...]
    raws: tuple[tuple[str, Raw], ...]
    cursor: str | None
    print: str
    """The parameters that say which rows there are, in one spelling whatever their order."""


EMPTY = Query((), (), None, "")


def read_query(text: str, most_bytes: int, notes: Notes) -> Query:
    """What cannot be read, or is there twice, goes to the notes. Raises `too_complex`."""
    if not text:
        return EMPTY
    if len(text) > most_bytes:
        raise Problem(TOO_COMPLEX, f"A query string has at most {most_bytes} bytes.")
    skeleton: list[Bone] = []
    raws: list[tuple[str, Raw]] = []
    filters: list[tuple[str, str]] = []
    cursor: str | None = None
    seen: set[str] = set()
    for name, value in _pairs(text, notes):
        if name in seen:
            notes.of(name, INVALID_PARAMETER, f"`{name[:100]}` is given more than once")
            continue
        seen.add(name)
        if name in WORDS:
            skeleton.append((name, value))
        elif name == CURSOR:
            cursor = value
        else:
            filters.append((name, value))
            _filter(name, value, skeleton, raws, notes)
    filters.sort()
    return Query(tuple(skeleton), tuple(raws), cursor, repr(filters) if filters else "")


def _filter(
    name: str, value: str, skeleton: list[Bone], raws: list[tuple[str, Raw]], notes: Notes
) -> None:
    if name not in GROUPS:
        skeleton.append((name, None))
        raws.append((name, value))
        return
    try:
        group, found = grouped(name, value)
    except Unreadable as error:
        notes.of(name, INVALID_PARAMETER, str(error))
        return
    skeleton.append((name, group))
    raws.extend((name, raw) for raw in found)


def _pairs(text: str, notes: Notes) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    escaped = "%" in text or "+" in text
    for item in text.split("&"):
        if not item:
            continue
        name, _, value = item.partition("=")
        if escaped:
            try:
                name, value = (
                    unquote_plus(name, errors="strict"),
                    unquote_plus(value, errors="strict"),
                )
            except UnicodeDecodeError:
                notes.add(Flaw(INVALID_PARAMETER.name, "the query is not valid UTF-8"))
                continue
        found.append((name, value))
    return found
