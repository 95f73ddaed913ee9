"""From what was found to a draft of a contract. Pure: the same findings give the same draft."""

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import replace

from charter.contract.types import Scalar
from charter.core.names import plural
from charter.understand.attributes import fill, key_reference, searchable
from charter.understand.draft import (
    Alias,
    Argument,
    Code,
    Concern,
    Draft,
    Omission,
    ResourceDraft,
)
from charter.understand.found import Found
from charter.understand.lists import add_inverses, add_links
from charter.understand.names import Given, snake_of, table_words
from charter.understand.references import References, references_of
from charter.understand.sketch import Meaning, Sketch, sketches
from charter.understand.source import literal, plain
from charter.understand.statements import notes_of, statements_of
from charter.understand.tables import Sorted, sort_out
from charter.understand.words import words_of

_BASES: Mapping[Scalar, str] = {
    Scalar.INTEGER: "Resource[int]",
    Scalar.TEXT: "Resource[str]",
    Scalar.UUID: "Resource",
}
_NO_NAME = frozenset({"sqlite", "sqlite3", "db", "db3", "database"})
"""Words at the end of a database's name that say no more than that it is one."""
_WORDS = ("actor", "allow", "dt", "field", "inverse", "linked", "now", "owned", "row")


def drafted(found: Found, name: str) -> Draft:
    """The draft of a contract. `name` is that of the database."""
    tables = sort_out(found)
    classes = Given()
    words = table_words([item.table.name for item in tables.keyed], found.made)
    made = sketches(found, tables, words, classes)
    references = _writable(references_of(tables, words, found.made), made)
    aliases: dict[str, list[Alias]] = {}
    before: set[str] = set()
    for sketch in made.values():
        above = frozenset(before)
        before.add(sketch.name)
        aliases[sketch.name] = fill(found, sketch, references, made, above, classes)
    for sketch in made.values():
        for why in key_reference(sketch, references):
            sketch.notes.append(f"look: {why}")
            sketch.concern("id", "a key that refers to a row", why)
    add_inverses(made, references.made)
    add_links(made, tables.pairs, found.made)
    variable = _variable(name)
    return Draft(
        name=variable,
        variable=variable,
        doc=_doc(found, name),
        resources=tuple(
            _resource(found, item, aliases[item.name])
            for item in made.values()
            if item.meaning is not Meaning.USER
        ),
        statements=tuple(said for item in made.values() for said in statements_of(item)),
        omitted=tuple(Omission(table, why) for table, why in tables.omitted.items()),
        concerns=tuple(_concerns(tables, made)),
        searched=tuple(
            f"{item.name}.{field}"
            for item in made.values()
            if not item.own
            for field in searchable(item)
        ),
    )


def _writable(references: References, made: Mapping[str, Sketch]) -> References:
    """The references; rows that nobody can write are nobody's parts, and have none."""
    return References(
        tuple(
            replace(item, owned=False)
            if made[item.source.table.name].read_only or made[item.target.table.name].read_only
            else item
            for item in references.made
        ),
        references.refused,
    )


def _resource(found: Found, sketch: Sketch, aliases: list[Alias]) -> ResourceDraft:
    notes = [*sketch.notes, *notes_of(sketch)]
    return ResourceDraft(
        sketch.name,
        Code("User" if sketch.meaning is Meaning.ACCOUNTS else _BASES[sketch.key.scalar]),
        tuple(_decorator(sketch)),
        found.about(sketch.table).comment,
        tuple(sketch.attributes),
        tuple(aliases),
        tuple(notes),
        sketch.part,
        "accounts" if sketch.meaning is Meaning.ACCOUNTS else "resource",
    )


def _decorator(sketch: Sketch) -> Iterator[Argument]:
    if sketch.plural is not None:
        yield Argument(literal(sketch.plural), "plural")
    if sketch.own:
        return
    yield Argument(literal(sketch.table.name), "table")
    if sketch.key.column != "id":
        yield Argument(literal(sketch.key.column), "key")
    if sketch.key.given:
        yield Argument(Code("True"), "given_keys")
    for word, column in sketch.stamps.items():
        yield Argument(literal(column), word)
    if sketch.stamps_stored:
        yield Argument(literal(sketch.stamps_stored), "stamps_stored")
    if sketch.read_only:
        yield Argument(Code("True"), "read_only")


def _variable(name: str) -> str:
    words = list(words_of(name))
    while len(words) > 1 and words[-1] in _NO_NAME:
        words.pop()
    name = snake_of(words, "service")
    # What ends like that is called as a policy may be.
    fit = f"{name}_service" if name.endswith("_policy") else name
    return Given((*_WORDS, *keyword.kwlist)).take(fit, "service")


def _doc(found: Found, name: str) -> str:
    seen = (table for table in found.schema.tables if not table.modifiers.startswith("a "))
    counted = [about for table in seen if not (about := found.about(table)).part]
    rows = sum(item.rows or 0 for item in counted)
    exact = all(item.exact for item in counted)
    tables = len(found.schema.tables)
    told = f"{tables} {_counted('table', tables)}"
    told += f", {'' if exact else 'about '}{rows:,} {_counted('row', rows)}"
    return "\n".join(
        (
            f"What {plain(name)} serves: a contract drafted from its database.",
            "",
            f"Found in {found.place} ({found.server}) on {found.on}: {told}. "
            "The tables are used as they are.",
            "Nobody may do anything until the policies say so. "
            "What needs a person's eye is marked with 'look:'.",
        )
    )


def _counted(word: str, number: int) -> str:
    return word if number == 1 else plural(word)


def _concerns(tables: Sorted, made: Mapping[str, Sketch]) -> Iterator[Concern]:
    for sketch in made.values():
        yield from sketch.concerns
    for table, why in tables.omitted.items():
        yield Concern(table, "not drafted", why)
