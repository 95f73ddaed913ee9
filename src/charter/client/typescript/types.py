"""The types of a client in TypeScript: rows, filters, what goes in, and errors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from charter.client.model import Failure, Member, Model, Named, Row, Shape, Shown, Struct
from charter.client.naming import choice_names, type_names
from charter.client.typescript.text import STEP, WIDTH, comment, union
from charter.contract.types import Scalar

_SCALARS: Mapping[Scalar, str] = {
    Scalar.INTEGER: "number",
    Scalar.BOOLEAN: "boolean",
    Scalar.FLOAT: "number",
    Scalar.JSON: "unknown",
}
"""All others are texts; a decimal is one since a number would round it."""
_TAKEN = ("AsyncGenerator", "Object", "PROBLEMS", "Promise", "Record", "SHAPES")
_PARTS = (
    "Where", "Field", "Include", "Sort", "Measure", "Group", "Shown", "Writing", "Reading",
    "Listing",
)  # fmt: skip
_EQUALITY = ("eq", "ne", "in", "nin")
_ORDER = ("lt", "lte", "gt", "gte")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the types of a model are spelt."""

    names: Mapping[str, str]
    choices: Mapping[tuple[str, ...], str]

    def of(self, shape: Shape, *, given: bool = False) -> str:
        """The type of a value: one that an answer shows, or one that is `given`."""
        item = shape.item
        if isinstance(item, Named):
            found = " | ".join(self.names[name] for name in item.names)
        else:
            found = self.choices.get(item.choices) or _SCALARS.get(item.scalar, "string")
        if shape.many:
            found = f"({found})[]" if " | " in found else f"{found}[]"
            found = f"readonly {found}" if given else found
        return f"{found} | null" if shape.nullable and found != "unknown" else found


def spelling(model: Model) -> Spelling:
    names = type_names(model, _TAKEN, _PARTS)
    return Spelling(names, choice_names(model, names))


def types(model: Model, spelt: Spelling) -> Iterator[str]:
    """The source of all types."""
    for words, name in spelt.choices.items():
        yield from union(name, words)
        yield ""
    for row in model.rows:
        yield from _row(row, spelt)
    for struct in model.structs:
        yield from _struct(struct, spelt)
    for call in model.all_calls:
        if call.input is not None:
            yield from _struct(call.input, spelt)
    for row in model.rows:
        yield from _words(row, spelt)
        yield from _where(row, spelt)
        yield from _options(row, spelt)
    for failure in model.failures:
        yield from _failure(failure, spelt)
    yield from _shapes(model)


def _row(row: Row, spelt: Spelling) -> Iterator[str]:
    members = [
        (member, "" if member.shown is Shown.ALWAYS else "?", spelt.of(member.shape))
        for member in row.members
    ]
    yield from _interface(spelt.names[row.name], row.doc, members)


def _struct(struct: Struct, spelt: Spelling) -> Iterator[str]:
    members = []
    for member in struct.members:
        kind = spelt.of(member.shape, given=True)
        optional = not member.required
        kind = f"{kind} | undefined" if optional and kind != "unknown" else kind
        members.append((member, "?" if optional else "", kind))
    yield from _interface(spelt.names[struct.name], struct.doc, members)


def _interface(
    name: str, doc: str, members: list[tuple[Member, str, str]], extends: str = ""
) -> Iterator[str]:
    yield from comment(doc)
    if not members:
        yield f"export interface {name}{extends} {{}}"
        yield ""
        return
    yield f"export interface {name}{extends} {{"
    for member, mark, kind in members:
        yield from comment(_said(member), STEP)
        yield f"{STEP}{member.name}{mark}: {kind};"
    yield "}"
    yield ""


def _said(member: Member) -> str:
    hints = {
        Shown.ALLOWED: "Not there where a policy hides it.",
        Shown.INCLUDED: f"With `include: [{member.name!r}]`.".replace("'", '"'),
    }
    return "\n\n".join(part for part in (member.doc.strip(), hints.get(member.shown)) if part)


def _words(row: Row, spelt: Spelling) -> Iterator[str]:
    for part, words in (
        ("Field", row.fields),
        ("Include", row.include),
        ("Sort", row.sort),
        ("Measure", row.measures),
        ("Group", row.groups),
    ):
        if words:
            yield from union(spelt.names[f"{row.name}.{part}"], words)
            yield ""


def _where(row: Row, spelt: Spelling) -> Iterator[str]:
    name = spelt.names[f"{row.name}.Where"]
    yield from comment("A test of each field that is named; all of them have to hold.")
    yield f"export interface {name} extends rt.Groups<{name}> {{"
    for field in dict.fromkeys(test.field for test in row.tests):
        tests = {test.comparator: test.shape for test in row.tests if test.field == field}
        first = tests.get("eq") or tests.get("contains") or next(iter(tests.values()))
        comparators = " | ".join(_comparators(tests))
        yield f"{STEP}{field}?: rt.Test<{spelt.of(first)}, {comparators}>;"
    for relation, target in row.relations.items():
        yield f"{STEP}{relation}?: {spelt.names[f'{target}.Where']} | undefined;"
    yield "}"
    yield ""


def _comparators(tests: Mapping[str, Shape]) -> Iterator[str]:
    """The union of what a field is tested with, in as few words as there are for it."""
    left = list(tests)
    for name, words in (("rt.Order", (*_EQUALITY, *_ORDER)), ("rt.Equality", _EQUALITY)):
        if all(word in left for word in words):
            yield name
            left = [word for word in left if word not in words]
    yield from (f'"{word}"' for word in left)


def _options(row: Row, spelt: Spelling) -> Iterator[str]:
    """What reads and writes of a row can be told."""

    def of(part: str) -> str:
        return spelt.names[f"{row.name}.{part}"]

    include = of("Include") if row.include else "never"
    searching = ", rt.Searching" if row.searches else ""
    sorting = f", rt.Sorting<{of('Sort')}>" if row.sort else ""
    for name, bases in (
        (of("Shown"), f"rt.Shown<{of('Field')}, {include}>"),
        (of("Writing"), f"{of('Shown')}, rt.Writing"),
        (of("Reading"), f"{of('Shown')}, rt.Filtering<{of('Where')}>{searching}"),
        (of("Listing"), f"{of('Reading')}, rt.Paging{sorting}"),
    ):
        line = f"export interface {name} extends {bases} {{}}"
        if len(line) <= WIDTH:
            yield line
        else:
            yield f"export interface {name}"
            yield f"  extends {bases} {{}}"
        yield ""


def _failure(failure: Failure, spelt: Spelling) -> Iterator[str]:
    yield from comment(failure.doc)
    name = spelt.names[failure.name]
    if not failure.members:
        yield f"export class {name} extends rt.Problem<Record<string, never>> {{}}"
    else:
        yield f"export class {name} extends rt.Problem<{{"
        for member in failure.members:
            yield from comment(member.doc, STEP)
            yield f"{STEP}{member.name}: {spelt.of(member.shape)};"
        yield "}> {}"
    yield ""


def _shapes(model: Model) -> Iterator[str]:
    """The relations by which filters go from one kind of row to others."""
    yield "const SHAPES = {"
    for row in model.rows:
        items = [
            f"{name}: (): rt.Shape => SHAPES.{target}" for name, target in row.relations.items()
        ]
        line = f"{STEP}{row.name}: {{ {', '.join(items)} }},"
        if not items:
            yield f"{STEP}{row.name}: {{}},"
        elif len(line) <= WIDTH:
            yield line
        else:
            yield f"{STEP}{row.name}: {{"
            yield from (f"{STEP}{STEP}{item}," for item in items)
            yield f"{STEP}}},"
    yield "};"
    yield ""
