"""Fields: words without annotation, decimals, patterns, what happens on delete."""

from charter.contract.resource import OnDelete
from charter.contract.types import Scalar
from charter.language.drafts import Draft
from charter.language.faultcodes import (
    ANNOTATION_MISSING,
    APPEND_ONLY_UNFIT,
    DECIMAL_UNBOUNDED,
    DELETE_UNFIT,
    PATTERN_UNSAFE,
)
from charter.language.patterns import unsafe


def strays(draft: Draft) -> None:
    """`field()` and the like on a name that has no annotation."""
    for resource in draft.resources.values():
        for name, place in resource.declared.strays.items():
            draft.fault(ANNOTATION_MISSING, f"{resource.name}.{name} has no type", place,
                        f"Write `{name}: str = …` with the type it has.")  # fmt: skip


def decimals(draft: Draft) -> None:
    """Stored decimals say their digits and places."""
    for resource in draft.resources.values():
        for field in resource.fields.values():
            kind = field.type
            if kind.scalar is Scalar.DECIMAL and (kind.digits is None or kind.places is None):
                draft.fault(DECIMAL_UNBOUNDED, f"{resource.name}.{field.name} is a Decimal of any "
                            "size", field.place)  # fmt: skip


def patterns(draft: Draft) -> None:
    """Patterns are read alike everywhere."""
    for resource in draft.resources.values():
        for field in resource.fields.values():
            why = unsafe(field.type.pattern) if field.type.pattern is not None else None
            if why:
                draft.fault(PATTERN_UNSAFE, f"{resource.name}.{field.name}: {why}", field.place)
    for command in draft.commands:
        for item in command.inputs:
            why = unsafe(item.type.pattern) if item.type.pattern is not None else None
            if why:
                draft.fault(PATTERN_UNSAFE, f"{command.name}({item.name}): {why}", command.place)


def append_only(draft: Draft) -> None:
    """Rows that nobody deletes do not go with others, and no rule is about changing them."""
    for resource in draft.resources.values():
        if not resource.append_only:
            continue
        if resource.owners:
            draft.fault(APPEND_ONLY_UNFIT, f"{resource.name} is a part of another resource, and "
                        "goes with it", resource.place)  # fmt: skip
        if resource.name in (draft.accounts, draft.tenancy and draft.tenancy.resource):
            draft.fault(APPEND_ONLY_UNFIT, f"{resource.name} is what its rows make it: its rows "
                        "change", resource.place)  # fmt: skip
        for field in resource.fields.values():
            if field.references is not None and field.on_delete is not OnDelete.RESTRICT:
                draft.fault(APPEND_ONLY_UNFIT, f"{resource.name}.{field.name} changes or deletes "
                            "the row when what it refers to is deleted", field.place)  # fmt: skip
        for rule in resource.policy.allows:
            for action in {"update", "delete"} & set(rule.actions):
                draft.fault(APPEND_ONLY_UNFIT, f"`allow({action!r})` is about rows that nobody "
                            f"can {action}", rule.place)  # fmt: skip


def deletes(draft: Draft) -> None:
    """`set_null` needs a reference that can be nothing."""
    for resource in draft.resources.values():
        for field in resource.fields.values():
            if field.on_delete is OnDelete.SET_NULL and not field.optional:
                draft.fault(DELETE_UNFIT, f"{resource.name}.{field.name} cannot be set to nothing",
                            field.place)  # fmt: skip
