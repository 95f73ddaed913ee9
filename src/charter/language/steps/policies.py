"""Policies: each function run once on a symbolic row and actor; what it yields are the rules."""

import inspect
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from charter.contract.expression import NEW, ROW, ActorId, Column, Compare, Operator
from charter.contract.resource import Allow, Freeze, Hide, Policy
from charter.core.names import nearest
from charter.core.places import NOWHERE
from charter.language.declarations import PolicySaid
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import FIELD_UNFIT, FIELD_UNKNOWN
from charter.language.rulecodes import POLICY_MALFORMED, POLICY_TWICE, RULE_DROPPED
from charter.language.rules import Rule
from charter.language.running import evaluated, place_of
from charter.language.steps.constraints import registered
from charter.language.symbols.actor import SymbolicActor
from charter.language.symbols.rows import Row
from charter.language.symbols.session import Session, refuse
from charter.language.user import User


def policies(draft: Draft) -> None:
    """The rules of every resource."""
    for said in draft.said.policies:
        resource = registered(draft, said.cls, said.place)
        if resource is None:
            continue
        if resource.has_policy:
            draft.fault(POLICY_TWICE, f"{resource.name} has a policy already", said.place)
            continue
        resource.has_policy = True
        for rule in _rules(draft, said, resource):
            _add(draft, resource, rule)
        _without_writes(draft, resource)
    user = draft.of(User)
    if user is not None and not user.has_policy:
        key = user.fields["id"].type
        own = Compare(Operator.EQ, Column(ROW, (), "id", key), ActorId(key))
        user.policy = Policy(allows=(Allow(("read",), own, NOWHERE),))
        user.has_policy = True


def _rules(draft: Draft, said: PolicySaid, resource: ResourceDraft) -> tuple[Rule, ...]:
    arguments = (Row(resource.name, ROW), SymbolicActor(draft.roles), Row(resource.name, NEW))
    place = place_of(said.function, said.place)
    try:
        wanted = len(inspect.signature(said.function).parameters)
    except (TypeError, ValueError):
        wanted = 0
    if wanted not in (2, 3) or inspect.iscoroutinefunction(said.function):
        draft.fault(POLICY_MALFORMED,
                    f"the policy of {resource.name} takes the row, the actor, and perhaps the "
                    "new values", place)  # fmt: skip
        resource.rules_known = False
        return ()

    def finish(raw: Any, session: Session) -> tuple[Rule, ...]:
        rules = tuple(raw) if isinstance(raw, Iterable) and not isinstance(raw, str) else ()
        if not rules or not all(isinstance(rule, Rule) for rule in rules):
            refuse(POLICY_MALFORMED, f"the policy of {resource.name} yields no rules, or other "
                   "things than rules")  # fmt: skip
        for made, where in session.made:
            if not any(made is rule for rule in rules):
                draft.fault(RULE_DROPPED, "the rule is made, but not yielded", where)
        return rules

    rules = evaluated(draft, said.function, arguments[:wanted], place, finish)
    resource.rules_known = rules is not None
    return rules or ()


def _add(draft: Draft, resource: ResourceDraft, rule: Rule) -> None:
    policy = resource.policy
    if rule.kind == "allow":
        allowed = Allow(rule.names, rule.condition, rule.place)
        resource.policy = replace(policy, allows=(*policy.allows, allowed))
        return
    for said in rule.names:
        name = _field(draft, resource, rule, said)
        if name is None:
            continue
        if rule.kind == "hide":
            hide = Hide(name, rule.condition, rule.place)
            resource.policy = replace(resource.policy, hides=(*resource.policy.hides, hide))
        else:
            freeze = Freeze(name, rule.condition, rule.place)
            resource.policy = replace(resource.policy, freezes=(*resource.policy.freezes, freeze))


def _without_writes(draft: Draft, resource: ResourceDraft) -> None:
    """`*` for rows that nobody writes: reading, and the commands."""
    if resource.mapped is None or not resource.mapped.read_only:
        return
    own = (item.name for item in draft.commands if item.resource == resource.name)
    every = ("read", *own)
    policy = resource.policy
    allows = (replace(rule, actions=every) if "*" in rule.actions else rule
              for rule in policy.allows)  # fmt: skip
    resource.policy = replace(policy, allows=tuple(allows))


def _field(draft: Draft, resource: ResourceDraft, rule: Rule, said: str) -> str | None:
    stored = resource.stored(said)
    if stored is not None:
        return stored.name
    if said in resource.broken:
        return None
    known = said in resource.computed or said in resource.relations
    if said in resource.computed and rule.kind == "hide":
        return said
    likely = nearest(said, resource.names())
    draft.fault(
        FIELD_UNFIT if known else FIELD_UNKNOWN,
        f"{resource.name}.{said} cannot be named in `{rule.kind}`: it is not stored in the row"
        if known
        else f"{resource.name} has no field {said!r}",
        rule.place,
        f"Did you mean {likely!r}?" if likely and not known else None,
    )
    return None
