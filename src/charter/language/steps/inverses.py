"""Inverses: lists of the rows that refer back, owned ones among them."""

from dataclasses import replace

from charter.contract.resource import OnDelete, Relation, SetBy
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import INVERSE_AMBIGUOUS, INVERSE_MISSING, OWNED_OPTIONAL
from charter.language.fields import ListWord


def inverses(draft: Draft) -> None:
    """The relations of `inverse()` and `owned()`."""
    for resource in draft.resources.values():
        for name, word in list_words(resource):
            if word.kind != "linked":
                _inverse(draft, resource, name, word)


def list_words(resource: ResourceDraft) -> list[tuple[str, ListWord]]:
    """The attributes that are lists of rows, with the word that says which."""
    found = []
    for name, reading in resource.readings.items():
        word = resource.attribute(name).default
        if isinstance(word, ListWord) and reading.resource and reading.many:
            found.append((name, word))
    return found


def target_of(draft: Draft, resource: ResourceDraft, name: str) -> ResourceDraft:
    """The resource that a list of rows is of."""
    target = resource.readings[name].resource
    return draft.resources[target.__name__] if target else resource


def _inverse(draft: Draft, resource: ResourceDraft, name: str, word: ListWord) -> None:
    target = target_of(draft, resource, name)
    place = resource.attribute(name).place
    back = [
        item.name
        for item in target.relations.values()
        if item.to_one and item.target == resource.name
    ]
    found = [item for item in back if word.other in {None, item}]
    if len(found) != 1:
        resource.broken.add(name)
        if not found:
            wanted = f" called {word.other!r}" if word.other else ""
            draft.fault(INVERSE_MISSING,
                        f"{resource.name}.{name}: {target.name} has no reference{wanted} to "
                        f"{resource.name}", place,
                        f"References there: {', '.join(back)}." if back else None)  # fmt: skip
        else:
            names = " and ".join(back)
            draft.fault(INVERSE_AMBIGUOUS,
                        f"{resource.name}.{name}: {target.name} refers back with {names}", place,
                        f'Write `{word.kind}("{back[0]}")`.')  # fmt: skip
        return
    relation = target.relations[found[0]]
    owned = word.kind == "owned"
    resource.relations[name] = Relation(
        name,
        target.name,
        "many",
        near="id",
        far=relation.near,
        owned=owned,
        doc=word.doc,
        place=place,
    )
    if owned:
        _own(draft, resource, target, relation)


def _own(draft: Draft, resource: ResourceDraft, target: ResourceDraft, relation: Relation) -> None:
    target.owners.append((resource.name, relation.name))
    if relation.optional:
        draft.fault(OWNED_OPTIONAL, f"{target.name}.{relation.name} names the owner",
                    relation.place)  # fmt: skip
    field = target.fields[relation.near]
    target.fields[relation.near] = replace(
        field, on_delete=OnDelete.CASCADE, set_by=SetBy.ONCE, default=None
    )
