"""Commands: somebody may call each of them."""

from charter.contract.command import On
from charter.contract.expression import (
    NEW,
    ROW,
    AllOf,
    AnyOf,
    Expression,
    Not,
    Truth,
    mentions,
)
from charter.language.drafts import Draft
from charter.language.rulecodes import (
    COMMAND_MALFORMED,
    COMMAND_WITHOUT_POLICY,
    COMMAND_WITHOUT_ROW,
)


def uncalled(draft: Draft) -> None:
    """A command that no rule allows."""
    lambdas: dict[object, object] = {item.function: item.allow for item in draft.said.commands}
    for command in draft.commands:
        if command.resource is None:
            if lambdas.get(command.function) is None:
                draft.fault(COMMAND_WITHOUT_POLICY, f"nobody may call {command.name}",
                            command.place)  # fmt: skip
            continue
        resource = draft.resources[command.resource]
        remedy = f'Write `yield allow("{command.name}", when=…)` in its policy.'
        if lambdas.get(command.function) is not None:
            draft.fault(COMMAND_MALFORMED, f"{command.name} has rules beside those of "
                        f"{resource.name}", command.place, remedy)  # fmt: skip
        rules = resource.policy.allows
        if (
            resource.has_policy
            and resource.rules_known
            and not any(action in {command.name, "*"} for rule in rules for action in rule.actions)
        ):
            draft.fault(COMMAND_WITHOUT_POLICY,
                        f"no rule of {resource.name} allows {command.name}", command.place,
                        remedy)  # fmt: skip
        elif not resource.has_policy and resource.owners:
            draft.fault(COMMAND_WITHOUT_POLICY,
                        f"{resource.name} follows its owner, which knows no {command.name}",
                        command.place, f"Give {resource.name} a policy of its own.")  # fmt: skip


def without_row(draft: Draft) -> None:
    """A command on a collection whose every rule looks at a row, of which there is none."""
    for command in draft.commands:
        if command.on is not On.COLLECTION or command.resource is None:
            continue
        resource = draft.resources[command.resource]
        rules = [
            rule
            for rule in resource.policy.allows
            if {command.name, "*"}.intersection(rule.actions)
        ]
        if not resource.rules_known or any(True in _answers(rule.when) for rule in rules):
            continue
        for rule in rules:
            draft.fault(COMMAND_WITHOUT_ROW,
                        f"{command.name} is called on no row, and this rule looks at one",
                        rule.place)  # fmt: skip


def _answers(condition: Expression) -> frozenset[bool]:
    """What a condition can come to where there is no row; nothing where it has to have one."""
    match condition:
        case Truth(value):
            return frozenset({value})
        case Not(operand):
            return frozenset(not answer for answer in _answers(operand))
        case AllOf(parts) | AnyOf(parts):
            deciding = isinstance(condition, AnyOf)
            answers = [_answers(part) for part in parts]
            decided = {deciding} if any(deciding in one for one in answers) else set()
            others = {not deciding} if all((not deciding) in one for one in answers) else set()
            return frozenset(decided | others)
        case _:
            looks = mentions(condition, ROW) or mentions(condition, NEW)
            return frozenset() if looks else frozenset({True, False})
