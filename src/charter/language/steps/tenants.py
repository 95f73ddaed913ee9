"""Tenants: the reference to its tenant that every row has, and what follows from it."""

from dataclasses import replace

from charter.contract.identity import Tenancy
from charter.contract.resource import Field, Index, Made, Relation, SetBy, Unique
from charter.contract.types import Type
from charter.core.names import snake
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import NAME_TAKEN
from charter.language.rulecodes import TENANT_UNFIT
from charter.language.steps.constraints import constraint_name, registered


def tenants(draft: Draft) -> None:
    """The reference of every row that belongs to a tenant; it comes first in the row."""
    shared = _shared(draft)
    if draft.tenancy is None:
        return
    tenant = draft.resources[draft.tenancy.resource]
    draft.tenancy = Tenancy(tenant.name, tuple(sorted(shared)), draft.tenancy.place)
    tenant.tenant = "id"
    for resource in draft.resources.values():
        if resource.name not in {tenant.name, draft.user, *shared}:
            _belong(draft, resource, tenant)


def _shared(draft: Draft) -> set[str]:
    found = set()
    for said in draft.said.shared:
        resource = registered(draft, said.cls, said.place)
        if resource is None:
            continue
        if draft.tenancy is None:
            draft.fault(TENANT_UNFIT, f"{resource.name} is shared, and there are no tenants",
                        said.place, "Put `@<contract>.tenant` on their resource.")  # fmt: skip
        elif resource.name in {draft.user, draft.tenancy.resource}:
            draft.fault(TENANT_UNFIT, f"{resource.name} belongs to no tenant in any case",
                        said.place, "Leave it out.")  # fmt: skip
        else:
            found.add(resource.name)
    return found


def _belong(draft: Draft, resource: ResourceDraft, tenant: ResourceDraft) -> None:
    """Adds the reference to the tenant, or takes the one of that name that the class has."""
    name = snake(tenant.name)
    stored = f"{name}_id"
    known = resource.relations.get(name)
    if known is not None and (known.target != tenant.name or known.optional):
        draft.fault(TENANT_UNFIT, f"{resource.name}.{name} is the tenant of a row: it is a "
                    f"{tenant.name}, and never nothing", known.place,
                    f"Write `{name}: {tenant.name}`, leave it out, or give it another name."
                    )  # fmt: skip
        return
    taken = next((item for item in (stored, name) if item in resource.fields), None)
    if known is None and taken is not None:
        draft.fault(NAME_TAKEN, f"{resource.name}.{taken}: `{name}` is the tenant of a row",
                    resource.fields[taken].place)  # fmt: skip
        return
    field = resource.fields.get(stored) or Field(
        stored, Type(tenant.fields["id"].type.scalar), references=tenant.name, place=resource.place
    )
    resource.tenant = stored
    field = _set_by_service(field)
    rest = {key: item for key, item in resource.fields.items() if key not in {"id", stored}}
    resource.fields = {"id": resource.fields["id"], stored: field, **rest}
    if known is None:
        relation = Relation(name, tenant.name, "one", near=stored, far="id", place=resource.place)
        resource.relations = {name: relation, **resource.relations}


def _set_by_service(field: Field) -> Field:
    return replace(field, default=Made.TENANT, set_by=SetBy.SYSTEM)


def within_tenants(draft: Draft) -> None:
    """What is unique is so within a tenant, and indexes begin with it."""
    for resource in draft.resources.values():
        tenant = resource.tenant
        if tenant is None or tenant == "id":
            continue
        # The tenant can own parts: their reference to it stays what it is.
        resource.fields[tenant] = _set_by_service(resource.fields[tenant])
        for field in list(resource.fields.values()):
            if field.unique and field.name != tenant:
                resource.fields[field.name] = replace(field, unique=False)
                resource.uniques.insert(0, Unique("", (field.name,), field.place))
        resource.uniques = [_unique(resource, tenant, item) for item in resource.uniques]
        resource.indexes = [_index(resource, tenant, item) for item in resource.indexes]


def _unique(resource: ResourceDraft, tenant: str, unique: Unique) -> Unique:
    if tenant in unique.fields:
        return unique
    fields = (tenant, *unique.fields)
    return Unique(constraint_name(resource.table, *fields, "unique"), fields, unique.place)


def _index(resource: ResourceDraft, tenant: str, index: Index) -> Index:
    bare = [name.removeprefix("-") for name in index.fields]
    if tenant in bare:
        return index
    name = constraint_name(resource.table, tenant, *bare, "index")
    return replace(index, name=name, fields=(tenant, *index.fields))
