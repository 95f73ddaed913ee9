"""Policies: every resource has one, and its rules name what exists."""

from charter.contract.expression import NEW, ROW, Aggregate, AllOf, Expression, mentions, walk
from charter.core.names import nearest
from charter.core.places import Place
from charter.language.checks.names import ACTIONS
from charter.language.drafts import Draft
from charter.language.rulecodes import ACTION_UNKNOWN, NEW_UNANSWERABLE, NEW_UNFIT, POLICY_MISSING

_WITHOUT_NEW = frozenset({"read", "delete", "*"})


def missing_policies(draft: Draft) -> None:
    """A resource without a policy, unless it is a part that follows its owner."""
    for resource in draft.resources.values():
        if not resource.has_policy and not resource.owners:
            draft.fault(POLICY_MISSING, f"{resource.name} has no policy: nobody could use it",
                        resource.place,
                        f"Add a function with `@…policy({resource.name})` that yields "
                        '`allow("read")` or whatever is right.')  # fmt: skip


def unknown_actions(draft: Draft) -> None:
    """A rule for an action that does not exist."""
    for resource in draft.resources.values():
        own = [item.name for item in draft.commands if item.resource == resource.name]
        known = (*ACTIONS, "*", *own)
        for rule in resource.policy.allows:
            if not rule.actions:
                draft.fault(ACTION_UNKNOWN, "`allow` names no action", rule.place)
            for action in rule.actions:
                if action not in known:
                    likely = nearest(action, known)
                    message = f"{resource.name} has no action {action!r}"
                    draft.fault(ACTION_UNKNOWN, message, rule.place,
                                f"Did you mean {likely!r}?" if likely else
                                f"There are {', '.join(known)}.")  # fmt: skip


def new_values(draft: Draft) -> None:
    """New values in rules for reading and deleting, where there are none, and in rules about
    single fields, which are asked before the write."""
    for resource in draft.resources.values():
        for rule in resource.policy.allows:
            for action in rule.actions:
                if action in _WITHOUT_NEW:
                    _refuse_new(draft, rule.when, f"allow({action!r})", rule.place)
        for hide in resource.policy.hides:
            _refuse_new(draft, hide.unless, f"hide({hide.field!r})", hide.place)
        for freeze in resource.policy.freezes:
            _refuse_new(draft, freeze.unless, f"freeze({freeze.field!r})", freeze.place)


def _refuse_new(draft: Draft, condition: Expression, what: str, place: Place) -> None:
    if mentions(condition, NEW):
        draft.fault(NEW_UNFIT, f"`{what}` asks for new values when there are none", place)


def old_relations(draft: Draft) -> None:
    """Old related rows in what has to be asked after the write, when they are not known."""
    for resource in draft.resources.values():
        for rule in resource.policy.allows:
            if set(rule.actions) <= {"create", *_WITHOUT_NEW}:
                continue
            parts = rule.when.parts if isinstance(rule.when, AllOf) else (rule.when,)
            asked_after = (part for part in parts if mentions(part, NEW))
            if any(_follows_old(part) for part in asked_after):
                draft.fault(NEW_UNANSWERABLE, "new values are compared with rows to which the "
                            f"old {resource.name} led", rule.place)  # fmt: skip


def _follows_old(condition: Expression) -> bool:
    return any(isinstance(part, Aggregate) and part.start == ROW for part in walk(condition))
