"""From news to the responses of a subscription. Bodies of rows are passed through as the database
made them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from charter.plan.news import Change, Changes, Ended, Kind, News, Reached, Rows
from charter.wire.graphql.following import ChangePart, FollowPlan
from charter.wire.graphql.given import Bound
from charter.wire.graphql.meaning import Event
from charter.wire.graphql.names import constant
from charter.wire.graphql.render import error_of, json_of, result, sealed
from charter.wire.graphql.told import Told
from charter.wire.live.render import gathered

_nodes = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TRUTH = {True: "true", False: "false"}


@dataclass(slots=True)
class Said:
    """The changes that were told last, and how for each plan: they go to many subscribers."""

    news: Changes | None = None
    bodies: dict[FollowPlan, tuple[str, ...]] = field(default_factory=dict)


class Telling:
    """Tells one subscriber. What there is at the beginning comes with the word that it is all, so
    there is one response where that is short."""

    __slots__ = ("_base", "_bound", "_first", "_key", "_plan", "_said")

    def __init__(
        self, plan: FollowPlan, bound: Bound, cursor_key: bytes, base: str, said: Said
    ) -> None:
        self._plan = plan
        self._bound = bound
        self._key = cursor_key
        self._base = base
        self._said = said
        self._first: Rows | None = None

    def __call__(self, news: News) -> Iterable[Told]:
        match news:
            case Rows():
                self._first = news
                return ()
            case Reached(position=position, ready=True):
                first, self._first = self._first, None
                return self._begun(first, position)
            case Reached(position=position):
                return (Told(self._response((), position), position),)
            case Changes():
                return self._changes(news)
            case Ended(problem=problem):
                errors = [error_of(problem, self._base)]
                return (Told(result(None, errors), errors=json_of(errors)),)

    def _begun(self, first: Rows | None, position: str) -> Iterator[Told]:
        """All that there is, made as it is asked for; nothing for whoever has it."""
        rows = () if first is None else first.rows
        changes = (Change(Kind.CREATED, row.key, row) for row in rows)
        parts: list[list[Change]] = list(gathered(changes, _size)) or [[]]
        for at, part in enumerate(parts):
            last = position if at == len(parts) - 1 else None
            reset = first is not None and at == 0
            yield Told(self._response(part, last, reset=reset, ready=last is not None), last)

    def _changes(self, news: Changes) -> Iterator[Told]:
        said, plan = self._said, self._plan
        if news is not said.news:
            said.news, said.bodies = news, {}
        bodies = said.bodies.get(plan)
        if bodies is None:
            parts = list(gathered(news.changes, _size))
            bodies = tuple(
                self._response(part, news.position if at == len(parts) else None)
                for at, part in enumerate(parts, 1)
            )
            if not plan.lists:
                # Cursors belong to what each subscriber has given.
                said.bodies[plan] = bodies
        for body in bodies[:-1]:
            yield Told(body)
        for body in bodies[-1:]:
            yield Told(body, news.position)

    def _response(
        self,
        changes: Sequence[Change],
        position: str | None,
        *,
        reset: bool = False,
        ready: bool = False,
    ) -> str:
        rows = [self._nodes(change) for change in changes]
        members: list[str] = []
        for part in self._plan.parts:
            match part.what:
                case Event.CHANGES:
                    pairs = zip(changes, rows, strict=True)
                    told = (self._change(part.changes, change, nodes) for change, nodes in pairs)
                    value = f"[{','.join(told)}]"
                case Event.POSITION:
                    value = json_of(position)
                case Event.RESET:
                    value = _TRUTH[reset]
                case Event.READY:
                    value = _TRUTH[ready]
                case text:
                    value = json_of(text)
            members.append(f'"{part.out}":{value}')
        return result(f'{{"{self._plan.out}":{{{",".join(members)}}}}}', ())

    def _nodes(self, change: Change) -> Sequence[str]:
        """What is shown of a row, for each time that it is asked for."""
        plan = self._plan
        if change.row is None or not plan.nodes:
            return ("null",) * plan.nodes
        body = sealed(change.row.body, plan.lists, (), self._bound, self._key)
        if plan.nodes == 1:
            return (body,)
        found = _nodes.decode(body)
        return [bytes(found[str(at)]).decode() for at in range(plan.nodes)]

    def _change(self, parts: Sequence[ChangePart], change: Change, nodes: Sequence[str]) -> str:
        members: list[str] = []
        for part in parts:
            match part.what:
                case Event.NODE:
                    value = nodes[part.node]
                case Event.KIND:
                    value = json_of(constant(change.kind.value))
                case Event.KEY:
                    value = json_of(self._plan.prefix + change.key)
                case Event.REMOVED:
                    removed = change.row is None
                    value = json_of(self._plan.prefix + change.key) if removed else "null"
                case text:
                    value = json_of(text)
            members.append(f'"{part.out}":{value}')
        return f"{{{','.join(members)}}}"


def _size(change: Change) -> int:
    return 0 if change.row is None else len(change.row.body)
