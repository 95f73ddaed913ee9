"""Requests for rows as the queries that they are: the readers of queries do the rest.

A filter is a tree of messages; its values are texts, and mean what they mean in a query string. So
there is one reader of filters, and none of its rules is written twice.
"""

from collections.abc import Sequence
from typing import Any

from charter.core.codes import INVALID_PARAMETER, TOO_COMPLEX
from charter.core.problems import Flaw, Problem
from charter.plan.notes import Notes
from charter.wire.grpc.common import COMPARATORS, COUNTINGS
from charter.wire.rest.groups import LISTED, MOST_NESTED, Condition, Group, Kind, Part, Raw
from charter.wire.rest.query import SEARCH, Bone, Query
from charter.wire.rest.vocabulary import Vocabularies

_KINDS: dict[str, Kind] = {"all": "all", "any": "any", "not": "not"}
ALL = "*"
MOST_PATHS = 500
"""Of a mask."""


class Queries:
    """Reads masks and filters over the resources of one contract."""

    def __init__(self, vocabularies: Vocabularies, max_conditions: int) -> None:
        self._vocabularies = vocabularies
        self._most = max_conditions

    def shown(self, resource: str, mask: Any) -> list[Bone]:
        """What a mask asks to see, as the parameters `fields` and `include`. Raises `too_complex`.

        A mask names all that is shown, but a relation shows what the row that it leads to has.
        """
        paths: Sequence[str] = mask.paths
        if len(paths) > MOST_PATHS:
            raise too_complex("read_mask", f"a mask has at most {MOST_PATHS} paths")
        fields: list[str] = []
        include: list[str] = []
        for path in paths:
            bare = path.removesuffix(f".{ALL}")
            if path == ALL:
                continue
            (include if bare != path or self._leads(resource, bare) else fields).append(bare)
        bones: list[Bone] = []
        if fields or (paths and ALL not in paths):
            bones.append(("fields", ",".join(fields) if fields else "id"))
        if include:
            bones.append(("include", ",".join(include)))
        return bones

    def _leads(self, resource: str, path: str) -> bool:
        """Whether a path ends at a relation."""
        vocabulary = self._vocabularies[resource]
        *way, last = path.split(".")
        for name in way:
            relation = vocabulary.relations.get(name)
            if relation is None:
                return False
            vocabulary = self._vocabularies[relation.target]
        return last in vocabulary.relations

    def listed(self, resource: str, message: Any, notes: Notes, *, paged: bool) -> Query:
        """A request for rows."""
        bones = self.shown(resource, message.read_mask)
        if message.order_by:
            bones.append(("sort", message.order_by.replace(" ", "")))
        if paged:
            if message.page_size:
                bones.append(("limit", str(message.page_size)))
            if message.count:
                bones.append(("count", COUNTINGS.get(message.count, str(message.count))))
        token = message.page_token if paged else ""
        return self._filtered(bones, message, token or None, notes)

    def watched(self, resource: str, message: Any, notes: Notes) -> Query:
        """A request for rows that go on being told of."""
        return self._filtered(self.shown(resource, message.read_mask), message, None, notes)

    def summed(self, message: Any, notes: Notes) -> Query:
        """A request for a summary."""
        bones: list[Bone] = [("aggregate", ",".join(message.measures))]
        if message.group_by:
            bones.append(("group", ",".join(message.group_by)))
        if message.order_by:
            bones.append(("sort", message.order_by.replace(" ", "")))
        if message.limit:
            bones.append(("limit", str(message.limit)))
        return self._filtered(bones, message, None, notes)

    def _filtered(self, bones: list[Bone], message: Any, cursor: str | None, notes: Notes) -> Query:
        raws: list[tuple[str, Raw]] = []
        tested: list[Bone] = []
        if message.HasField("filter"):
            part = self._part(message.filter, raws, notes, 1)
            if part is not None:
                group = part if isinstance(part, Group) else Group("all", (part,))
                tested.append((group.kind, group))
        if message.HasField("search"):
            tested.append((SEARCH, None))
            raws.append((SEARCH, message.search))
        print_ = f"{tested!r}{raws!r}" if tested else ""
        return Query((*bones, *tested), tuple(raws), cursor, print_)

    def _part(
        self, message: Any, raws: list[tuple[str, Raw]], notes: Notes, depth: int
    ) -> Part | None:
        """The part of a filter that a message is; None where something is wrong with it."""
        kind = message.WhichOneof("kind")
        if depth > MOST_NESTED:
            notes.of("filter", INVALID_PARAMETER, f"filters are at most {MOST_NESTED} deep")
            return None
        if kind is None:
            notes.of("filter", INVALID_PARAMETER, "a filter is a condition, or all, any or not")
            return None
        if len(raws) >= self._most:
            raise too_complex("filter", f"a filter has at most {self._most} conditions")
        if kind == "condition":
            return _condition(message.condition, raws, notes)
        found = getattr(message, kind)
        inner = (found,) if kind == "not" else tuple(found.filters)
        parts = [self._part(item, raws, notes, depth + 1) for item in inner]
        if not parts:
            notes.of("filter", INVALID_PARAMETER, f"`{kind}` has no filters")
        known = tuple(part for part in parts if part is not None)
        return Group(_KINDS[kind], known) if known else None


def too_complex(field: str, message: str) -> Problem:
    """What is said of a request that is too much to be read."""
    flaw = Flaw(TOO_COMPLEX.name, message, parameter=field)
    return Problem(TOO_COMPLEX, message, flaws=(flaw,))


def _condition(message: Any, raws: list[tuple[str, Raw]], notes: Notes) -> Condition | None:
    number = message.comparator
    comparator = "eq" if number == 0 else COMPARATORS.get(number, str(number))
    values = tuple(message.values)
    if comparator in LISTED:
        raws.append(("filter", values))
    elif len(values) == 1:
        raws.append(("filter", values[0]))
    else:
        message_ = f"`{message.field[:100]}` is tested with one value, not {len(values)}"
        notes.of("filter", INVALID_PARAMETER, message_)
        return None
    return Condition(message.field, str(comparator))
