"""Tenants: nothing that everybody shares leads to what belongs to one of them."""

from charter.language.drafts import Draft, ResourceDraft
from charter.language.rulecodes import TENANT_UNFIT


def crossing(draft: Draft) -> None:
    """References and owners by which a row of one tenant could be reached from another."""
    if draft.tenancy is None:
        return
    for resource in draft.resources.values():
        _references(draft, resource)
        for name, _ in resource.owners:
            _owner(draft, resource, draft.resources[name])


def _references(draft: Draft, resource: ResourceDraft) -> None:
    if resource.tenant is not None:
        return
    for relation in resource.relations.values():
        target = draft.resources[relation.target]
        if relation.to_one and target.tenant not in {None, "id"}:
            draft.fault(TENANT_UNFIT, f"{resource.name} belongs to no tenant, and "
                        f"{resource.name}.{relation.name} leads to a {target.name}, which does",
                        relation.place,
                        "Refer to it the other way round, or share both.")  # fmt: skip


def _owner(draft: Draft, resource: ResourceDraft, owner: ResourceDraft) -> None:
    if draft.tenancy is not None and owner.name == draft.tenancy.resource:
        fits = resource.tenant is not None
    else:
        fits = owner.name == draft.user or (owner.tenant is None) == (resource.tenant is None)
    if resource.tenant == "id" or not fits:
        draft.fault(TENANT_UNFIT, f"{resource.name} is a part of {owner.name}, and one of them "
                    "belongs to a tenant and the other to none", resource.place,
                    "Share both or neither.")  # fmt: skip
