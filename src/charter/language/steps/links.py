"""Links: many-to-many relations and their tables."""

from charter.contract.resource import Link, Relation
from charter.core.names import snake
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import INVERSE_AMBIGUOUS, INVERSE_MISSING
from charter.language.fields import ListWord
from charter.language.steps.inverses import list_words, target_of


def links(draft: Draft) -> None:
    """The relations of `linked()`; both sides of one share its table.

    The table is named for the side that stands first in the file: `playlist_tracks`.
    """
    made: dict[tuple[str, str], Link] = {}
    for resource in draft.resources.values():
        for name, word in list_words(resource):
            if word.kind != "linked":
                continue
            target = target_of(draft, resource, name)
            other = _other_side(draft, resource, name, word, target)
            link = made.get((target.name, other)) if other else None
            if link is not None:
                link = _turned(link)
            else:
                link = _link(resource, name, word, target, _said(draft, target, other))
            made[resource.name, name] = link
            resource.relations[name] = Relation(
                name,
                target.name,
                "link",
                near="id",
                far="id",
                link=link,
                doc=word.doc,
                place=resource.attribute(name).place,
            )


def _turned(link: Link) -> Link:
    """The same table, from the other side."""
    was = None if link.was is None else _turned(link.was)
    return Link(link.table, link.far, link.near, was, link.mapped)


def _before(resource: ResourceDraft, target: ResourceDraft, name: str) -> Link | None:
    """The table as the classes' names of before made it; None where they had none."""
    if resource.was is None and target.was is None:
        return None
    one, other = (snake(end.was or end.name) for end in (resource, target))
    far = f"other_{other}_id" if one == other else f"{other}_id"
    return Link(f"{one}_{name}", f"{one}_id", far)


Pairs = tuple[str | None, str | None, str | None]


def _said(draft: Draft, target: ResourceDraft, other: str | None) -> Pairs:
    """What the other side says of the table of pairs, seen from this one."""
    if other is None:
        return (None, None, None)
    word = dict(list_words(target))[other]
    table, near, far = word.pairs
    return table, far, near


def _link(
    resource: ResourceDraft, name: str, word: ListWord, target: ResourceDraft, said: Pairs
) -> Link:
    table, near, far = (mine or theirs for mine, theirs in zip(word.pairs, said, strict=True))
    own, others = f"{snake(resource.name)}_id", f"{snake(target.name)}_id"
    others = f"other_{others}" if own == others else others
    made = f"{snake(resource.name)}_{name}"
    was = _before(resource, target, name)
    return Link(table or made, near or own, far or others, was, mapped=table is not None)


def _other_side(
    draft: Draft, resource: ResourceDraft, name: str, word: ListWord, target: ResourceDraft
) -> str | None:
    place = resource.attribute(name).place
    sides = [
        (side, other)
        for side, other in list_words(target)
        if other.kind == "linked"
        and target_of(draft, target, side) is resource
        and (target is not resource or side != name)
    ]
    meant = [side for side, other in sides if word.other == side or other.other == name]
    if word.other and not meant:
        draft.fault(INVERSE_MISSING,
                    f"{resource.name}.{name}: {target.name} has no linked list {word.other!r} of "
                    f"{resource.name}", place)  # fmt: skip
        return None
    free = [side for side, other in sides if other.other is None]
    found = meant or ([] if target is resource else free)
    if len(found) > 1:
        draft.fault(INVERSE_AMBIGUOUS,
                    f"{resource.name}.{name} may be the other side of {' or '.join(found)}",
                    place, f'Write `linked("{found[0]}")`.')  # fmt: skip
        return None
    return found[0] if found else None
