"""The rules that a policy yields."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from charter.contract.expression import Expression
from charter.core.places import Place
from charter.language.places import caller_place
from charter.language.symbols.session import active
from charter.language.symbols.values import condition


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `names` are actions for `allow`, one field for `hide` and `freeze`."""

    kind: Literal["allow", "hide", "freeze"]
    names: tuple[str, ...]
    condition: Expression
    place: Place


Policy: TypeAlias = Iterator[Rule]


def _rule(kind: Literal["allow", "hide", "freeze"], names: tuple[str, ...], holds: bool) -> Rule:
    rule = Rule(kind, names, condition(holds), caller_place())
    session = active()
    if session is not None:
        session.made.append((rule, rule.place))
    return rule


def allow(*actions: str, when: bool = True) -> Rule:
    """Allows `read`, `create`, `update`, `delete`, commands by name, or `*` for all of them."""
    return _rule("allow", actions, when)


def hide(*fields: str, unless: bool = False) -> Rule:
    """Leaves fields out of every answer, unless the condition holds."""
    return _rule("hide", fields, unless)


def freeze(*fields: str, unless: bool = False) -> Rule:
    """Keeps fields as they are, unless the condition holds."""
    return _rule("freeze", fields, unless)
