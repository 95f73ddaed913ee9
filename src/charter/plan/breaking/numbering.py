"""Field numbers of gRPC that have moved: they are no part of a contract, and stand beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from charter.plan.breaking.codes import GRPC_NUMBER_MOVED
from charter.plan.breaking.finding import Finding


@dataclass(frozen=True, slots=True)
class Numbered:
    """The numbers of one message or enumeration: of each name that it has, with the type, and
    those that are kept from being given again."""

    names: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    reserved: frozenset[int] = frozenset()


Numbering = Mapping[str, Numbered]
"""The numbers of one contract, by message."""


def moved_numbers(old: Numbering, new: Numbering) -> Iterator[Finding]:
    """Names whose number is another one, and numbers that mean something else or are free to.

    What has another type is another field, and told as such.
    """
    for message, was in old.items():
        now = new.get(message, Numbered())
        owners = {number: name for name, (number, _) in now.names.items()}
        for name, (number, kind) in was.names.items():
            found = now.names.get(name)
            if found is not None and found[1] == kind and found[0] != number:
                yield _told(f"{message}.{name}", f"has the number {found[0]}, and had {number}")
            elif found is None or found[0] != number:
                yield from _left_behind(message, number, f"`{name}`", owners, now)
        for number in sorted(was.reserved):
            yield from _left_behind(message, number, "something that is gone", owners, now)


def _left_behind(
    message: str, number: int, what: str, owners: Mapping[int, str], now: Numbered
) -> Iterator[Finding]:
    """What has become of a number whose name has another one, or none."""
    owner = owners.get(number)
    if owner is not None:
        yield _told(f"{message}.{owner}", f"has the number {number}, which was that of {what}")
    elif number not in now.reserved:
        message_ = f"the number {number}, which was that of {what}, is not reserved any more"
        yield _told(message, message_)


def _told(subject: str, message: str) -> Finding:
    return Finding(GRPC_NUMBER_MOVED, subject, message)
