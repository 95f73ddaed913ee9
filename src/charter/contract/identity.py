"""Who actors are in the words of a contract: rows that grant roles, and tenants."""

from dataclasses import dataclass

from charter.core.places import NOWHERE, Place


@dataclass(frozen=True, slots=True)
class Grants:
    """The rows of `resource` grant roles.

    `account` is the relation to whom they grant it, `role` the field that says which. Where
    `on` is None the role holds everywhere; else it holds on the row that this relation leads to.
    """

    resource: str
    account: str
    role: str
    on: str | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Tenancy:
    """Every row belongs to one row of `resource`, but those of the `shared` resources.

    The accounts are shared too: one person can act for several tenants.
    """

    resource: str
    shared: tuple[str, ...] = ()
    place: Place = NOWHERE
