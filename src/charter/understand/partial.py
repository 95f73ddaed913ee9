"""The condition of a partial index, in the words of a contract."""

from collections.abc import Iterator

from charter.contract.types import NUMERIC, TEXTUAL
from charter.understand.conditions import Bounded, Choices, Present, Said, condition
from charter.understand.draft import Code
from charter.understand.sketch import Sketch
from charter.understand.source import literal, number


def condition_code(sketch: Sketch, text: str) -> Code | None:
    """A function that says the condition; None where it is none of the simple ones."""
    read = condition(text)
    parts = [part for said in read.said if (part := _part(sketch, said)) is not None]
    if not read.whole or len(parts) != len(read.said):
        return None
    shown = parts[0] if len(parts) == 1 else f"all_of({', '.join(parts)})"
    return Code(f"lambda row: {shown}")


def _part(sketch: Sketch, said: Said) -> str | None:
    return next(_parts(sketch, said), None)


def _parts(sketch: Sketch, said: Said) -> Iterator[str]:
    match said:
        case Present(column) if name := _named(sketch, column):
            yield f"is_set(row.{name})"
        case Choices(column, texts, False) if name := _named(sketch, column):
            read = sketch.reads[_column(sketch, column)]
            choices = read.type.choices if read.type is not None else ()
            known = not choices or set(texts) <= set(choices)
            if known and read.type is not None and read.type.scalar in TEXTUAL:
                values = ", ".join(map(literal, texts))
                plain = f"row.{name} == {values}"
                yield plain if len(texts) == 1 else f"one_of(row.{name}, {values})"
        case Bounded(column, sign, bound, False) if name := _named(sketch, column):
            read = sketch.reads[_column(sketch, column)]
            if read.type is not None and read.type.scalar in NUMERIC:
                value = f"value_of(row.{name})" if read.column.nullable else f"row.{name}"
                yield f"{value} {sign} {number(bound)}"


def _column(sketch: Sketch, name: str) -> str:
    """A column as it is spelt, by its name in any case."""
    return next((item for item in sketch.reads if item.lower() == name.lower()), name)


def _named(sketch: Sketch, column: str) -> str | None:
    """What a column is called, where it is a value: a row is compared with no number."""
    spelt = _column(sketch, column)
    return None if spelt in sketch.references else sketch.fields.get(spelt)
