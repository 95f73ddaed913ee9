"""Computed fields: their expressions, each worked out when it is first needed."""

from typing import Any

from charter.contract.expression import ROW, Expression
from charter.contract.resource import Computed
from charter.contract.types import BOOLEAN, Scalar, Type
from charter.language.declared import Attribute
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import COMPUTED_CYCLE, COMPUTED_TYPE
from charter.language.fields import ComputedWord
from charter.language.nothing import can_be_nothing
from charter.language.running import evaluated
from charter.language.steps.rowbound import beyond_row
from charter.language.symbols.rows import Row
from charter.language.symbols.session import Session
from charter.language.symbols.traps import Broken
from charter.language.symbols.values import Value, condition, operand


def computed(draft: Draft) -> None:
    """The expression and type of every computed field."""
    work = _Computing(draft)
    draft.compute = work
    for resource in draft.resources.values():
        for name in resource.readings:
            work(resource.name, name)
        ordered = {name: resource.computed[name] for name in resource.readings
                   if name in resource.computed}  # fmt: skip
        resource.computed = ordered


class _Computing:
    """Works computed fields out on demand, so that they may use each other in any order."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._running: list[tuple[str, str]] = []

    def __call__(self, resource_name: str, name: str) -> Computed | None:
        resource = self._draft.resources[resource_name]
        if name in resource.computed or name in resource.broken:
            return resource.computed.get(name)
        reading = resource.readings.get(name)
        attribute = resource.attribute(name) if reading else None
        if attribute is None or not isinstance(attribute.default, ComputedWord):
            return None
        if (resource_name, name) in self._running:
            self._refuse_circle((resource_name, name))
            return None
        self._running.append((resource_name, name))
        found = self._made(resource, attribute, attribute.default)
        self._running.pop()
        if found is None:
            resource.broken.add(name)
        elif name not in resource.broken:
            resource.computed[name] = found
        return resource.computed.get(name)

    def _refuse_circle(self, first: tuple[str, str]) -> None:
        circle = self._running[self._running.index(first) :]
        shown = " → ".join(f"{one}.{two}" for one, two in (*circle, first))
        for resource, name in circle:
            self._draft.resources[resource].broken.add(name)
        place = self._draft.resources[first[0]].attribute(first[1]).place
        self._draft.fault(COMPUTED_CYCLE, shown, place)

    def _made(
        self, resource: ResourceDraft, attribute: Attribute, word: ComputedWord
    ) -> Computed | None:
        found = evaluated(
            self._draft, word.expression, (Row(resource.name, ROW),), attribute.place, _result
        )
        reading = resource.readings[attribute.name]
        if found is None:
            return None
        node, kind = found
        optional = can_be_nothing(self._draft, resource.name, node)
        why = _mismatch(kind, reading.type)
        if why is None and optional and not reading.optional:
            why = "the value can be nothing: add `| None` to its type"
        if why is not None:
            self._draft.fault(COMPUTED_TYPE, f"{resource.name}.{attribute.name}: {why}",
                              attribute.place)  # fmt: skip
            return None
        if word.stored and beyond_row(self._draft, resource, node, attribute.place):
            return None
        return Computed(
            attribute.name,
            kind,
            node,
            optional=optional,
            stored=word.stored,
            doc=word.doc,
            place=attribute.place,
        )


def _result(raw: Any, session: Session) -> tuple[Expression, Type] | None:
    if isinstance(raw, Broken):
        return None
    if isinstance(raw, Value):
        side = operand(raw)
        kind = side.type
        bare = Type(kind.scalar, many=kind.many, digits=kind.digits, places=kind.places,
                    choices=kind.choices)  # fmt: skip
        return side.node, bare
    return condition(raw), BOOLEAN


def _mismatch(found: Type, said: Type | None) -> str | None:
    if said is None:
        return "a computed field is a value, not a row"
    same = found.scalar is said.scalar and found.many == said.many
    texts = {Scalar.TEXT, Scalar.EMAIL, Scalar.URL, Scalar.CHOICE}
    as_text = said.scalar is Scalar.TEXT and found.scalar in texts and found.many == said.many
    if same or as_text:
        return None
    return f"the annotation says {said.scalar.value}, and the expression is {_shown(found)}"


def _shown(kind: Type) -> str:
    return f"a list of {kind.scalar.value}" if kind.many else kind.scalar.value
