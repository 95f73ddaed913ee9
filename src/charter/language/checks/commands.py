"""Commands: somebody may call each of them."""

from charter.language.drafts import Draft
from charter.language.faultcodes import COMMAND_MALFORMED, COMMAND_WITHOUT_POLICY


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
