"""`fields=` and `include=`: what to show of each row.

`include=customer,lines.product` shows related rows inside each row, `fields=id,customer.name`
only these fields; a dotted field includes its relation. Where no field of a row is named, all are
shown if `include` names its relation, and none if only `fields` leads through it.
"""

from dataclasses import dataclass, field

from charter.core.codes import TOO_COMPLEX, UNKNOWN_FIELD
from charter.plan.ask import Nest, Pick, Selection, Sort
from charter.plan.notes import Notes
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.vocabulary import Vocabularies, Vocabulary

CAN = "_can"
"""The member under which a row lists the actions that its reader may do, for HAL links."""


@dataclass(slots=True)
class _Branch:
    """What is asked for of one resource, while the lists are read."""

    whole: bool
    """Everything is shown unless single fields are picked."""
    picks: list[str] = field(default_factory=list)
    below: dict[str, "_Branch"] = field(default_factory=dict)


class Selections:
    """Reads the two parameters for the resources of one contract."""

    def __init__(self, vocabularies: Vocabularies, settings: RestSettings) -> None:
        self._vocabularies = vocabularies
        self._settings = settings

    def read(
        self,
        resource: str,
        fields: str | None,
        include: str | None,
        notes: Notes,
        can: str | None = None,
    ) -> Selection:
        """The selection; what is wrong with it goes to the notes. `can` is for the row itself."""
        top = _Branch(whole=fields is None)
        count = 0
        for path in _items(include):
            count += self._grow(top, self._vocabularies[resource], path, "include", notes)[1]
        for name in _items(fields):
            *path, last = name
            branch, grown = self._grow(top, self._vocabularies[resource], path, "fields", notes)
            count += grown
            if branch is not None:
                self._pick(branch, resource, name, last, notes)
        if count > self._settings.max_include:
            message = f"at most {self._settings.max_include} relations can be included"
            notes.of("include", TOO_COMPLEX, message)
            notes.become(TOO_COMPLEX)
        return self._selection(self._vocabularies[resource], top, can)

    def _grow(
        self, top: _Branch, vocabulary: Vocabulary, path: list[str], parameter: str, notes: Notes
    ) -> tuple[_Branch | None, int]:
        """The branch at the end of a path, and how many relations were new on the way."""
        if len(path) > self._settings.max_depth:
            message = f"relations can be included {self._settings.max_depth} deep"
            notes.of(parameter, TOO_COMPLEX, message)
            notes.become(TOO_COMPLEX)
            return None, 0
        branch, grown = top, 0
        for name in path:
            relation = vocabulary.relations.get(name)
            if relation is None:
                notes.of(parameter, UNKNOWN_FIELD, _no_relation(vocabulary, name))
                return None, grown
            grown += name not in branch.below
            branch = branch.below.setdefault(name, _Branch(whole=parameter == "include"))
            vocabulary = self._vocabularies[relation.target]
        return branch, grown

    def _pick(
        self, branch: _Branch, resource: str, path: list[str], name: str, notes: Notes
    ) -> None:
        vocabulary = self._vocabularies[resource]
        for step in path[:-1]:
            vocabulary = self._vocabularies[vocabulary.relations[step].target]
        if name in vocabulary.fields:
            if name not in branch.picks:
                branch.picks.append(name)
            return
        hint = vocabulary.near(name)
        if name in vocabulary.relations:
            hint = f"; show `{name}` with include="
        message = f"{vocabulary.resource.name} has no field `{name[:100]}` to be shown{hint}"
        notes.of("fields", UNKNOWN_FIELD, message)

    def _selection(self, vocabulary: Vocabulary, branch: _Branch, can: str | None) -> Selection:
        picked = tuple(Pick(name, name) for name in branch.picks)
        picks = None if branch.whole and not picked else picked
        nests = tuple(
            self._nest(relation.name, relation.to_one, relation.target, branch.below[name])
            for name, relation in vocabulary.relations.items()
            if name in branch.below
        )
        return Selection(picks, nests, can)

    def _nest(self, name: str, to_one: bool, target: str, branch: _Branch) -> Nest:
        selection = self._selection(self._vocabularies[target], branch, None)
        if to_one:
            return Nest(name, name, selection)
        return Nest(name, name, selection, None, (Sort("id"),), self._settings.nested_limit)


def columns(vocabulary: Vocabulary, selection: Selection) -> tuple[str, ...]:
    """The names of all that a row can show, in order."""
    picks = selection.picks
    shown = vocabulary.fields if picks is None else (pick.out for pick in picks)
    return (*shown, *(nest.out for nest in selection.nests))


def _items(text: str | None) -> list[list[str]]:
    return [] if text is None else [item.split(".") for item in text.split(",")]


def _no_relation(vocabulary: Vocabulary, name: str) -> str:
    shown = f"{vocabulary.resource.name} has no relation `{name[:100]}`"
    return shown + vocabulary.near(name)
