"""TypeScript source, laid out as Prettier does with lines of 100 characters."""

import inspect
import json
from collections.abc import Iterable, Iterator, Sequence

WIDTH = 100
STEP = "  "


def bracketed(start: str, items: Sequence[str], end: str, indent: str = "") -> Iterator[str]:
    """`start` and `end` with items between them, in one line where that is wide enough."""
    line = f"{indent}{start}{', '.join(items)}{end}"
    if len(line) <= WIDTH or not items:
        yield line
        return
    yield f"{indent}{start}"
    yield from (f"{indent}{STEP}{item}," for item in items)
    yield f"{indent}{end}"


def union(name: str, words: Iterable[str]) -> Iterator[str]:
    """A type whose values are these words."""
    spelt = [quoted(word) for word in words]
    line = f"export type {name} = {' | '.join(spelt)};"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"export type {name} ="
    inner = f"{STEP}{' | '.join(spelt)};"
    if len(inner) <= WIDTH:
        yield inner
        return
    yield from (f"{STEP}| {word}" for word in spelt[:-1])
    yield f"{STEP}| {spelt[-1]};"


def comment(doc: str, indent: str = "") -> Iterator[str]:
    """The lines of a comment; none where there is nothing to say."""
    text = inspect.cleandoc(doc).strip().replace("*/", "*\\/")
    if not text:
        return
    lines = [line.rstrip() for line in text.split("\n")]
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
        return
    yield f"{indent}/**"
    yield from (f"{indent} * {line}".rstrip() for line in lines)
    yield f"{indent} */"


def quoted(text: str) -> str:
    """A text as a literal."""
    return json.dumps(text, ensure_ascii=False)
