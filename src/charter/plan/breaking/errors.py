"""Errors that commands declare: their codes and statuses, and what their problems tell."""

from collections.abc import Iterator

from charter.contract.contract import Contract
from charter.plan.breaking import codes
from charter.plan.breaking.answers import Telling, sent
from charter.plan.breaking.finding import Finding
from charter.plan.breaking.pairs import pairs
from charter.plan.breaking.surfaces import errors, spelt

_MEMBERS = Telling(codes.ERROR_MEMBER_REMOVED, codes.ERROR_MEMBER_WIDENED, codes.ERROR_MEMBER_ADDED)


def changed_errors(old: Contract, new: Contract) -> Iterator[Finding]:
    """What callers of commands have to be ready for."""
    for error, other in pairs(old.errors, new.errors, lambda item: item.name).both:
        was, now = (error.code, error.family), (other.code, other.family)
        if was != now:
            message = f"is `{now[0]}` ({now[1].value}) now, and was `{was[0]}` ({was[1].value})"
            yield Finding(codes.ERROR_CHANGED, error.name, message, error.place, other.place)
    for before, after in pairs(errors(old), errors(new), lambda item: item.name).both:
        yield from sent(before, after, _MEMBERS)
    for command, called in pairs(old.commands, new.commands, spelt).both:
        for name in called.raises:
            if name not in command.raises:
                message = f"can fail with `{name}`"
                subject = spelt(command)
                yield Finding(codes.ERROR_ADDED, subject, message, command.place, called.place)
        for name in command.raises:
            if name not in called.raises:
                message = f"no longer fails with `{name}`"
                subject = spelt(command)
                yield Finding(codes.ERROR_REMOVED, subject, message, command.place, called.place)
