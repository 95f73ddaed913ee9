"""Resources that are marked: audited, append-only, stamped, searched by an index."""

from collections.abc import Iterable, Iterator

from charter.language.declarations import MarkedSaid
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import FIELD_UNFIT
from charter.language.steps.constraints import registered


def audited(draft: Draft) -> None:
    """What is written into the audit log."""
    for resource in _marked(draft, draft.said.audited):
        resource.audited = True


def append_only(draft: Draft) -> None:
    """Whose rows are neither changed nor deleted."""
    for resource in _marked(draft, draft.said.append_only):
        resource.append_only = True


def stamped(draft: Draft) -> None:
    """Where the database moves `updated_at` and the version."""
    for resource in _marked(draft, draft.said.stamped):
        resource.stamped = True


def search_indexes(draft: Draft) -> None:
    """Where the text search has an index."""
    for mark in draft.said.search_indexes:
        for resource in _marked(draft, (mark,)):
            resource.search_index = True
            if not any(field.search for field in resource.fields.values()):
                message = f"{resource.name} has no field that is searched"
                draft.fault(FIELD_UNFIT, message, mark.place, "Say `field(search=True)`.")


def _marked(draft: Draft, said: Iterable[MarkedSaid]) -> Iterator[ResourceDraft]:
    """The resources that are named; all of them where none is."""
    for mark in said:
        named = [registered(draft, cls, mark.place) for cls in mark.classes]
        for resource in named if mark.classes else draft.resources.values():
            if resource is not None:
                yield resource
