"""Responses as server-sent events: GraphQL over SSE, distinct connections mode."""

from collections.abc import Callable, Iterable, Iterator

from charter.plan.news import News
from charter.wire.graphql.told import Done, Told
from charter.wire.live.render import event

COMPLETE = "event: complete\ndata:\n\n"


def as_events(done: Done) -> str:
    """All events of an operation that has one response."""
    return event("next", done.body) + COMPLETE


def as_stream(told: Callable[[News], Iterable[Told]]) -> Callable[[News], Iterator[str]]:
    """The events of a subscription: their `id` is the position, which a browser sends again when
    it comes back."""

    def events(news: News) -> Iterator[str]:
        for one in told(news):
            yield event("next", one.body, one.position)
            if one.errors is not None:
                yield COMPLETE

    return events
