"""A column as a field of a contract."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from charter.contract.types import NUMERIC, TEXTUAL, Scalar, Type
from charter.language.bounds import bounded, breaks, empty_bounds
from charter.sql.schema import Column, Table
from charter.understand import eye, samples
from charter.understand.draft import Argument, Attribute, Call, Code
from charter.understand.found import Found, Sample
from charter.understand.says import ColumnSays
from charter.understand.source import literal, number
from charter.understand.typed import Told, Typed, typed
from charter.understand.words import words_of

_ANNOTATIONS = {
    Scalar.TEXT: "str", Scalar.INTEGER: "int", Scalar.BOOLEAN: "bool", Scalar.FLOAT: "float",
    Scalar.DECIMAL: "Decimal", Scalar.DATE: "date", Scalar.DATETIME: "datetime",
    Scalar.UUID: "UUID", Scalar.EMAIL: "Email", Scalar.URL: "Url", Scalar.JSON: "Json",
}  # fmt: skip
_INLINE = 40
"""Characters of choices that stand in the annotation itself; longer ones get a name."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark on a column: a few words, and a sentence."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a column comes to. Without a type it is left out of the contract."""

    column: Column
    type: Type | None
    stored: str
    hidden: bool
    remarks: tuple[Remark, ...]


def read_column(found: Found, table: Table, column: Column, says: ColumnSays) -> Read:
    """The type of a column with its bounds, and what a person should know of it."""
    words = words_of(column.name)
    if column.generated is not None:
        remark = Remark("left out", "the database works it out: see computed()")
        return Read(column, None, "", False, (remark,))
    sample = found.sample(table, column)
    about = found.about_column(table, column)
    told = Told(column.type, about, sample, says.flag, says.json, eye.moment(words))
    result = typed(told, found.dialect)
    remarks = [Remark(result.what, result.why)] if result.what else []
    if result.type is None:
        return Read(column, None, "", False, tuple(remarks))
    hidden = eye.secret(words)
    kind = _with_bounds(_meant(result, words, sample, remarks), says)
    remarks += _remarks(kind, column, words, sample, hidden=hidden)
    return Read(column, kind, result.stored, hidden, tuple(remarks))


def _meant(result: Typed, words: Sequence[str], sample: Sample, remarks: list[Remark]) -> Type:
    """The type, an address where its name and its values say that it is one."""
    kind = result.type or Type(Scalar.TEXT)
    if kind.scalar is not Scalar.TEXT:
        return kind
    given = tuple(words)
    for scalar, named, form, what in (
        (Scalar.EMAIL, eye.email(given), samples.EMAIL, "e-mail addresses"),
        (Scalar.URL, eye.url(given) and bool(sample), samples.URL, "absolute URLs"),
    ):
        if named:
            wrong = samples.breaking(sample, form)
            if not wrong:
                return Type(scalar, max_length=kind.max_length)
            why = f"{wrong} of {len(sample)} values are no {what}, so it is a plain text"
            remarks.append(Remark("values break the name", why))
    return kind


def _with_bounds(kind: Type, says: ColumnSays) -> Type:
    """The type with the choices or bounds of its checks, as far as they leave any value."""
    if kind.scalar is Scalar.TEXT and says.choices:
        return Type(Scalar.CHOICE, choices=tuple(dict.fromkeys(says.choices)))
    options: dict[str, object] = {}
    if kind.ge is not None and {"ge", "gt"} & says.limits.keys():
        # One bound is as much as a contract takes: the table holds the other.
        kind = replace(kind, ge=None)
    if kind.scalar in NUMERIC:
        options |= {name: _bound(kind, limit) for name, limit in says.limits.items()}
    if kind.scalar in TEXTUAL and not kind.choices:
        options |= says.lengths
        if kind.max_length is not None and "max_length" in options:
            options["max_length"] = min(kind.max_length, says.lengths["max_length"])
    found = bounded(kind, options)
    return kind if empty_bounds(found) else found


def _bound(kind: Type, limit: Decimal) -> object:
    if kind.scalar is Scalar.FLOAT:
        return float(limit)
    return int(limit) if limit == limit.to_integral_value() else limit


def _remarks(
    kind: Type, column: Column, words: Sequence[str], sample: Sample, *, hidden: bool
) -> Iterator[Remark]:
    given = tuple(words)
    if hidden:
        why = "it looks like a secret: no answer shows it, and no client can set it"
        if not column.nullable and column.default is None:
            why += ", so only commands can make rows"
        yield Remark("a secret", why)
    if eye.soft_delete(given):
        why = "rows marked as deleted are shown as well, until a policy leaves them out"
        yield Remark("soft delete", why)
    if kind.scalar is Scalar.FLOAT and eye.money(given):
        yield Remark("money in a float", "it looks like money, and sums of a float are not exact")
    if kind.max_length is not None and (long := samples.longer(sample, kind.max_length)):
        why = f"{long} of {len(sample)} values are longer than {kind.max_length} characters"
        yield Remark("values break the type", why)
    if kind.scalar is Scalar.INTEGER and eye.moment(given) and _stamps(sample):
        yield Remark("a time in a number", 'a datetime with stored="unix" would read it as one')
    few = samples.few(sample) if kind.scalar is Scalar.TEXT and not hidden else ()
    if few:
        shown = ", ".join(few)
        yield Remark("few values", f"only {shown} in {len(sample)} rows: perhaps a Literal")


def _stamps(sample: Sample) -> bool:
    """Whether all values are seconds of this century, or milliseconds of it."""
    spans = ((946_684_800, 4_102_444_800), (946_684_800_000, 4_102_444_800_000))
    if not samples.all_have(sample, samples.WHOLE):
        return False
    return any(all(low <= int(value.text) < high for value in sample) for low, high in spans)


def attribute_of(name: str, read: Read, doc: str, alias: str, *, unique: bool) -> Attribute:
    """The line of a class for a column that has a type. `alias` names its choices."""
    kind = read.type or Type(Scalar.TEXT)
    annotation = alias or annotation_of(kind)
    if read.column.nullable:
        annotation += " | None"
    default = default_of(kind, read.column)
    arguments = tuple(_arguments(name, read, kind, doc, default, unique=unique))
    notes = tuple(f"look: {remark.why}" for remark in read.remarks)
    if not arguments:
        return Attribute(name, Code(annotation), None, notes)
    if [item.name for item in arguments] == ["default"]:
        plain = arguments[0].code
        if plain != "now":
            return Attribute(name, Code(annotation), plain, notes)
    return Attribute(name, Code(annotation), Call("field", arguments), notes)


def annotation_of(kind: Type) -> str:
    """The annotation of a type."""
    if kind.choices:
        return f"Literal[{', '.join(map(literal, kind.choices))}]"
    return _ANNOTATIONS[kind.scalar]


def needs_name(kind: Type) -> bool:
    """Whether its choices are too long to stand in an annotation."""
    return len(annotation_of(kind)) > _INLINE if kind.choices else False


def _arguments(
    name: str, read: Read, kind: Type, doc: str, default: Code | None, *, unique: bool
) -> Iterator[Argument]:
    if name != read.column.name:
        yield Argument(literal(read.column.name), "column")
    if not kind.choices:
        for option in ("min_length", "max_length", "ge", "gt", "le", "lt", "digits", "places"):
            value = getattr(kind, option)
            if value is not None:
                yield Argument(number(value), option)
    if read.stored:
        yield Argument(literal(read.stored), "stored")
    if default is not None:
        yield Argument(default, "default")
    elif read.column.nullable:
        yield Argument(Code("None"), "default")
    if unique and kind.scalar is not Scalar.JSON:
        yield Argument(Code("True"), "unique")
    if read.hidden:
        yield Argument(Code("True"), "hidden")
    if doc:
        yield Argument(literal(doc), "doc")


_NOW = frozenset(
    {"now()", "current_timestamp", "current_timestamp()", "localtimestamp", "datetime('now')",
     "statement_timestamp()", "clock_timestamp()", "transaction_timestamp()"}
)  # fmt: skip
_PRECISE = re.compile(r"\([0-6]\)")
_TRUE = frozenset({"true", "1", "t", "y"})
_FALSE = frozenset({"false", "0", "f", "n"})


def default_of(kind: Type, column: Column) -> Code | None:
    """The default that the database has, where a contract can say it."""
    text = _uncast(column.default or "")
    if not text or text.lower() == "null":
        return None
    plain = text[1:-1].replace("''", "'") if text[0] == text[-1] == "'" and text[1:] else text
    quoted = plain is not text
    match kind.scalar:
        case Scalar.DATETIME if _PRECISE.sub("()", text.lower().replace(" ", "")) in _NOW:
            return Code("now")
        case Scalar.BOOLEAN if plain.lower() in _TRUE | _FALSE:
            return Code(str(plain.lower() in _TRUE))
        case Scalar.INTEGER | Scalar.FLOAT | Scalar.DECIMAL:
            return _number_default(kind, plain)
        case Scalar.DATE if quoted and samples.DAY(plain):
            return _day(plain)
        case Scalar.TEXT | Scalar.CHOICE | Scalar.EMAIL | Scalar.URL if quoted:
            return literal(plain) if breaks(kind, plain) is None else None
    return None


def _day(text: str) -> Code | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return Code(f"date({day.year}, {day.month}, {day.day})")


def _number_default(kind: Type, text: str) -> Code | None:
    try:
        exact = Decimal(text.strip("()"))
    except InvalidOperation:
        return None
    if not exact.is_finite() or abs(exact) >= 10**30:
        return None
    value: int | float | Decimal = exact
    if kind.scalar is Scalar.INTEGER:
        if exact != exact.to_integral_value():
            return None
        value = int(exact)
    elif kind.scalar is Scalar.FLOAT:
        value = float(exact)
    if breaks(kind, value) is not None:
        return None
    return Code(f'Decimal("{exact}")') if kind.scalar is Scalar.DECIMAL else number(value)


def _uncast(text: str) -> str:
    """A default without the type that PostgreSQL writes behind it, and without brackets."""
    plain = text.strip()
    while plain.startswith("(") and plain.endswith(")"):
        plain = plain[1:-1].strip()
    head, cast, rest = plain.rpartition("::")
    if cast and "'" not in rest:
        return _uncast(head)
    return plain
