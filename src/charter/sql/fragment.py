"""Fragments: pieces of SQL that carry their parameters.

SQL is put together of fragments only. `sql` takes a template that stands in Charter's own
code and fills its `{}` with fragments; it refuses plain strings. What is not Charter's own
text comes in through `identifier`, `number`, `checked` (literals that a dialect wrote) or
`parameter` (values).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import LiteralString

from charter.sql.names import quote
from charter.sql.sources import Codec, OneOfMany, SlotValue, Source, bind_of
from charter.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument: where it comes from, how it is encoded, and the cast that it needs."""

    source: Source
    encode: Codec | None = None
    cast: str = ""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL: text, with parameters in between."""

    parts: tuple[str | Parameter, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)


EMPTY = Fragment()


def sql(template: LiteralString, *fills: Fragment) -> Fragment:
    """A template with its `{}` filled by fragments, in their order.

    Raises TypeError for a fill that is no fragment, ValueError for too many or too few.
    """
    texts = template.split("{}")
    if len(texts) != len(fills) + 1:
        raise ValueError(f"{len(fills)} fragments for {len(texts) - 1} places: {template}")
    parts: list[str | Parameter] = [texts[0]]
    for fill, text in zip(fills, texts[1:], strict=True):
        if not isinstance(fill, Fragment):
            raise TypeError(f"SQL is composed of fragments, not of {type(fill).__name__}")
        parts.extend(fill.parts)
        parts.append(text)
    return Fragment(_compact(parts))


def _compact(parts: Iterable[str | Parameter]) -> tuple[str | Parameter, ...]:
    """The same parts with neighbouring texts joined and empty ones gone."""
    done: list[str | Parameter] = []
    for part in parts:
        if isinstance(part, str) and done and isinstance(done[-1], str):
            done[-1] += part
        elif part != "":
            done.append(part)
    return tuple(done)


def identifier(text: str) -> Fragment:
    """An identifier, quoted where it needs to be."""
    return Fragment((quote(text),))


def qualified(table: Fragment, column: str) -> Fragment:
    """A column of a table or alias; of none where that is empty."""
    return sql("{}.{}", table, identifier(column)) if table else identifier(column)


def number(value: int) -> Fragment:
    """An integer that belongs to a plan, such as a limit."""
    return Fragment((str(int(value)),))


def checked(text: str) -> Fragment:
    """Text that is SQL already: a literal or type that a dialect wrote."""
    return Fragment((text,))


def parameter(source: Source, encode: Codec | None = None, cast: str = "") -> Fragment:
    """The place of one argument."""
    return Fragment((Parameter(source, encode, cast),))


def joined(separator: LiteralString, fragments: Iterable[Fragment]) -> Fragment:
    """Fragments with a separator between them; empty ones are left out."""
    parts: list[str | Parameter] = []
    for fragment in fragments:
        if not isinstance(fragment, Fragment):
            raise TypeError(f"SQL is composed of fragments, not of {type(fragment).__name__}")
        if fragment:
            if parts:
                parts.append(separator)
            parts.extend(fragment.parts)
    return Fragment(_compact(parts))


def listed(fragments: Iterable[Fragment]) -> Fragment:
    """Fragments with commas between them."""
    return joined(", ", fragments)


def shifted(fragment: Fragment, by: int) -> Fragment:
    """The fragment with its slots counted from `by` on."""
    return Fragment(tuple(_shifted(part, by) for part in fragment.parts))


def _shifted(part: str | Parameter, by: int) -> str | Parameter:
    if isinstance(part, Parameter) and isinstance(part.source, SlotValue):
        return replace(part, source=SlotValue(part.source.index + by))
    return part


def placed(fragment: Fragment, place: int) -> Fragment:
    """The fragment with its arguments taken from one of several asks."""
    return Fragment(
        tuple(
            replace(part, source=OneOfMany(place, part.source))
            if isinstance(part, Parameter)
            else part
            for part in fragment.parts
        )
    )


def render_in_order(
    fragment: Fragment, placeholder: str, label: str, *, heavy: bool = False
) -> Statement:
    """The fragment as a statement whose placeholders have no numbers: each place binds anew."""
    parameters = [part for part in fragment.parts if isinstance(part, Parameter)]
    text = "".join(
        part if isinstance(part, str) else placeholder + part.cast for part in fragment.parts
    )
    binds = tuple(bind_of(part.source, part.encode) for part in parameters)
    return Statement(text, binds, label, heavy)


def render(
    fragment: Fragment, placeholder: Callable[[int], str], label: str, *, heavy: bool = False
) -> Statement:
    """The fragment as a statement. A parameter that stands in several places is bound once."""
    numbers: dict[Parameter, int] = {}
    texts: list[str] = []
    for part in fragment.parts:
        if isinstance(part, str):
            texts.append(part)
        else:
            place = numbers.setdefault(part, len(numbers) + 1)
            texts.append(placeholder(place) + part.cast)
    binds = tuple(bind_of(part.source, part.encode) for part in numbers)
    return Statement("".join(texts), binds, label, heavy)
