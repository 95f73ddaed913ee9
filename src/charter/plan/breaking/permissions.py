"""What some may no longer do, and what they may do now."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from charter.contract.contract import Contract
from charter.core.places import NOWHERE, Place
from charter.plan.access import change_rows
from charter.plan.breaking import codes
from charter.plan.breaking.finding import ChangeCode, Finding
from charter.plan.matrix import Entry
from charter.plan.widening import Change, Direction, changes

_CODES: Mapping[Direction, ChangeCode] = MappingProxyType(
    {
        Direction.WIDENED: codes.ACCESS_WIDENED,
        Direction.CHANGED: codes.ACCESS_CHANGED,
        Direction.NARROWED: codes.ACCESS_NARROWED,
    }
)


def changed_permissions(old: Contract, new: Contract) -> Iterator[Finding]:
    """Changes of access to what is in both contracts, and access to new resources and commands.

    That nobody may do what is not there, and who may read a new field, is told by other areas.
    """
    for change in changes(old, new):
        is_new = change.before is None and change.entry.field is not None
        if change.after is not None and not is_new:
            yield _told(change, old, new)


def _told(change: Change, old: Contract, new: Contract) -> Finding:
    (row,) = change_rows([change], old, new)
    message = f"{row.who}: {row.after} now, and {row.before} before"
    places = _place(old, change.entry), _place(new, change.entry)
    return Finding(_CODES[change.direction], row.what, message, *places)


def _place(contract: Contract, entry: Entry) -> Place:
    """The first rule about what an entry is about, or the resource or command itself."""
    if entry.resource is None:
        named = (item.place for item in contract.commands_of[None] if item.name == entry.action)
        return next(named, NOWHERE)
    resource = contract.resource_named.get(entry.resource)
    if resource is None:
        return NOWHERE
    policy = resource.policy
    if entry.field is not None:
        rules = [rule.place for rule in policy.hides if rule.field == entry.field]
        rules += [rule.place for rule in policy.freezes if rule.field == entry.field]
    else:
        rules = [rule.place for rule in policy.allows if {entry.action, "*"} & set(rule.actions)]
    return next(iter(rules), resource.place)
