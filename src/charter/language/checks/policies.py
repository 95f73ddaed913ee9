"""Policies: every resource has one, and its rules name what exists."""

from charter.contract.expression import NEW, Aggregate, Column, Expression, walk
from charter.core.names import nearest
from charter.core.places import Place
from charter.language.checks.names import ACTIONS
from charter.language.drafts import Draft
from charter.language.faultcodes import ACTION_UNKNOWN, NEW_UNFIT, POLICY_MISSING

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
    """New values in rules for reading and deleting, where there are none."""
    for resource in draft.resources.values():
        for rule in resource.policy.allows:
            for action in rule.actions:
                if action in _WITHOUT_NEW:
                    _refuse_new(draft, rule.when, f"allow({action!r})", rule.place)
        for hide in resource.policy.hides:
            _refuse_new(draft, hide.unless, f"hide({hide.field!r})", hide.place)


def _refuse_new(draft: Draft, condition: Expression, what: str, place: Place) -> None:
    for part in walk(condition):
        from_new = (isinstance(part, Column) and part.scope == NEW) or (
            isinstance(part, Aggregate) and part.start == NEW
        )
        if from_new:
            draft.fault(NEW_UNFIT, f"`{what}` asks for new values, and there are none", place)
