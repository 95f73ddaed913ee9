"""The types of a client in Python: rows, filters, what goes in, and errors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword, kwlist

from charter.client.model import (
    Failure,
    Member,
    Model,
    Named,
    Row,
    Shape,
    Shown,
    Struct,
    Test,
)
from charter.client.naming import choice_names, type_names
from charter.client.python.text import STEP, annotated, bracketed, docstring, literal, quoted
from charter.contract.types import Scalar

_SCALARS: Mapping[Scalar, str] = {
    Scalar.TEXT: "str",
    Scalar.EMAIL: "str",
    Scalar.URL: "str",
    Scalar.CHOICE: "str",
    Scalar.INTEGER: "int",
    Scalar.BOOLEAN: "bool",
    Scalar.FLOAT: "float",
    Scalar.DECIMAL: "Decimal",
    Scalar.DATE: "date",
    Scalar.DATETIME: "datetime",
    Scalar.UUID: "UUID",
    Scalar.JSON: "Any",
}
IMPORTED: Mapping[str, tuple[str, ...]] = {
    "collections.abc": ("AsyncIterator", "Iterator", "Mapping", "Sequence"),
    "datetime": ("date", "datetime"),
    "decimal": ("Decimal",),
    "typing": ("Any", "Literal", "NotRequired", "TypedDict", "Unpack"),
    "uuid": ("UUID",),
}
"""What a client may need of the standard library."""
PROBLEMS = "PROBLEMS"
"""The errors of a contract, by their codes."""
_PARTS = ("Where", "Field", "Include", "Sort", "Measure", "Group", "Shown", "Writing")
_MEANT = frozenset({*_SCALARS.values(), "tuple", "rt", "self"})
_OF_PROBLEMS = frozenset(
    {
        "add_note", "args", "code", "detail", "flaws", "instance", "members", "status", "title",
        "with_traceback",
    }
)  # fmt: skip


def escaped(name: str) -> str:
    """A name that Python, or the class that it stands in, does not take for something else."""
    return f"{name}_" if iskeyword(name) or name in _MEANT else name


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the types of a model are spelt."""

    names: Mapping[str, str]
    choices: Mapping[tuple[str, ...], str]
    sync: bool = False
    """Whether nothing is awaited."""

    @property
    def iterator(self) -> str:
        """What rows come out of one by one."""
        return "Iterator" if self.sync else "AsyncIterator"

    def of(self, shape: Shape, *, given: bool = False) -> str:
        """The annotation of a value: one that an answer shows, or one that is `given`."""
        item = shape.item
        if isinstance(item, Named):
            found = " | ".join(self.names[name] for name in item.names)
        else:
            found = self.choices.get(item.choices) or _SCALARS[item.scalar]
            if given and item.scalar is Scalar.DECIMAL:
                found = "Decimal | int"
        if shape.many:
            found = f"Sequence[{found}]" if given else f"tuple[{found}, ...]"
        return f"{found} | None" if shape.nullable and found != "Any" else found


def spelling(model: Model, *, sync: bool = False) -> Spelling:
    imported = (name for names in IMPORTED.values() for name in names)
    names = type_names(model, {*imported, *kwlist, PROBLEMS}, _PARTS)
    return Spelling(names, choice_names(model, names), sync)


def types(model: Model, spelt: Spelling) -> Iterator[str]:
    """The source of all types."""
    for words, name in spelt.choices.items():
        yield from literal(name, words)
    for row in model.rows:
        yield from _words(row, spelt)
    for row in model.rows:
        yield from _row(row, spelt)
    for struct in model.structs:
        yield from _struct(struct, spelt)
    for call in model.all_calls:
        if call.input is not None:
            yield from _struct(call.input, spelt)
    for row in model.rows:
        yield from _where(row, spelt)
        yield from _options(row, spelt)
    for failure in model.failures:
        yield from _failure(failure, spelt)


def _words(row: Row, spelt: Spelling) -> Iterator[str]:
    for part, words in (
        ("Field", row.fields),
        ("Include", row.include),
        ("Sort", row.sort),
        ("Measure", row.measures),
        ("Group", row.groups),
    ):
        if words:
            yield from literal(spelt.names[f"{row.name}.{part}"], words)


def _row(row: Row, spelt: Spelling) -> Iterator[str]:
    yield from _class(spelt.names[row.name], "rt.Row", row.doc)
    if row.doc.strip():
        yield ""
    for member in row.members:
        annotation, value = spelt.of(member.shape), ""
        match member.shown:
            case Shown.ALLOWED:
                annotation, value = _or_none(annotation), " = None"
            case Shown.INCLUDED:
                value = " = rt.included()"
            case Shown.CUT:
                value = " = False"
        yield from annotated(escaped(member.name), annotation, value=value)
        yield from docstring(_said(member))


def _said(member: Member) -> str:
    hints = {
        Shown.ALLOWED: "None where a policy hides it.",
        Shown.INCLUDED: f"With `include={member.name}`.",
    }
    return "\n\n".join(part for part in (member.doc.strip(), hints.get(member.shown)) if part)


def _or_none(annotation: str) -> str:
    return (
        annotation
        if annotation == "Any" or annotation.endswith(" | None")
        else f"{annotation} | None"
    )


def _class(name: str, base: str, doc: str = "") -> Iterator[str]:
    yield ""
    yield ""
    yield f"class {name}({base}):"
    yield from docstring(doc)


def _struct(struct: Struct, spelt: Spelling) -> Iterator[str]:
    name = spelt.names[struct.name]
    if any(escaped(member.name) != member.name for member in struct.members):
        yield from _spelt_out(name, struct, spelt)
        return
    yield from _class(name, "TypedDict")
    for member in struct.members:
        annotation = spelt.of(member.shape, given=True)
        if not member.required:
            annotation = f"NotRequired[{annotation}]"
        yield from annotated(member.name, annotation)
        yield from docstring(member.doc)
    if not struct.members:
        yield f"{STEP}pass"


def _spelt_out(name: str, struct: Struct, spelt: Spelling) -> Iterator[str]:
    """The same for names that no class can have as they are."""
    items = []
    for member in struct.members:
        annotation = quoted(spelt.of(member.shape, given=True))
        if not member.required:
            annotation = f"NotRequired[{annotation}]"
        items.append(f"{quoted(member.name)}: {annotation}")
    yield from ("", "", f"{name} = TypedDict(")
    yield f"{STEP}{quoted(name)},"
    yield from bracketed("{", items, "},", STEP, apart=True)
    yield ")"


def _where(row: Row, spelt: Spelling) -> Iterator[str]:
    name = spelt.names[f"{row.name}.Where"]
    yield from _class(name, "TypedDict, total=False", _FILTERS)
    yield ""
    plain = {item.field for item in row.tests} | row.relations.keys()
    for test in row.tests:
        if test.comparator == "eq":
            key = escaped(test.field)
        else:
            key = f"{test.field}_{test.comparator}"
            if key in plain:
                continue
        yield from annotated(key, _tested(test, row, spelt))
    for relation, target in row.relations.items():
        yield from annotated(escaped(relation), spelt.names[f"{target}.Where"])
    yield from annotated("any_", f"Sequence[{name}]")
    yield from annotated("all_", f"Sequence[{name}]")
    yield from annotated("not_", name)


_FILTERS = "A test of each field that is named; all of them have to hold."


def _tested(test: Test, row: Row, spelt: Spelling) -> str:
    found = spelt.of(test.shape, given=True)
    nullable = any(item.field == test.field and item.comparator == "null" for item in row.tests)
    return _or_none(found) if nullable and test.comparator in ("eq", "ne") else found


def _options(row: Row, spelt: Spelling) -> Iterator[str]:
    """What a row's reads and writes can be told to show."""
    shown = spelt.names[f"{row.name}.Shown"]
    yield from _class(shown, "TypedDict, total=False", "What is shown of a row.")
    yield ""
    yield from annotated("fields", f"Sequence[{spelt.names[f'{row.name}.Field']}]")
    if row.include:
        yield from annotated("include", f"Sequence[{spelt.names[f'{row.name}.Include']}]")
    writing = spelt.names[f"{row.name}.Writing"]
    yield from _class(writing, f"{shown}, rt.Writing, total=False", "How a row is written.")


def _failure(failure: Failure, spelt: Spelling) -> Iterator[str]:
    yield from _class(spelt.names[failure.name], "rt.Problem", failure.doc)
    if failure.members and failure.doc.strip():
        yield ""
    for member in failure.members:
        name = escaped(member.name)
        name = f"{name}_" if name in _OF_PROBLEMS else name
        yield from annotated(name, spelt.of(member.shape))
        yield from docstring(member.doc)
    if not failure.members and not failure.doc.strip():
        yield f"{STEP}pass"
