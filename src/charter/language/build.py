"""Building: every step, then every check, then either all faults or the frozen contract."""

from types import MappingProxyType

from charter.contract.contract import Contract
from charter.contract.faults import ContractFaulty
from charter.contract.resource import Resource
from charter.core.names import plural, snake
from charter.language.checks import CHECKS
from charter.language.declarations import Declarations
from charter.language.drafts import Draft, ResourceDraft
from charter.language.steps import STEPS


def build(said: Declarations) -> Contract:
    """The contract that the declarations make. Raises ContractFaulty with all faults."""
    draft = Draft(said)
    for step in STEPS:
        step(draft)
    for check in CHECKS:
        check(draft)
    if draft.faults:
        raise ContractFaulty(tuple(draft.faults))
    return Contract(
        name=said.name,
        version=said.version,
        resources=tuple(map(_resource, draft.resources.values())),
        commands=tuple(draft.commands),
        events=tuple(draft.events),
        errors=tuple(draft.errors),
        doc=said.doc,
        accounts=draft.accounts,
        role_includes=MappingProxyType(dict(sorted(draft.role_includes.items()))),
        grants=tuple(draft.grants),
        tenancy=draft.tenancy,
        classes={item.name: item.cls for item in draft.resources.values()},
        place=said.place,
    )


def _resource(draft: ResourceDraft) -> Resource:
    return Resource(
        name=draft.name,
        table=draft.table,
        path=draft.path,
        fields=tuple(draft.fields.values()),
        relations=tuple(draft.relations.values()),
        computed=tuple(draft.computed.values()),
        uniques=tuple(draft.uniques),
        indexes=tuple(draft.indexes),
        checks=tuple(draft.checks),
        policy=draft.policy,
        owner=draft.owners[0][1] if draft.owners else None,
        tenant=draft.tenant,
        audited=draft.audited,
        append_only=draft.append_only,
        search_index=draft.search_index,
        stamped=draft.stamped,
        conditional_writes=draft.conditional_writes,
        was=None if draft.was is None else plural(snake(draft.was)),
        mapped=draft.mapped,
        doc=draft.declared.doc,
        place=draft.place,
    )
