"""A draft as the text of a Python file, laid out as `ruff format` leaves it."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from charter.core.names import snake
from charter.understand.draft import (
    Alias,
    Argument,
    Attribute,
    Call,
    Code,
    Draft,
    Omission,
    ResourceDraft,
    Statement,
)
from charter.understand.names import UNFIT
from charter.understand.source import WIDTH, comment, docstring, literal

_STRING = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_NAME = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
_TIMES = re.compile(r"\b(datetime|date)\b(?!\.)")
_STANDARD = (
    ("datetime", ("date", "datetime")),
    ("decimal", ("Decimal",)),
    ("typing", ("Literal",)),
    ("uuid", ("UUID",)),
)
_CHARTERS = (
    "Actor", "Contract", "Email", "Json", "Policy", "Resource", "Url", "User",
    "all_of", "allow", "field", "inverse", "is_set", "linked", "now", "one_of", "owned",
    "value_of",
)  # fmt: skip
_SEARCH = "A text search looks at fields with search=True. Those that might have it:"
_LAMBDA = WIDTH - 5
"""Characters of a lambda that fits on a line of its own."""
_CLOSED = """\
# Nobody may do anything yet. Say who may do what in place of each `when=False`, such as
# allow("read") for everybody, or allow("*", when=actor.has_role("staff"))."""


def written(draft: Draft) -> str:
    """The file."""
    draft = _qualified(draft)
    lines = [*docstring(draft.doc, 0), "", *_imports(draft), "", *_body(draft)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _closed(draft: Draft) -> tuple[ResourceDraft, ...]:
    """The resources that need a policy; parts follow their owner."""
    return tuple(item for item in draft.resources if not item.part)


def _body(draft: Draft) -> Iterator[str]:
    yield f"{draft.variable} = Contract({literal(draft.name)})"
    for resource in draft.resources:
        yield from ("", "")
        for alias in resource.aliases:
            yield from _alias(alias)
        yield from ("", "") if resource.aliases else ()
        yield from _resource(draft.variable, resource)
    if draft.searched:
        yield from ("", "")
        yield from comment(f"{_SEARCH} {', '.join(draft.searched)}.", 0)
    if draft.statements:
        yield from ("", "")
        for said in draft.statements:
            yield from _statement(draft.variable, said)
    if _closed(draft):
        yield from ("", "")
        yield from _CLOSED.split("\n")
    for resource in _closed(draft):
        yield from ("", "")
        yield from _policy(draft.variable, resource)
    if draft.omitted:
        yield from ("", "")
        yield from _omitted(draft.omitted)


# -- imports ---------------------------------------------------------------------------------
def _imports(draft: Draft) -> Iterator[str]:
    """What the file uses: found in its code, in which no text of a database stands."""
    used = {"Contract", *(("Actor", "Policy", "allow") if _closed(draft) else ())}
    for code in _codes(draft):
        used |= set(_NAME.findall(_STRING.sub("", code)))
    yield from _standard(used)
    yield from _listed("from charter import ", [name for name in _CHARTERS if name in used])


def _standard(used: Collection[str]) -> Iterator[str]:
    lines = ["import datetime as dt"] if "dt" in used else []
    for module, names in _STANDARD:
        wanted = [name for name in names if name in used]
        if wanted and not (module == "datetime" and "dt" in used):
            lines.append(f"from {module} import {', '.join(wanted)}")
    yield from ([*lines, ""] if lines else [])


def _codes(draft: Draft) -> Iterator[str]:
    for resource in draft.resources:
        yield resource.base
        yield from ("Literal" for _ in resource.aliases)
        for attribute in resource.attributes:
            yield attribute.annotation
            if isinstance(attribute.value, Call):
                yield attribute.value.word
                yield from (argument.code for argument in attribute.value.arguments)
            elif attribute.value is not None:
                yield attribute.value
    for said in draft.statements:
        yield from (argument.code for argument in said.call.arguments)


def _listed(head: str, names: Sequence[str]) -> Iterator[str]:
    whole = head + ", ".join(names)
    if len(whole) <= WIDTH:
        yield whole
        return
    yield f"{head}("
    yield from (f"    {name}," for name in names)
    yield ")"


def _qualified(draft: Draft) -> Draft:
    """The draft with `dt.date` for `date` where a field of that name would hide the type."""
    names = {item.name for resource in draft.resources for item in resource.attributes}
    if not names & {"date", "datetime"}:
        return draft
    return replace(
        draft,
        resources=tuple(
            replace(resource, attributes=tuple(map(_with_module, resource.attributes)))
            for resource in draft.resources
        ),
    )


def _with_module(attribute: Attribute) -> Attribute:
    value = attribute.value
    if isinstance(value, Call):
        arguments = (replace(item, code=_module(item.code)) for item in value.arguments)
        value = Call(value.word, tuple(arguments))
    elif value is not None:
        value = _module(value)
    return replace(attribute, annotation=_module(attribute.annotation), value=value)


def _module(code: Code) -> Code:
    parts = _STRING.split(code)
    return Code(
        "".join(
            part if number % 2 else _TIMES.sub(r"dt.\1", part) for number, part in enumerate(parts)
        )
    )


# -- classes ---------------------------------------------------------------------------------
def _alias(alias: Alias) -> Iterator[str]:
    choices = [literal(choice) for choice in alias.choices]
    yield from _wrapped(f"{alias.name} = Literal", choices, "[", "]", 0)


def _resource(variable: str, resource: ResourceDraft) -> Iterator[str]:
    yield from _notes(resource.notes, 0)
    if resource.decorator:
        yield from _called(f"@{variable}.{resource.word}", resource.decorator, 0)
    else:
        yield f"@{variable}.{resource.word}"
    yield f"class {resource.name}({resource.base}):"
    doc = docstring(resource.doc, 4)
    yield from doc
    if doc and resource.attributes:
        yield ""
    for attribute in resource.attributes:
        yield from _attribute(attribute)
    if not doc and not resource.attributes:
        yield "    pass"


def _attribute(attribute: Attribute) -> Iterator[str]:
    yield from _notes(attribute.notes, 4)
    head = f"    {attribute.name}: {attribute.annotation}"
    match attribute.value:
        case None:
            yield head if _width(head) <= WIDTH else f"{head}  # fmt: skip"
        case Call() as call if _width(f"{head} = {call.word}(") > WIDTH:
            # Names so long that ruff would break the annotation.
            yield f"{head} = {call.word}({', '.join(_shown(call.arguments))})  # fmt: skip"
        case Call() as call:
            yield from _called(f"{head} = {call.word}", call.arguments, 4)
        case code:
            yield from _assigned(head, code)


def _assigned(head: str, code: Code) -> Iterator[str]:
    line = f"{head} = {code}"
    if _width(line) <= WIDTH:
        yield line
    else:
        yield from _called(f"{head} = field", (Argument(code, "default"),), 4)


def _policy(variable: str, resource: ResourceDraft) -> Iterator[str]:
    name = snake(resource.name)
    row = "row" if name in UNFIT or name in {"actor", variable, *_CHARTERS} else name
    yield f"@{variable}.policy({resource.name})"
    yield from _wrapped(
        f"def {name}_policy", [f"{row}: {resource.name}", "actor: Actor"], "(", ") -> Policy:", 0
    )
    yield '    yield allow("*", when=False)'


def _statement(variable: str, said: Statement) -> Iterator[str]:
    yield from _notes(said.notes, 0)
    head, arguments = f"{variable}.{said.call.word}", said.call.arguments
    if any(item.code.startswith("lambda") and len(item.code) > _LAMBDA for item in arguments):
        yield f"{head}({', '.join(_shown(arguments))})  # fmt: skip"
    else:
        yield from _called(head, arguments, 0)


def _omitted(omitted: Iterable[Omission]) -> Iterator[str]:
    yield "# Not in this contract:"
    for item in omitted:
        yield from comment(f"- {item.name}: {item.why}", 0)


# -- layout ----------------------------------------------------------------------------------
def _notes(notes: Iterable[str], indent: int) -> Iterator[str]:
    for note in notes:
        yield from comment(note, indent)


def _called(head: str, arguments: Sequence[Argument], indent: int) -> Iterator[str]:
    yield from _wrapped(head, _shown(arguments), "(", ")", indent)


def _shown(arguments: Sequence[Argument]) -> list[str]:
    return [f"{item.name}={item.code}" if item.name else item.code for item in arguments]


def _wrapped(
    head: str, parts: Sequence[str], opening: str, closing: str, indent: int
) -> Iterator[str]:
    """One line where it is short enough, else all parts on a line of their own, else one for
    each part, with the comma that keeps them so."""
    lead, listed = " " * indent, ", ".join(parts)
    whole = f"{head}{opening}{listed}{closing}"
    if _width(whole) <= WIDTH:
        yield whole
        return
    yield f"{head}{opening}"
    if listed.isascii() and len(f"{lead}    {listed}") <= WIDTH:
        yield f"{lead}    {listed}"
    else:
        yield from (f"{lead}    {part}," for part in parts)
    yield f"{lead}{closing}"


def _width(line: str) -> int:
    """How wide a line is, letters of unknown width taken for wide ones."""
    return sum(1 if item.isascii() else 2 for item in line)
