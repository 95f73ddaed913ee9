"""The lines of a class that are columns: fields and references."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from charter.core.names import pascal
from charter.sql.names import FOLDED
from charter.sql.schema import Column, Table
from charter.understand import eye
from charter.understand.draft import Alias, Argument, Attribute, Call, Code
from charter.understand.fields import Read, attribute_of, needs_name
from charter.understand.found import Found
from charter.understand.names import CHARTERS_CLASSES, UNFIT, Given, field_name, snake_of
from charter.understand.references import Reference, References, unique_columns
from charter.understand.sketch import Sketch, automatic
from charter.understand.source import literal
from charter.understand.words import singular, words_of

_KEY_WORDS = frozenset({"id", "fk", "uuid", "ref"})
_NUMBER_WORDS = frozenset({"no", "nr", "num", "number", "code", "key"})
_ROOM = 4
"""Letters that a reference leaves for the `_id` of its field."""


def fill(
    found: Found,
    sketch: Sketch,
    references: References,
    named: Mapping[str, Sketch],
    before: frozenset[str],
    classes: Given,
) -> list[Alias]:
    """Adds the fields and references of a resource; gives the names of longer choices.

    `before` are the classes that stand above it in the file.
    """
    aliases: list[Alias] = []
    mine = {
        item.column.name: item
        for item in references.made
        if item.source.table.name == sketch.table.name
    }
    unique = unique_columns(sketch.table)
    for column in sketch.table.columns:
        if automatic(sketch, column.name):
            continue
        reference = mine.get(column.name)
        read = sketch.reads[column.name]
        doc = found.about_column(sketch.table, column).comment
        if reference is not None:
            target = named[reference.target.table.name]
            sketch.attributes.append(_reference(sketch, reference, target, before, doc))
        elif read.type is None:
            _left_out(sketch, column, read)
        else:
            name = field_name(words_of(column.name), sketch.snake, sketch.given)
            alias = _alias(sketch, name, read, classes)
            aliases += alias
            kept = (column.name,) in unique
            attribute = attribute_of(name, read, doc, alias[0].name if alias else "", unique=kept)
            attribute = _searched(sketch, column.name, attribute)
            sketch.fields[column.name] = name
            notes = [*_refused(sketch, references, column), *_renamed(sketch, column.name, name)]
            notes = notes or list(_unheld(sketch, column.name, name, named))
            sketch.attributes.append(_with_notes(attribute, notes))
            _tell(sketch, name, read)
    _suspect(sketch)
    return aliases


def _alias(sketch: Sketch, name: str, read: Read, classes: Given) -> list[Alias]:
    if read.type is None or not needs_name(read.type):
        return []
    said = classes.take(f"{sketch.name}{pascal(name)}")
    return [Alias(said, read.type.choices)]


def _searched(sketch: Sketch, column: str, attribute: Attribute) -> Attribute:
    """The field with `search=True` where Charter keeps its text folded already."""
    if not (sketch.own and f"{column}{FOLDED}" in sketch.reads):
        return attribute
    search = Argument(Code("True"), "search")
    match attribute.value:
        case Call(word, arguments):
            return replace(attribute, value=Call(word, (*arguments, search)))
        case None:
            return replace(attribute, value=Call("field", (search,)))
        case code:
            return replace(attribute, value=Call("field", (Argument(code, "default"), search)))


def _renamed(sketch: Sketch, column: str, name: str) -> Iterator[str]:
    """Tells of a column whose own name could not be the field's."""
    own = "_".join(words_of(column))
    why = f"{own} has a meaning in contracts, or in Python" if own in UNFIT else ""
    why = why or ("" if own else f"{column} has no letter that a name can have")
    if why:
        sketch.concern(name, "another name", why)
        yield f"look: another name, since {why}"


def _tell(sketch: Sketch, name: str, read: Read) -> None:
    for remark in read.remarks:
        sketch.concern(name, remark.what, remark.why)


def _left_out(sketch: Sketch, column: Column, read: Read) -> None:
    for remark in read.remarks:
        sketch.notes.append(f"look: the column {column.name} is left out: {remark.why}")
        sketch.concern(column.name, remark.what, remark.why)


def _with_notes(attribute: Attribute, notes: Iterable[str]) -> Attribute:
    return replace(attribute, notes=(*attribute.notes, *notes))


def _refused(sketch: Sketch, references: References, column: Column) -> Iterator[str]:
    """Why a column with a foreign key is a plain value."""
    for item in references.refused:
        if item.table == sketch.table.name and column.name in item.columns:
            sketch.concern(sketch.fields[column.name], "a foreign key as a value", item.why)
            yield f"look: a plain value, since {item.why}"


def _unheld(sketch: Sketch, column: str, name: str, named: Mapping[str, Sketch]) -> Iterator[str]:
    """Tells of a column that is called like the key of another resource, and refers to none."""
    *stem, last = words_of(column) or ("",)
    target = next((item.name for item in named.values() if "_".join(stem) in _called(item)), None)
    if last == "id" and target is not None:
        why = f"it looks like the key of {target}, and no foreign key holds it"
        sketch.concern(name, "a reference without a foreign key", why)
        yield f"look: {why}"


def _called(sketch: Sketch) -> tuple[str, str]:
    """What the rows of a resource are called, in the contract and by their table."""
    words = words_of(sketch.table.name) or ("",)
    return sketch.snake, "_".join((*words[:-1], singular(words[-1])))


# -- references ------------------------------------------------------------------------------
def reference_words(column: str) -> tuple[str, ...]:
    """The words of a reference: those of its column, without what says that it is a key."""
    words = words_of(column)
    if len(words) > 1 and words[-1] in _NUMBER_WORDS:
        words = words[:-1]
    while len(words) > 1 and words[-1] in _KEY_WORDS:
        words = words[:-1]
    while len(words) > 1 and words[0] in _KEY_WORDS:
        words = words[1:]
    return words


def _reference_name(sketch: Sketch, column: str, target: str) -> str:
    """A name that is free, as is that of the field that a contract makes of it (`…_id`)."""
    own = snake_of(reference_words(column), target)
    named = [name for name in (own, target) if name not in UNFIT and name != "id"]
    for name in (*named, f"{sketch.snake}_{own}", f"{sketch.snake}_{target}"):
        short = name[: 48 - _ROOM].rstrip("_")
        if sketch.given.free(short) and sketch.given.free(f"{short}_id"):
            break
    else:
        short = _numbered(sketch.given, short)
    sketch.given.take(f"{short}_id")
    return sketch.given.take(short)


def _numbered(given: Given, name: str) -> str:
    number = 2
    while not (given.free(f"{name}{number}") and given.free(f"{name}{number}_id")):
        number += 1
    return f"{name}{number}"


def _reference(
    sketch: Sketch, item: Reference, target: Sketch, before: frozenset[str], doc: str
) -> Attribute:
    column = item.column
    column_name = column.name.removesuffix("_id") if sketch.own else column.name
    name = _reference_name(sketch, column_name, target.snake)
    sketch.fields[column.name] = name
    sketch.references.add(column.name)
    shown = f"{target.name} | None" if column.nullable else target.name
    annotation = Code(shown) if target.name in before else literal(shown)
    notes = []
    if not _indexed(sketch.table, column.name):
        why = f"no index begins with it: to find the rows of one {target.name} reads all of them"
        sketch.concern(name, "a reference without an index", why)
        notes.append(f"look: {why}")
    arguments = tuple(_options(item, name, doc))
    if [argument.name for argument in arguments] == ["default"]:
        return Attribute(name, annotation, Code("None"), tuple(notes))
    value = Call("field", arguments) if arguments else None
    return Attribute(name, annotation, value, tuple(notes))


def _options(item: Reference, name: str, doc: str) -> Iterator[Argument]:
    if item.column.name != f"{name}_id":
        yield Argument(literal(item.column.name), "column")
    if item.column.nullable:
        yield Argument(Code("None"), "default")
    if item.unique:
        yield Argument(Code("True"), "unique")
    if item.on_delete != "restrict" and not item.owned:
        yield Argument(literal(item.on_delete), "on_delete")
    if doc:
        yield Argument(literal(doc), "doc")


def _indexed(table: Table, column: str) -> bool:
    leading = {names[0] for names in unique_columns(table)}
    leading |= {table.key.columns[0]} if table.key is not None else set()
    leading |= {index.columns[0].name for index in table.indexes if index.where is None}
    return column in leading


# -- what names suggest ----------------------------------------------------------------------
def _suspect(sketch: Sketch) -> None:
    """What the names of several columns, or of a class, say together."""
    names = {"_".join(words_of(column)): column for column in sketch.fields}
    for name, column in names.items():
        stem = name.removesuffix("_type")
        other = names.get(f"{stem}_id") or (names.get("object_id") if stem == "content" else None)
        if stem != name and other is not None:
            why = f"{column} and {other} look like a reference to rows of several tables"
            sketch.concern(sketch.fields[other], "a polymorphic reference", why)
            sketch.notes.append(f"look: {why}")
    if _own_class(sketch):
        why = f"{_own_class(sketch)} is a word of Charter's, or of Python's"
        sketch.concern("", "another name", why)
    elif not words_of(sketch.table.name):
        why = f"{sketch.table.name} has no letter that a name can have"
        sketch.concern("", "another name", why)
    if "version" in sketch.stamps and sketch.stamps["version"].lower() == "version":
        why = "version is taken for the number of a row's changes, which Charter counts"
        sketch.concern("version", "a version", why)
        sketch.notes.append(f"look: {why}")
    if eye.secret(words_of(sketch.key.column)):
        why = f"the key {sketch.key.column} looks like a secret, and stands in every address"
        sketch.concern("id", "a secret as a key", why)
        sketch.notes.append(f"look: {why}")
    if sketch.key.chosen:
        why = f"there is no usable primary key; the unique {sketch.key.column} is taken for it"
        sketch.concern("id", "another key", why)
        sketch.notes.append(f"look: {why}")
    if "with row security" in sketch.table.modifiers:
        why = "row security hides rows from this user, and no service starts on a part of them"
        sketch.concern("", "row security", why)
        sketch.notes.append(f"look: {why}")
    if sketch.read_only:
        why = "no rows can be written: a column that is left out needs a value"
        sketch.concern("", "read only", why)
        sketch.notes.append(f"look: {why}")


def _own_class(sketch: Sketch) -> str:
    """The name that the class would have had, where that is taken by Charter."""
    words = words_of(sketch.table.name)
    name = pascal("_".join((*words[:-1], singular(words[-1])))) if words else ""
    return name if name in CHARTERS_CLASSES and name != sketch.name else ""


def searchable(sketch: Sketch) -> list[str]:
    """The names of the fields that people would search for text."""
    return [
        name
        for column, name in sketch.fields.items()
        if (read := sketch.reads[column]).type is not None
        and read.type.scalar == "text"
        and not read.hidden
        and eye.searched(words_of(column))
    ]


def key_reference(sketch: Sketch, references: References) -> Iterator[str]:
    """Remarks on a key that refers to another row."""
    for item in references.refused:
        if item.table == sketch.table.name and sketch.key.column in item.columns:
            yield item.why
