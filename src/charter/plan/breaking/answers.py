"""Answers as clients that were written before do not know them: rows and results of commands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from charter.contract.command import Command, Result
from charter.contract.contract import Contract
from charter.contract.resource import Computed, Resource
from charter.contract.types import Type
from charter.contract.wording import worded
from charter.plan.breaking import codes
from charter.plan.breaking.finding import ChangeCode, Finding
from charter.plan.breaking.pairs import alike, members, pairs, renamed, resources
from charter.plan.breaking.surfaces import Member, Rows, Surface, rows, spelt
from charter.plan.breaking.values import named, unforeseen


@dataclass(frozen=True, slots=True)
class Telling:
    """The codes that changes of what is sent have in one area."""

    removed: ChangeCode
    widened: ChangeCode
    added: ChangeCode
    nullable: ChangeCode | None = None
    narrowed: ChangeCode | None = None


_ANSWERS = Telling(
    codes.ANSWER_REMOVED,
    codes.ANSWER_WIDENED,
    codes.ANSWER_ADDED,
    codes.ANSWER_NULLABLE,
    codes.ANSWER_NARROWED,
)


def changed_answers(old: Contract, new: Contract) -> Iterator[Finding]:
    """Rows as answers show them, and what commands answer with."""
    for before, after in pairs(rows(old), rows(new), lambda item: item.name).both:
        yield from sent(_without_gone(before, after), after, _ANSWERS)
    for was, now in resources(old, new).both:
        yield from _computed(old, new, was, now)
    for command, called in pairs(old.commands, new.commands, spelt).both:
        yield from _results(command, called)


def sent(old: Surface, new: Surface, telling: Telling) -> Iterator[Finding]:
    """What receivers of the old body have to expect of the new one."""
    found = members(old.members, new.members)
    for gone in found.gone:
        message = "is not there" + renamed(gone.name, alike(gone, found.new))
        yield Finding(telling.removed, f"{old.subject}.{gone.name}", message, gone.place, new.place)
    for item in found.new:
        message = "is there as well"
        yield Finding(telling.added, f"{old.subject}.{item.name}", message, old.place, item.place)
    for was, now in found.both:
        for code, message in _of_member(was, now, telling):
            yield Finding(code, f"{old.subject}.{was.name}", message, was.place, now.place)


def _of_member(old: Member, new: Member, telling: Telling) -> Iterator[tuple[ChangeCode, str]]:
    if telling.nullable is not None and new.nullable and not old.nullable:
        yield telling.nullable, "can be null now"
    wider = differences(old.kind, new.kind)
    yield from ((telling.widened, reason) for reason in wider)
    narrower = bool(old.nullable and not new.nullable) or differences(new.kind, old.kind)
    if telling.narrowed is not None and narrower and not wider:
        yield telling.narrowed, "has only some of the values that it could have"


def differences(old: Type | Rows, new: Type | Rows) -> tuple[str, ...]:
    """How something of the new kind is nothing of the old one."""
    if isinstance(old, Type) and isinstance(new, Type):
        return unforeseen(old, new)
    return () if old == new else (f"is {_said(new)} now, and was {_said(old)}",)


def _said(kind: Type | Rows) -> str:
    if isinstance(kind, Type):
        return named(kind)
    return f"a list of {kind.target}" if kind.many else f"a row of {kind.target}"


def _without_gone(old: Surface, new: Surface) -> Surface:
    """Related rows come only when they are asked for: that they are gone is told of the query."""
    kept: Mapping[str, Member] = {
        name: item
        for name, item in old.members.items()
        if name in new.members or isinstance(item.kind, Type)
    }
    return Surface(old.name, old.subject, old.direction, kept, old.mode, old.place)


def _computed(before: Contract, after: Contract, old: Resource, new: Resource) -> Iterator[Finding]:
    for was, now in pairs(old.computed, new.computed, lambda item: item.name).both:
        told = _worked_out(before, old, was), _worked_out(after, new, now)
        if told[0] != told[1]:
            message = f"is `{told[1]}` now, and was `{told[0]}`"
            subject = f"{old.name}.{was.name}"
            yield Finding(codes.COMPUTED_CHANGED, subject, message, was.place, now.place)


def _worked_out(contract: Contract, resource: Resource, item: Computed) -> str:
    return worded(item.expression, contract, resource)


def _results(old: Command, new: Command) -> Iterator[Finding]:
    was, now = _result(old.result), _result(new.result)
    if was is None or now is None:
        reasons: tuple[str, ...] = ()
        if was is not now:
            status = ("204", "200") if was is None else ("200", "204")
            reasons = (f"answers {status[1]} now, and answered {status[0]}",)
    else:
        reasons = differences(was, now)
    for reason in reasons:
        yield Finding(codes.RESULT_CHANGED, spelt(old), reason, old.place, new.place)


def _result(result: Result) -> Type | Rows | None:
    if result.resource is not None:
        return Rows(result.resource, result.many)
    return result.type
