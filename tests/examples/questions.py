"""Questions to the Chinook data, drawn by Hypothesis: mostly about values that are there."""

from typing import Any

from hypothesis import strategies as st

from tests.behaviour.clients.base import Both, Either, Has, Unless, Where
from tests.examples import chinook
from tests.examples.chinook import RELATIONS

Question = tuple[str, Where, str, int]
"""A resource, a filter, a sort order and the size of pages."""

COMPARATORS = ("eq", "ne", "lt", "lte", "gt", "gte", "in", "nin", "null")
PATHS = {
    "Track": ("", "album.", "album.artist.", "genre.", "media_type.", "playlists."),
    "Album": ("", "artist.", "tracks."),
    "Customer": ("", "support_rep.", "invoices."),
    "Invoice": ("", "customer.", "lines.", "lines.track."),
    "Employee": ("", "reports_to.", "reports.", "customers."),
}

SLOW = {"playlists.": "track_count"}
"""SQLite counts the tracks of each playlist for each track: a test of its own is enough."""


def target_of(resource: str, path: str) -> str:
    for relation in path.split(".")[:-1]:
        resource = RELATIONS[resource][relation][0]
    return resource


@st.composite
def conditions(draw: st.DrawFn, resource: str, absent: frozenset[str] = frozenset()) -> Where:
    """A test on a field that is there, mostly with a value that is there."""
    path = draw(st.sampled_from(PATHS[resource]))
    target = target_of(resource, path)
    name = draw(st.sampled_from(sorted(chinook.there()[target].keys() - {SLOW.get(path)} - absent)))
    known = chinook.there()[target][name]
    values = st.sampled_from(known)
    text = isinstance(known[0], str) and not name.endswith("_date") and name not in chinook.PRICES
    comparator = draw(st.sampled_from((*COMPARATORS, "like") if text else COMPARATORS))
    value: Any
    match comparator:
        case "null":
            value = draw(st.booleans())
        case "in" | "nin":
            value = draw(st.lists(values, min_size=1, max_size=4))
        case "like":
            whole = draw(values)
            start = draw(st.integers(0, len(whole)))
            value = f"*{escaped(whole[start : start + draw(st.integers(0, 5))])}*"
        case _:
            value = draw(values)
    return Has(path + name, comparator, value)


def escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "*?\\" else character for character in text)


@st.composite
def questions(draw: st.DrawFn, absent: frozenset[str] = frozenset()) -> Question:
    """A question about a resource. Fields that are `absent` are not asked about."""
    resource = draw(st.sampled_from(sorted(PATHS)))
    where = draw(
        st.recursive(
            conditions(resource, absent),
            lambda inner: st.one_of(
                st.lists(inner, min_size=1, max_size=3).map(lambda parts: Both(tuple(parts))),
                st.lists(inner, min_size=1, max_size=3).map(lambda parts: Either(tuple(parts))),
                inner.map(Unless),
            ),
            max_leaves=5,
        )
    )
    names = [name for name in chinook.there()[resource] if name not in {"id", *absent}]
    chosen = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    sort = [draw(st.sampled_from(("", "-"))) + name for name in chosen]
    last = draw(st.sampled_from(("id", "-id")))
    return resource, where, ",".join([*sort, last]), draw(st.sampled_from((40, 210, 500)))
