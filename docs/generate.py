"""Writes docs/reference/ from the code: `make docs`. A test holds the pages to the code.

python docs/generate.py           writes the pages
python docs/generate.py --check   writes nothing; 1 where a page is not what it would be
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import charter
from charter.contract.types import Scalar, Type
from charter.core.codes import CODES
from charter.language.faultlist import FAULT_CODES
from charter.language.fields import Options, field
from charter.migrate.faults import CODES as CODES_OF_PLANS
from charter.migrate.stops import STOPS
from charter.plan.ask import Comparator
from charter.plan.breaking.codes import CHANGE_CODES
from charter.plan.breaking.finding import Severity
from charter.plan.comparators import comparators_of
from charter.serve.settings.options import OPTIONS, SECTIONS, Option, explanation, value_text
from charter.sql.dialects import DIALECTS
from charter.sql.mysql import MAX_DIGITS, MAX_PLACES
from charter.wire.grpc.faults import CODES as CODES_OF_PROTO
from charter.wire.grpc.members import Slot
from charter.wire.grpc.statuses import NAMES
from charter.wire.grpc.statuses import status_of as grpc_status_of
from charter.wire.rest.problems import status_of
from charter.wire.rest.summaries import measures_of

FOLDER = Path(__file__).parent / "reference"
_MADE = "<!-- Made by docs/generate.py from the code. Do not edit: run `make docs`. -->\n"
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_EXAMPLE = {Scalar.DECIMAL: Type(Scalar.DECIMAL, digits=12, places=2)}
_SECTION_TITLES = {
    "serve": "The process",
    "store": "The database",
    "auth": "Who is asking",
    "rest": "The REST interface",
    "graphql": "The GraphQL interface",
    "grpc": "The gRPC interface",
    "identity": "Accounts and sessions",
    "rates": "Rate limits",
    "cors": "Pages of other origins",
    "live": "Live changes",
}
_GROUPS = {
    "The contract": ("Contract", "ContractFaulty"),
    "Bases of classes": ("Resource", "User", "Event", "Error"),
    "Kinds of text and JSON": ("Email", "Url", "Json"),
    "Fields and relations": ("field", "computed", "owned", "inverse", "linked"),
    "Policies": ("Policy", "Actor", "allow", "hide", "freeze"),
    "Conditions": (
        "all_of", "any_of", "not_", "is_null", "is_set", "value_of", "one_of", "contains", "like",
        "now",
    ),
    "Values over related rows": ("count", "exists", "total", "average", "lowest", "highest"),
    "Commands": ("Unit", "NotLoaded"),
}  # fmt: skip
"""Every public word, by what it is for."""


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; what stands in a cell keeps to one line."""
    headings = tuple(headings)
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "".join("| " + " | ".join(map(_cell, line)) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def problems() -> str:
    """The codes of problems, by status."""
    ordered = sorted(CODES.values(), key=lambda code: (status_of(code), code.name))
    parts = [
        "# Problem codes\n\n"
        "Every error is a problem document (RFC 9457) with a `code` that never changes its "
        "meaning. The codes of the last part stand in `flaws` only, or are those of a "
        "problem as well as of one of its flaws. A contract's own errors come on top, with their "
        "class names in snake case. A running service shows the same at `/docs/problems`.\n\n"
    ]
    parts.append(
        table(
            ("code", "status", "means"),
            ((f"[`{c.name}`](#{c.name})", str(status_of(c)), c.title) for c in ordered),
        )
    )
    for code in ordered:
        parts.append(
            f"\n## {code.name}\n\nStatus {status_of(code)}, family `{code.family}`. "
            f"{code.title}\n\n{code.explanation}\n\nWhat to do: {code.remedy}\n"
        )
    return "".join(parts)


def faults() -> str:
    """The codes of faults that a contract can have."""
    parts = [
        "# Faults of a contract\n\n"
        "`charter design FILE` and `charter run FILE` report all faults of a contract at once, "
        "each with its code, file and line.\n"
    ]
    for code in sorted(FAULT_CODES.values(), key=lambda code: code.name):
        parts.append(
            f"\n## {code.name}\n\n{code.title}\n\n{code.explanation}\n\nWhat to do: {code.remedy}\n"
        )
    return "".join(parts)


def changes() -> str:
    """The codes of changes that `charter design --against` tells."""
    parts = [
        "# Changes of a contract\n\n"
        "`charter design FILE --against OLD` tells what a change of the contract means, each "
        "with one of these codes. See [what a change breaks](../how-to/breaking-changes.md).\n"
    ]
    for severity in Severity:
        found = [code for code in CHANGE_CODES.values() if code.severity is severity]
        parts.append(f"\n## {severity.value.capitalize()}\n\n")
        headings = ("code", "means", "the compatible way")
        rows = ((f"`{code.name}`", code.title, code.instead) for code in found)
        width = 3 if severity is Severity.BREAKING else 2
        parts.append(table(headings[:width], (row[:width] for row in rows)))
    return "".join(parts)


def settings() -> str:
    """Every setting with its flag, environment variable and TOML key."""
    parts = [
        "# Settings\n\n"
        "A flag comes before the environment, and that before the TOML file (`charter.toml` in "
        "the working directory, or the one that `--config` names). Truth values are also given "
        "as `--name` and `--no-name`. `charter settings` lists what holds, and from where.\n"
    ]
    for section in SECTIONS:
        parts.append(f"\n## {_SECTION_TITLES[section]}\n")
        for option in OPTIONS:
            if option.section == section:
                parts.append(_setting(option))
    return "".join(parts)


def _setting(option: Option) -> str:
    kind = " or ".join(f"`{choice}`" for choice in option.choices) or f"`{option.type_name}`"
    default = f"`{text}`" if (text := value_text(option.default)) else "none"
    kept = " It is a secret: not shown, and not logged." if option.secret else ""
    if option.name == "database":
        kept = " Shown without its password."
    text = explanation(option)
    return (
        f"\n### {option.name}\n\n"
        f"`{option.flag}`, `{option.variable}`, in TOML `{option.name}`: {kind}, "
        f"default {default}.{kept}\n" + (f"\n{text}\n" if text else "")
    )


def words() -> str:
    """The words of the contract, with signatures and what they say of themselves."""
    parts = ["# Words of the contract\n\nAll of these come from `charter`.\n"]
    for title, names in _GROUPS.items():
        parts.append(f"\n## {title}\n")
        parts.extend(_word(name) for name in names)
    return "".join(parts)


def _word(name: str) -> str:
    item = getattr(charter, name)
    text = f"\n### {name}\n"
    if inspect.isfunction(item):
        # The overloads of `field` say less than its options, which have a table below.
        shown = "(*, default=…, **options)" if item is field else _signature(_function(item))
        text += f"\n```text\n{name}{shown}\n```\n"
    if not (doc := _doc(name, item)):
        raise ValueError(f"{name} says nothing of itself")
    text += f"\n{doc}\n"
    if item is field:
        text += "\n" + table(("option", "type", "means"), _field_options())
    if inspect.isclass(item) and name in {"Contract", "Unit", "Actor"}:
        text += "\n" + _members(item)
    return text


def _doc(name: str, item: Any) -> str:
    if name in _ALIASES:
        return _ALIASES[name]
    return inspect.cleandoc(inspect.getdoc(item) or "")


_ALIASES = {
    "Email": "`str` for type checkers: an e-mail address.",
    "Url": "`str` for type checkers: an absolute http or https address.",
    "Json": "`Any` for type checkers: any JSON value.",
    "Policy": "What a policy function returns: an iterator of `allow`, `hide` and `freeze`.",
}
_OPTION_TEXTS = {
    "max_length": "Characters of a text, at most.",
    "ge": "A number is at least this.",
    "gt": "A number is more than this.",
    "le": "A number is at most this.",
    "lt": "A number is less than this.",
    "min_items": "Items of a list, at least.",
    "max_items": "Items of a list, at most.",
    "min_length": "Characters of a text, at least.",
    "unique": "No two rows have the same value.",
    "set_by": "Clients whenever they like, clients at creation only, or commands only.",
    "on_delete": "What happens to this row when the one it refers to is deleted.",
    "doc": "What it is, for the API's documentation.",
}


def _function(item: Any) -> _Function:
    node = _source(item)
    if not isinstance(node, _Function):
        raise TypeError(f"{item!r} is not a function")
    return node


def _field_options() -> Iterator[tuple[str, str, str]]:
    source = inspect.getsource(Options)
    found = re.findall(r'^    (\w+): (.+)\n(?:    """(.+?)"""\n)?', source, re.MULTILINE)
    for name, kind, text in found:
        yield f"`{name}`", f"`{kind}`", _OPTION_TEXTS.get(name, text)


def _signature(node: _Function) -> str:
    """Arguments and result as the source has them, without what is not the user's."""
    arguments = node.args
    for group in (arguments.posonlyargs, arguments.args):
        if group[:1] and group[0].arg == "self":
            del group[0]
    kept = [
        (one, default)
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if one.arg != "init"
    ]
    arguments.kwonlyargs = [one for one, _ in kept]
    arguments.kw_defaults = [default for _, default in kept]
    shown = ast.unparse(arguments).removesuffix(", /")
    return f"({shown})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")


def _source(item: Any) -> ast.stmt:
    return ast.parse(textwrap.dedent(inspect.getsource(item))).body[0]


def _members(cls: type[Any]) -> str:
    """A line for each public member of a class; of overloads only those without a body."""
    found: dict[str, list[_Function]] = {}
    body = _source(cls)
    for node in body.body if isinstance(body, ast.ClassDef) else ():
        if isinstance(node, _Function) and not node.name.startswith("_"):
            found.setdefault(node.name, []).append(node)
    return "".join(_member(name, nodes) for name, nodes in found.items())


def _member(name: str, nodes: list[_Function]) -> str:
    shown = [node for node in nodes if "overload" not in _decorators(node)] or nodes
    doc = next((doc for node in shown if (doc := ast.get_docstring(node))), _MEMBER_TEXTS.get(name))
    if doc is None:
        raise ValueError(f"{name} says nothing of itself")
    if "property" in _decorators(shown[0]):
        forms = f"`.{name}`"
    else:
        forms = " or ".join(f"`.{name}{_signature(node)}`" for node in shown)
    return f"- {forms}: {_cell(doc)}\n"


def _decorators(node: _Function) -> set[str]:
    return {ast.unparse(item) for item in node.decorator_list}


_MEMBER_TEXTS = {"get": "One row, loaded and locked, by its key or by a reference to it."}


def storage() -> str:
    """What each type of value is in JSON and in each database."""
    names = tuple(DIALECTS)
    head = (
        "# Storage\n\n"
        "What a field of each kind is as a column. The table of a resource is its plural in snake "
        "case; a reference `customer` is the column `customer_id`; a field that is searched has a "
        "second column, `<field>_folded`, with its text as the search compares it. SQLite tables "
        "are `STRICT`.\n\n"
    )
    rows = []
    for scalar in Scalar:
        kind = _EXAMPLE.get(scalar, Type(scalar))
        columns = (f"`{DIALECTS[name].column_type(kind)}`" for name in names)
        rows.append((f"`{scalar}`", _JSON[scalar], *columns))
    many = Type(Scalar.TEXT, many=True)
    listed = (f"`{DIALECTS[name].column_type(many)}`" for name in names)
    rows.append(("a list", "array", *listed))
    table_ = table(("kind", "in JSON", *names), rows)
    notes = (
        "\nDecimals are those of `digits=12, places=2`. On SQLite a decimal is an integer, "
        "multiplied by 10 for each place, so that sums are exact; one with more than 18 digits is "
        "a fault of the contract there. Times are stored in UTC and written as PostgreSQL writes "
        "them in JSON, `2026-11-22T21:37:00+00:00`. Text is compared by code point. Null counts "
        "as larger than any value.\n\n"
        "On MySQL and MariaDB a text that stands in a key or an index is a `varchar` of its "
        "`max_length` (255 for a key without one), since an index there has room for 3,072 bytes: "
        "a longer one is a fault of the contract. Every table has the collation "
        "`utf8mb4_0900_bin` (MariaDB: `utf8mb4_nopad_bin`), in which blanks at the end of a text "
        "count. JSON and lists are texts with a check, as the JSON type does not keep numbers as "
        f"they are. Decimals have at most {MAX_DIGITS} digits, {MAX_PLACES} after the point. An "
        "index with a condition is one of all rows. Checks cannot ask for a key that the database "
        "makes, nor for a reference that is set to null. References are checked row by row, so a "
        "row cannot go while another refers to it, even where the same delete would take that "
        "along.\n"
    )
    system = "\n## Tables of Charter's own\n\n" + table(
        ("table", "what it holds"),
        (
            (
                "`charter_outbox`",
                "changes and events, each written in the transaction of its cause",
            ),
            ("`charter_idempotency`", "the first answer to each `Idempotency-Key`"),
            ("`charter_meta`", "facts about the schema, by name"),
        ),
    )
    return head + table_ + notes + system


_JSON = {
    Scalar.TEXT: "string",
    Scalar.INTEGER: "number, 64 bit",
    Scalar.BOOLEAN: "true or false",
    Scalar.FLOAT: "number",
    Scalar.DECIMAL: 'string, with all its places: `"12.50"`; a number is taken too',
    Scalar.DATE: "string, `2026-11-22`",
    Scalar.DATETIME: "string, with a zone; given back in UTC",
    Scalar.UUID: "string, lower case",
    Scalar.EMAIL: "string",
    Scalar.URL: "string",
    Scalar.CHOICE: "string",
    Scalar.JSON: "any value",
}


def query() -> str:
    """What each type of field can be asked: comparators and aggregates."""
    head = (
        "# Comparators and aggregates\n\n"
        "What can stand in brackets after a field's name, and what a summary can work out, by the "
        "kind of the field. [Ask for rows](../how-to/query.md) shows how they are used.\n\n"
    )
    kinds: Mapping[str, Type] = {
        **{f"`{scalar}`": Type(scalar) for scalar in Scalar},
        "a list": Type(Scalar.TEXT, many=True),
    }
    order = list(Comparator)
    rows = (
        (
            name,
            " ".join(f"`{item}`" for item in order if item in comparators_of(kind)),
            " ".join(f"`{item.value}`" for item in measures_of(kind)),
        )
        for name, kind in kinds.items()
    )
    plain = Type(Scalar.TEXT)
    folded = sorted(comparators_of(plain, foldable=True) - comparators_of(plain))
    extra = ", ".join(f"`{item}`" for item in folded)
    tail = f"\nA text field with `search=True` takes {extra} too.\n\n"
    means = table(("comparator", "true where the field"), ((f"`{c}`", _MEANS[c]) for c in order))
    return head + table(("kind of field", "comparators", "aggregates"), rows) + tail + means


_MEANS = {
    Comparator.EQ: "equals the value; may be left out",
    Comparator.NE: "differs from it, or has no value",
    Comparator.LT: "is less",
    Comparator.LE: "is less or equal",
    Comparator.GT: "is more",
    Comparator.GE: "is more or equal",
    Comparator.LIKE: "matches a pattern: `*` is any text, `?` one character, `\\` escapes",
    Comparator.ILIKE: "matches a pattern, without regard to case",
    Comparator.IN: "is one of a list: `status[in]=draft,placed`",
    Comparator.NOT_IN: "is none of a list, or has no value",
    Comparator.NULL: "has no value (`true`), or has one (`false`)",
    Comparator.CONTAINS: "is a list that has the value",
}  # fmt: skip

_EXITS = (
    ("0", "well", "`plan`: the file is written, or there is nothing to plan. `apply`: all that can "
     "be done now is done, also where the last phase waits for releases that run. `status` and "
     "`check`: everything is settled. `rollback`: the migrations are undone."),
    ("1", "a fault", "One of the codes below, a fault of the contract, or a database that cannot "
     "be used. What was under way is undone; steps before it stay, and the next call goes on "
     "from there."),
    ("2", "wrong usage", "An argument or a setting that is not known or makes no sense."),
    ("3", "something is left to do", "`plan --check`: there is something to plan. `apply`: steps "
     "have to be named with `--allow`, migrations are pending behind one that waits, or the "
     "contract is ahead of its migrations. `status`: "
     "a migration is pending, under way or waiting. `check`: that, drift, or a contract that is "
     "ahead of its migrations."),
    ("130", "interrupted", "Ctrl+C. The next call goes on where this one was."),
)  # fmt: skip


def migrations() -> str:
    """The exit codes of `charter migrate`, and the codes of what can stop it."""
    parts = [
        "# Migrations: exit codes and faults\n\n"
        "How to use it is in [Migrate a database](../how-to/migrations.md).\n\n"
        "## Exit codes of charter migrate\n\n",
        table(("code", "means", "when"), _EXITS),
        "\nA fault is said on standard error with its code, which never changes its meaning.\n",
    ]
    for title, codes in (("Faults of plans and files", CODES_OF_PLANS), ("Stops", STOPS)):
        parts.append(f"\n## {title}\n")
        for code in sorted(codes.values(), key=lambda code: code.name):
            parts.append(
                f"\n### {code.name}\n\n{code.title}\n\n{code.explanation}\n\n"
                f"What to do: {code.remedy}\n"
            )
    return "".join(parts)


def grpc() -> str:
    """Types and statuses of gRPC, and the faults of field numbers."""
    parts = [
        "# gRPC: types, statuses and faults\n\n"
        "How to use it is in [Serve gRPC](../how-to/grpc.md).\n\n"
        "## Types\n\n"
        "A list is `repeated`. All others but messages are `optional`, so that no value is told "
        "from an empty one.\n\n",
        table(
            ("type", "in the .proto", "as"),
            ((f"`{kind}`", _proto_type(kind), _PROTO.get(kind, "")) for kind in Scalar),
        ),
        "\n## Statuses\n\n"
        "The `reason` of a status's `ErrorInfo` is the code of the problem in capitals.\n\n",
    ]
    ordered = sorted(CODES.values(), key=lambda code: (grpc_status_of(code), code.name))
    parts.append(
        table(
            ("status", "reasons"),
            (
                (f"`{name}`", ", ".join(
                    f"[`{code.name.upper()}`](problems.md#{code.name})"
                    for code in ordered if grpc_status_of(code) == number
                ))
                for number, name in NAMES.items()
            ),
        )
    )  # fmt: skip
    parts.append("\n## Faults\n")
    for code in sorted(CODES_OF_PROTO.values(), key=lambda code: code.name):
        parts.append(
            f"\n### {code.name}\n\n{code.title}\n\n{code.explanation}\n\n"
            f"What to do: {code.remedy}\n"
        )
    return "".join(parts)


def _proto_type(kind: Scalar) -> str:
    return "an enum" if kind is Scalar.CHOICE else f"`{Slot('x', Type(kind)).spelt}`"


_PROTO = {
    Scalar.DECIMAL: "`12.50`: a double would lose digits",
    Scalar.DATE: "`2026-11-22`: no well-known type has days alone",
    Scalar.UUID: "small letters, with hyphens",
    Scalar.DATETIME: "to the microsecond",
    Scalar.CHOICE: "`STATUS_UNSPECIFIED` is 0, and no choice",
    Scalar.JSON: "numbers are doubles: integers are exact below 2^53",
}


PAGES: Mapping[str, Callable[[], str]] = {
    "problems.md": problems,
    "faults.md": faults,
    "grpc.md": grpc,
    "changes.md": changes,
    "settings.md": settings,
    "words.md": words,
    "query.md": query,
    "storage.md": storage,
    "migrations.md": migrations,
}


def pages() -> Mapping[str, str]:
    """The text of every page, by its file name."""
    return {name: _MADE + "\n" + make() for name, make in PAGES.items()}


def main(arguments: list[str]) -> int:
    made = pages()
    if arguments == ["--check"]:
        stale = [name for name, text in made.items() if _kept(name) != text]
        for name in stale:
            sys.stderr.write(f"docs/reference/{name} is out of date: run `make docs`\n")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def _kept(name: str) -> str:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
