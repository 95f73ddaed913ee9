"""Contracts whose names mean something in Python, in TypeScript, or in what is written."""

from dataclasses import replace

from hypothesis import strategies as st

from charter.contract.command import Command, DeclaredError, On, Parameter, Result
from charter.contract.contract import Contract
from charter.contract.expression import NEVER
from charter.contract.resource import Field, Hide, Made, Policy, Relation, Resource, SetBy
from charter.contract.types import DATETIME, INTEGER, TEXT, UUID, Scalar, Type
from charter.core.names import kebab, plural, snake
from charter.core.problems import Family

TYPE_NAMES = (
    "Order", "OrderLine", "OrderNew", "OrderWhere", "OrderLinesApi", "DrawnClient", "Any", "None",
    "True", "Literal", "UUID", "Decimal", "Sequence", "Mapping", "TypedDict", "Object", "Promise",
    "Record", "String", "Symbol", "Problem", "Row", "Unpack", "PROBLEMS", "SHAPES", "Error", "A1B",
)  # fmt: skip
NAMES = (
    "class", "from", "import", "in", "is", "async", "await", "lambda", "type", "match", "self",
    "delete", "default", "function", "new", "constructor", "typeof", "var", "prototype", "enum",
    "str", "int", "float", "bool", "list", "tuple", "dict", "set", "date", "datetime", "uuid",
    "any", "all", "rt", "http", "path", "rows", "values", "where", "filter", "how", "options",
    "get", "create", "update", "replace", "export", "follow", "summarize", "batch", "close",
    "total", "total_gte", "total_gte_in", "code", "status", "args", "members", "title", "a_1",
    "a1", "x" * 48,
)  # fmt: skip
DOCS = (
    "", "What it is.", '"Quoted"', 'Ends with """', "A \\ and a */ here", "Two lines.\n\n    More.",
    "'", "  \n ", "äöü ✓", "`{x}` ${y}",
)  # fmt: skip
WORDS = ("a", "b", 'say "x"', "it's", "new\nline", "back\\slash", "äöü ✓", "", "both '\" of them")

names = st.sampled_from(NAMES)
docs = st.sampled_from(DOCS)


@st.composite
def types(draw: st.DrawFn) -> Type:
    scalar = draw(st.sampled_from(list(Scalar)))
    choices: tuple[str, ...] = ()
    if scalar is Scalar.CHOICE:
        choices = tuple(draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True)))
    many = scalar is not Scalar.JSON and draw(st.integers(0, 4)) == 0
    return Type(scalar, many=many, choices=choices)


@st.composite
def _field(draw: st.DrawFn, name: str) -> Field:
    kind = draw(types())
    return Field(
        name,
        kind,
        optional=draw(st.booleans()),
        search=kind.scalar is Scalar.TEXT and not kind.many and draw(st.booleans()),
        set_by=draw(st.sampled_from([SetBy.CLIENT, *SetBy])),
        write_only=draw(st.integers(0, 7)) == 0,
        hidden=draw(st.integers(0, 7)) == 0,
        doc=draw(docs),
    )


@st.composite
def _parameters(draw: st.DrawFn) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name, draw(types()), optional=draw(st.booleans()), doc=draw(docs))
        for name in draw(st.lists(names, max_size=3, unique=True))
    )


@st.composite
def _command(draw: st.DrawFn, name: str, rows: tuple[str, ...]) -> Command:
    resource = draw(st.sampled_from([*rows, None]))
    on = On.NOTHING if resource is None else draw(st.sampled_from([On.ROW, On.COLLECTION]))
    row = draw(st.sampled_from(rows))
    results = [Result(), Result(row), Result(row, many=True), Result(type=draw(types()))]
    raises = draw(st.sampled_from([(), ("Problem",), ("Late", "Problem")]))
    inputs, result = draw(_parameters()), draw(st.sampled_from(results))
    return Command(name, resource, on, inputs, result, raises=raises, doc=draw(docs))


@st.composite
def _resource(draw: st.DrawFn, name: str) -> Resource:
    key = draw(st.sampled_from([UUID, INTEGER, TEXT]))
    made = {Scalar.UUID: Made.UUID7, Scalar.INTEGER: Made.SERIAL}.get(key.scalar)
    own = tuple(draw(_field(item)) for item in draw(st.lists(names, max_size=6, unique=True)))
    base = (
        Field("id", key, set_by=SetBy.SYSTEM, default=made),
        *own,
        Field("created_at", DATETIME, set_by=SetBy.SYSTEM, default=Made.NOW),
        Field("version", INTEGER, set_by=SetBy.SYSTEM),
    )
    hidden = draw(st.sets(st.sampled_from([item.name for item in base])))
    policy = Policy(hides=tuple(Hide(item, NEVER) for item in sorted(hidden)))
    return Resource(
        name,
        plural(snake(name)),
        kebab(plural(snake(name))),
        base,
        policy=policy,
        conditional_writes=draw(st.booleans()),
        append_only=draw(st.integers(0, 4)) == 0,
        doc=draw(docs),
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Some kinds of row that lead to each other, the second a part of the first; commands."""
    called = draw(st.lists(st.sampled_from(TYPE_NAMES), min_size=2, max_size=4, unique=True))
    rows = [draw(_resource(name)) for name in called]
    free = [
        [name for name in NAMES if name not in row.field_named and f"{name}_id" not in called]
        for row in rows
    ]
    up, down = free[1][0], free[0][0]
    many, link, one = draw(st.permutations(free[0][1:]))[:3]
    back = Field(f"{up}_id", rows[0].key.type, references=called[0])
    over = Field(f"{one}_id", rows[-1].key.type, references=called[-1], optional=True)
    rows[1] = replace(
        rows[1],
        fields=(*rows[1].fields, back),
        relations=(Relation(up, called[0], "one", back.name, "id"),),
        owner=up,
    )
    rows[0] = replace(
        rows[0],
        fields=(*rows[0].fields, over),
        relations=(
            Relation(down, called[1], "many", "id", back.name, owned=True, doc=draw(docs)),
            Relation(many, called[1], "many", "id", back.name),
            Relation(link, called[-1], "link", "id", "id"),
            Relation(one, called[-1], "one", over.name, "id", optional=True),
        ),
    )
    commands = draw(st.lists(names, max_size=5, unique=True))
    families = (Family.CONFLICT, Family.MISSING)
    return Contract(
        "drawn",
        "1",
        tuple(rows),
        commands=tuple(draw(_command(name, tuple(called))) for name in commands),
        errors=tuple(
            DeclaredError(name, name.lower(), family, draw(_parameters()), draw(docs))
            for name, family in zip(("Late", "Problem"), families, strict=True)
            if name not in called
        ),
        doc=draw(docs),
    )
