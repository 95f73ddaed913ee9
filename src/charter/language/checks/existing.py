"""Existing tables: the words that belong together, names used once, and rows nobody writes."""

from collections.abc import Iterator

from charter.contract.mapping import stored_as
from charter.core.places import Place
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import MAPPING_UNFIT, NAME_TAKEN
from charter.language.steps.inverses import list_words

_WRITES = frozenset({"create", "update", "delete"})


def existing_words(draft: Draft) -> None:
    """Words about a table where none is named, and names that no database takes."""
    for resource in draft.resources.values():
        said = resource.existing
        for word in sorted(said.keys() - {"table", "was"}) if resource.mapped is None else ():
            draft.fault(MAPPING_UNFIT, f"{resource.name}: `{word}` is about an existing table",
                        resource.place, 'Name it: `table="…"`.')  # fmt: skip
        form = said.get("stamps_stored")
        if form is not None and (stored_as(form) is None or form not in _TIMES):
            draft.fault(MAPPING_UNFIT, f"{resource.name}: times cannot be stored as {form!r}",
                        resource.place, f"There are {', '.join(sorted(_TIMES))}.")  # fmt: skip
        for what, place in _field_words(resource):
            draft.fault(MAPPING_UNFIT, f"{resource.name}.{what} is for an existing table", place,
                        'Name it: `table="…"` on the resource.')  # fmt: skip
        for name, place in _names(resource):
            if not name or "\0" in name:
                draft.fault(MAPPING_UNFIT, f"{resource.name}: {name!r} is no name of a table or "
                            "column", place)  # fmt: skip


_TIMES = frozenset({"naive", "iso", "unix", "unix_ms"})


def _field_words(resource: ResourceDraft) -> Iterator[tuple[str, Place]]:
    if resource.mapped is None:
        for field in resource.fields.values():
            if field.stored is not None:
                yield f"{field.name}: `stored`", field.place
            elif field.column is not None and field.name != "id":
                yield f"{field.name}: `column`", field.place


def _names(resource: ResourceDraft) -> Iterator[tuple[str, Place]]:
    if resource.mapped is not None:
        yield resource.mapped.table, resource.place
    for field in resource.fields.values():
        yield field.column_name, field.place
    for relation in resource.relations.values():
        if relation.link is not None:
            for name in (relation.link.table, relation.link.near, relation.link.far):
                yield name, relation.place


def existing_keys(draft: Draft) -> None:
    """Parts are told from new ones by their keys, so they do not come with keys of their own."""
    for resource in draft.resources.values():
        given = resource.mapped is not None and resource.fields["id"].default is None
        if given and resource.owners:
            draft.fault(MAPPING_UNFIT, f"{resource.name} is part of a row, and its keys are given",
                        resource.place, "Let the database make them.")  # fmt: skip


def existing_pairs(draft: Draft) -> None:
    """Tables of pairs: named whole, by one side, and beside resources that can be written."""
    for resource in draft.resources.values():
        for name, word in list_words(resource):
            place = resource.attribute(name).place
            table, near, far = word.pairs
            if (near or far) and table is None:
                draft.fault(MAPPING_UNFIT, f"{resource.name}.{name}: `near` and `far` are columns "
                            "of an existing table", place, 'Name it: `table="…"`.')  # fmt: skip
            if table is not None and not (near and far):
                draft.fault(MAPPING_UNFIT, f"{resource.name}.{name}: which columns have the keys?",
                            place, 'Write `near="…", far="…"`.')  # fmt: skip


def existing_tables(draft: Draft) -> None:
    """Each table and each of its columns is one thing only."""
    if not any(resource.mapped for resource in draft.resources.values()):
        return
    taken: dict[str, str] = {}
    for resource in draft.resources.values():
        table = resource.mapped.table if resource.mapped else resource.table
        _take(draft, taken, table, resource.name, resource.place)
        for relation in resource.relations.values():
            if relation.link is not None and relation.link.mapped:
                ends = " and ".join(sorted({resource.name, relation.target}))
                _take(draft, taken, relation.link.table, f"{ends} together", relation.place)
        if resource.mapped is not None:
            columns: dict[str, str] = {}
            for field in resource.fields.values():
                place = field.place if field.name != "id" else resource.place
                _take(draft, columns, field.column_name, field.name, place)


def _take(draft: Draft, taken: dict[str, str], name: str, owner: str, place: Place) -> None:
    other = taken.setdefault(name, owner)
    if other != owner:
        draft.fault(NAME_TAKEN, f"{name} is both {other} and {owner}", place)


def nobody_writes(draft: Draft) -> None:
    """Rules that let somebody write rows that nobody writes, and parts among such rows."""
    for resource in draft.resources.values():
        if resource.mapped is None or not resource.mapped.read_only:
            continue
        for rule in resource.policy.allows:
            for action in sorted(_WRITES & set(rule.actions)):
                draft.fault(MAPPING_UNFIT, f"nobody can {action} a {resource.name}: it is "
                            "`read_only`", rule.place, f"Leave {action!r} out.")  # fmt: skip
        for owner, relation in resource.owners:
            draft.fault(MAPPING_UNFIT, f"a {resource.name} is written with its {owner}, and is "
                        "`read_only`", resource.relations[relation].place,
                        "Write `inverse()` in place of `owned()`.")  # fmt: skip
        for item in resource.relations.values():
            if item.owned:
                draft.fault(MAPPING_UNFIT, f"{resource.name} is `read_only` and cannot have parts",
                            item.place, "Write `inverse()`.")  # fmt: skip
