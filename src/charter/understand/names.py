"""Names for a contract, made of a database's names: spelt as Charter wants them, each once."""

import keyword
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from charter.core.names import pascal
from charter.language.checks.names import LONGEST, RESERVED
from charter.language.resource import BASE_FIELDS
from charter.understand.eye import PARTS
from charter.understand.words import plural_of, singular, words_of

PREFIXES = frozenset({"tbl", "t", "tb", "tab", "table"})
"""First words of a table that say no more than that it is one."""
_GLUED = "tbl"
CHARTERS_CLASSES = frozenset(
    {"Actor", "Any", "Contract", "ContractFaulty", "Decimal", "Email", "Error", "Event", "Json",
     "False", "Literal", "None", "NotLoaded", "Policy", "Resource", "True", "UUID", "Unit", "Url",
     "User"}
)  # fmt: skip
"""Names of classes that a contract's file imports, or will."""
_SHADOWING = frozenset(
    {"bool", "dt", "field", "float", "int", "inverse", "linked", "list", "now", "object", "owned",
     "str", "type_", "charter_key"}
)  # fmt: skip
"""Names that, given to a field, would hide what the lines below it need."""
UNFIT = frozenset({*RESERVED, *_SHADOWING, *BASE_FIELDS, *keyword.kwlist})


class Given:
    """Gives names that differ, whatever their case, from each other and from those taken."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.lower() for name in taken}

    def free(self, name: str) -> bool:
        return name.lower() not in self._taken

    def take(self, *names: str) -> str:
        """The first of the names that is free, else the last with a number behind it."""
        cut = [_cut(name) for name in names if name]
        found = next((name for name in cut if self.free(name)), None)
        number = 2
        while found is None or not self.free(found):
            found = f"{_cut(cut[-1], LONGEST - 4)}{number}"
            number += 1
        self._taken.add(found.lower())
        return found


def _cut(name: str, longest: int = LONGEST) -> str:
    return name[:longest].rstrip("_")


def snake_of(words: Sequence[str], fallback: str) -> str:
    """Words in snake case, begun with a letter; the fallback where there are none."""
    name = "_".join(words)
    if not name:
        return fallback
    return name if name[0].isalpha() else f"{fallback}_{name}"


def class_words(words: Sequence[str], labels: Collection[str]) -> tuple[str, ...]:
    """The words of a class: without a label that tables begin with, the last in the singular."""
    rest = tuple(words)
    if len(rest) > 1 and (rest[0] in PREFIXES or rest[0] in labels):
        rest = rest[1:]
    elif rest and rest[0].startswith(_GLUED) and len(rest[0]) > len(_GLUED):
        rest = (rest[0].removeprefix(_GLUED), *rest[1:])
    return (*rest[:-1], singular(rest[-1])) if rest else ()


def labels_of(tables: Sequence[Sequence[str]]) -> frozenset[str]:
    """First words that say of what application a table is (`shop_order`, `shop_item`).

    Three tables begin with it, it is no table itself, and without it all tables still differ.
    """
    names = {words for words in map(_singular, tables) if words}
    counted = Counter(words[0] for words in names if len(words) > 1)
    alone = {words[0] for words in names if len(words) == 1}
    labels = {word for word, number in counted.items() if number > 2} - alone
    short = Counter(words[1:] if words[0] in labels else words for words in names)
    clashing = {words for words, number in short.items() if number > 1}
    return frozenset(
        label
        for label in labels
        if not any(words[0] == label and words[1:] in clashing for words in names)
    )


def table_words(tables: Iterable[str], made: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The words of the class of each table. `made` are those that Charter has made: they are
    called as their classes are."""
    words = {name: words_of(name) for name in tables}
    labels = labels_of([said for name, said in words.items() if name not in made])
    found = {
        name: class_words(said, () if name in made else labels) for name, said in words.items()
    }
    known = {said[-1] for said in found.values() if said}
    return {name: _unglued(said, known) for name, said in found.items()}


def _unglued(words: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    """`orderitem` as two words, where there are orders."""
    last = words[-1] if words else ""
    for part in sorted(PARTS):
        if last.endswith(part) and last.removesuffix(part) in known:
            return (*words[:-1], last.removesuffix(part), part)
    return words


def _singular(words: Sequence[str]) -> tuple[str, ...]:
    return (*words[:-1], singular(words[-1])) if words else ()


def class_name(words: Sequence[str], given: Given) -> str:
    """A name for a class in capital words. One that Charter has itself is made another."""
    name = pascal(snake_of(words, "table"))
    if name == "User":
        return given.take("Account", "UserAccount")
    if name in CHARTERS_CLASSES:
        return given.take(f"{name}Record")
    return given.take(name)


def field_name(words: Sequence[str], owner: str, given: Given, others: Sequence[str] = ()) -> str:
    """A name for a field: its own words; where they are unfit, behind those of its resource
    (`from` of a message: `message_from`). `others` are tried before that."""
    own = snake_of(words, "field")
    fit = [name for name in (own, *others) if name not in UNFIT]
    return given.take(*fit, f"{owner}_{own}")


def list_name(source: str, target: str, given: Given, relation: str | None) -> str:
    """A name for the list of rows of `source` that refer to `target` (both in snake case).

    `relation` is the reference, where there are several or where it refers to its own kind:
    what distinguishes it begins the name (`home_team_matches`).
    """
    plain = plural_of(source)
    if relation is not None:
        if source == target:
            known = {"parent": "children", "reports_to": "reports", "manager": "reports"}
            return given.take(known.get(relation, f"{relation}_{plain}"), f"{relation}_{plain}")
        return given.take(f"{relation}_{plain}", f"{relation}_{plain}_list")
    short = plain.removeprefix(f"{target}_")
    fit = [name for name in (short, plain) if name not in UNFIT and name[0].isalpha()]
    return given.take(*fit, f"{target}_{plain}", f"{plain}_list")
