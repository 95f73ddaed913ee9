"""Python source, laid out as ruff does by itself."""

import inspect
from collections.abc import Iterable, Iterator, Sequence

WIDTH = 88
STEP = "    "


def bracketed(
    start: str, items: Sequence[str], end: str, indent: str = "", *, apart: bool = False
) -> Iterator[str]:
    """`start` and `end` with items between them: in one line where that is wide enough and they
    need not stand `apart`."""
    line = f"{indent}{start}{', '.join(items)}{end}"
    if not items or (len(line) <= WIDTH and not apart):
        yield line
        return
    yield f"{indent}{start}"
    comma = "" if len(items) == 1 and start.endswith("[") else ","
    for item in items:
        yield f"{indent}{STEP}{item}{comma}"
    yield f"{indent}{end}"


def annotated(name: str, annotation: str, indent: str = STEP, value: str = "") -> Iterator[str]:
    """A name with its type, as a line of a class."""
    line = f"{indent}{name}: {annotation}{value}"
    outer, bracket, inner = annotation.partition("[")
    if len(line) <= WIDTH or not bracket or not inner.endswith("]") or value:
        yield line
        return
    yield f"{indent}{name}: {outer}["
    yield f"{indent}{STEP}{inner[:-1]}"
    yield f"{indent}]"


def docstring(doc: str, indent: str = STEP) -> Iterator[str]:
    """The lines of a docstring; none where there is nothing to say."""
    text = inspect.cleandoc(doc).strip()
    if not text:
        return
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = [line.rstrip() for line in text.split("\n")]
    start = " " if lines[0].startswith('"') else ""
    end = " " if lines[-1].endswith('"') and not lines[-1].endswith('\\"') else ""
    if len(lines) == 1:
        yield f'{indent}"""{start}{lines[0]}{end}"""'
        return
    yield f'{indent}"""{start}{lines[0]}'
    yield from (f"{indent}{line}" if line else "" for line in lines[1:])
    yield f'{indent}"""'


def quoted(text: str) -> str:
    """A text as a literal, in the quotes that leave the least to escape: double ones, if any do."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    shown = (c if c.isprintable() and c != "\\" else repr(c)[1:-1] for c in text)
    return quote + "".join(shown).replace(quote, f"\\{quote}") + quote


def literal(name: str, words: Iterable[str]) -> Iterator[str]:
    """A type whose values are these words."""
    yield from bracketed(f"{name} = Literal[", [quoted(word) for word in words], "]")
