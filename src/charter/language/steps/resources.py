"""Resources: their names, tables and paths, and the fields that every row has."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from charter.contract.identity import Tenancy
from charter.contract.mapping import stored_as
from charter.contract.resource import Default, Field, Given, Made, SetBy
from charter.contract.types import DATETIME, INTEGER, Scalar, Type
from charter.contract.types import UUID as UUID_TYPE
from charter.core.names import kebab, plural, snake
from charter.core.places import NOWHERE, Place
from charter.language.declarations import Meaning, ResourceSaid
from charter.language.declared import declared_by
from charter.language.drafts import Draft, ResourceDraft
from charter.language.existing import NO_EXISTING, Existing
from charter.language.faultcodes import NAME_MALFORMED, NAME_TAKEN, TYPE_UNSUPPORTED
from charter.language.resource import Resource
from charter.language.rulecodes import ACCOUNTS_UNFIT, TENANT_UNFIT
from charter.language.user import User

KEY_LENGTH = 255
_TIME = Field("", DATETIME, default=Made.NOW, set_by=SetBy.SYSTEM, place=NOWHERE)
_STAMPS: Mapping[str, Field] = {
    "created_at": replace(_TIME, name="created_at"),
    "updated_at": replace(_TIME, name="updated_at"),
    "version": Field("version", INTEGER, default=Given(1), set_by=SetBy.SYSTEM, place=NOWHERE),
}
_KEYS: dict[type[Any], tuple[Type, Default | None, SetBy]] = {
    UUID: (UUID_TYPE, Made.UUID7, SetBy.SYSTEM),
    int: (INTEGER, Made.SERIAL, SetBy.SYSTEM),
    str: (Type(Scalar.TEXT, min_length=1, max_length=KEY_LENGTH), None, SetBy.ONCE),
}


def resources(draft: Draft) -> None:
    """A draft for every class that was declared a resource."""
    for said in draft.said.resources:
        place = declared_by(said.cls).place
        name = said.cls.__name__
        if said.cls is User or (name == User.__name__):
            draft.fault(NAME_TAKEN, "`User` is built in", place,
                        "Refer to `charter.User`, or derive from it: `@….accounts` on "
                        "`class Member(User)`.")  # fmt: skip
        elif name in draft.resources:
            draft.fault(NAME_TAKEN, f"there are two resources called {name}", place)
        else:
            table = said.plural or plural(snake(name))
            if said.plural and snake(said.plural) != said.plural:
                draft.fault(NAME_MALFORMED, f"the plural {table!r} is not in snake case", place)
            draft.resources[name] = drafted(
                draft, said.cls, table, place,
                conditional_writes=said.conditional_writes, existing=said.existing,
            )  # fmt: skip
            _mark(draft, said, name, place)


def _mark(draft: Draft, said: ResourceSaid, name: str, place: Place) -> None:
    """Notes which resource has the accounts, and which the tenants."""
    derived = issubclass(said.cls, User)
    match said.meaning:
        case Meaning.ACCOUNTS if not derived:
            draft.fault(ACCOUNTS_UNFIT, f"{name} does not derive from User", place)
        case Meaning.ACCOUNTS if draft.accounts is not None:
            draft.fault(ACCOUNTS_UNFIT, f"{draft.accounts} has the accounts already", place)
        case Meaning.ACCOUNTS:
            draft.accounts = name
        case Meaning.TENANTS if draft.tenancy is not None:
            draft.fault(TENANT_UNFIT, f"the tenants are the rows of {draft.tenancy.resource} "
                        "already", place)  # fmt: skip
        case Meaning.TENANTS:
            draft.tenancy = Tenancy(name, place=place)
    if derived and said.meaning is not Meaning.ACCOUNTS:
        draft.fault(ACCOUNTS_UNFIT, f"{name} derives from User and is no resource of accounts",
                    place)  # fmt: skip


def drafted(
    draft: Draft,
    cls: type[Resource[Any]],
    table: str,
    place: Place,
    *,
    conditional_writes: bool = False,
    existing: Existing = NO_EXISTING,
) -> ResourceDraft:
    """A resource with its key; the other fields come with later steps."""
    found = ResourceDraft(
        cls, cls.__name__, table, kebab(table), place,
        conditional_writes=conditional_writes, existing=existing,
    )  # fmt: skip
    key = _KEYS.get(cls.charter_key)
    if key is None:
        draft.fault(TYPE_UNSUPPORTED, f"{cls.__name__} has a key that no database can hold", place,
                    "Write `Resource`, `Resource[int]` or `Resource[str]`.")  # fmt: skip
        key = _KEYS[UUID]
    kind, default, set_by = key
    if existing.get("given_keys", False):
        default, set_by = None, SetBy.ONCE
    found.fields["id"] = Field(
        "id", kind, default=default, set_by=set_by, column=existing.get("key"), place=place
    )
    return found


def stamps(draft: Draft) -> None:
    """The times and the version of every row, after its own fields; of an existing table those
    that it has."""
    for resource in draft.resources.values():
        said, mapped = resource.existing, resource.mapped is not None
        columns = {
            "created_at": said.get("created_at"),
            "updated_at": said.get("updated_at"),
            "version": said.get("version"),
        }
        for name, column in columns.items():
            if column is not None or not mapped:
                resource.fields[name] = replace(_STAMPS[name], column=column)
        form = stored_as(said.get("stamps_stored", ""))
        for name in ("created_at", "updated_at"):
            if form is not None and name in resource.fields:
                resource.fields[name] = replace(resource.fields[name], stored=form)
