"""Events as their consumers know them: webhooks, brokers, handlers."""

from collections.abc import Iterator

from charter.contract.contract import Contract
from charter.plan.breaking import codes
from charter.plan.breaking.answers import Telling, sent
from charter.plan.breaking.finding import Finding
from charter.plan.breaking.pairs import pairs, renamed
from charter.plan.breaking.surfaces import payloads

_PAYLOADS = Telling(
    codes.PAYLOAD_REMOVED,
    codes.PAYLOAD_WIDENED,
    codes.PAYLOAD_ADDED,
    codes.PAYLOAD_NULLABLE,
    codes.PAYLOAD_NARROWED,
)


def changed_events(old: Contract, new: Contract) -> Iterator[Finding]:
    """Events that are gone or new, and what the others carry."""
    found = pairs(payloads(old), payloads(new), lambda item: item.name)
    fresh = [item.name for item in found.new]
    for gone in found.gone:
        message = "no longer comes" + renamed(gone.name, fresh)
        yield Finding(codes.EVENT_REMOVED, gone.name, message, gone.place, new.place)
    for item in found.new:
        yield Finding(codes.EVENT_ADDED, item.name, "can come", old.place, item.place)
    for was, now in found.both:
        yield from sent(was, now, _PAYLOADS)
