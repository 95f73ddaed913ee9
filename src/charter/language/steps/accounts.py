"""Accounts: what the resource of the accounts has beside its own fields."""

from dataclasses import replace

from charter.contract.resource import Field, Given, SetBy
from charter.contract.types import BOOLEAN
from charter.core.places import NOWHERE
from charter.language.declared import declared_by
from charter.language.drafts import Draft
from charter.language.faultcodes import NAME_RESERVED
from charter.language.rulecodes import ACCOUNTS_UNFIT
from charter.language.user import User

VERIFIED = "email_verified"


def accounts(draft: Draft) -> None:
    """An address that is unique whatever its case, and whether it is known to be right.

    Only the service sets both: an address that anybody could write would be no way to prove
    who somebody is.
    """
    if draft.accounts is None:
        return
    resource = draft.resources[draft.accounts]
    for name in (*declared_by(User).attributes, VERIFIED):
        place = resource.declared.own_place(name)
        if place is not None:
            draft.fault(NAME_RESERVED, f"{resource.name}.{name}: every account has it already",
                        place, "Leave it out.")  # fmt: skip
            return
    fields = {}
    for name, field in resource.fields.items():
        fields[name] = field
        if name == "email":
            kind = replace(field.type, lower=True)
            fields[name] = replace(field, type=kind, unique=True, set_by=SetBy.SYSTEM)
            fields[VERIFIED] = Field(
                VERIFIED, BOOLEAN, default=Given(False), set_by=SetBy.SYSTEM, place=NOWHERE
            )
    resource.fields = fields


def complete_accounts(draft: Draft) -> None:
    """An account can begin with nothing but its key: people come with no more than an address."""
    if draft.accounts is None:
        return
    resource = draft.resources[draft.accounts]
    for field in resource.fields.values():
        needed = not field.optional and field.default is None and field.name != "id"
        if needed:
            draft.fault(ACCOUNTS_UNFIT, f"{resource.name}.{field.name} must be given, and nobody "
                        "is there to give it when somebody registers", field.place,
                        "Give it a default, or add `| None`.")  # fmt: skip
    if resource.owners:
        draft.fault(ACCOUNTS_UNFIT, f"{resource.name} is owned by {resource.owners[0][0]}",
                    resource.place, "Make that list an `inverse()`.")  # fmt: skip
