"""What is written into the audit log."""

from charter.language.drafts import Draft
from charter.language.steps.constraints import registered


def audited(draft: Draft) -> None:
    """Marks the resources that are named; all of them where none is."""
    for said in draft.said.audited:
        named = [registered(draft, cls, said.place) for cls in said.classes]
        for resource in named if said.classes else draft.resources.values():
            if resource is not None:
                resource.audited = True
