"""Faults as a compiler prints them: code, message, file and line, the line itself, what to do."""

import linecache
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from charter.contract.faults import Fault


@dataclass(frozen=True, slots=True)
class Palette:
    """Escape sequences that begin each part, and the one that ends it."""

    error: str = ""
    edge: str = ""
    help: str = ""
    strong: str = ""
    end: str = ""


PLAIN = Palette()
COLOURED = Palette("\x1b[1;31m", "\x1b[1;34m", "\x1b[1;36m", "\x1b[1m", "\x1b[0m")


def rendered(faults: Iterable[Fault], *, colours: bool = False) -> str:
    """All faults as text, in the order of their places, and how many there are."""
    ordered = sorted(faults, key=lambda fault: fault.place)
    palette = COLOURED if colours else PLAIN
    parts = [_one(fault, palette) for fault in ordered]
    number = f"{len(ordered)} fault{'' if len(ordered) == 1 else 's'}"
    return "\n\n".join([*parts, f"{palette.error}{number}{palette.end}"]) + "\n"


def _one(fault: Fault, palette: Palette) -> str:
    head = (
        f"{palette.error}error[{fault.code.name}]{palette.end}"
        f"{palette.strong}: {fault.message}{palette.end}"
    )
    remedy = fault.remedy or fault.code.remedy
    place = fault.place
    if not place.file:
        return "\n".join([head, f"  {palette.help}help{palette.end}: {remedy}"])
    gutter = " " * len(str(place.line))
    edge = f"{palette.edge}{gutter} |{palette.end}"
    lines = [head, f"{gutter}{palette.edge}-->{palette.end} {_shown(place.file)}:{place.line}"]
    source = linecache.getline(place.file, place.line).rstrip("\n").expandtabs(4)
    if source.strip():
        code = _without_comment(source)
        start = len(source) - len(source.lstrip())
        marks = " " * start + "^" * max(1, len(code) - start)
        lines += [
            edge,
            f"{palette.edge}{place.line} |{palette.end} {source}",
            f"{edge} {palette.error}{marks}{palette.end}",
        ]
    lines.append(f"{palette.edge}{gutter} ={palette.end} {palette.help}help{palette.end}: {remedy}")
    return "\n".join(lines)


def _without_comment(source: str) -> str:
    before, sign, _ = source.partition("  #")
    return before.rstrip() if sign else source.rstrip()


def _shown(file: str) -> str:
    try:
        relative = os.path.relpath(file)
    except ValueError:
        return file
    return file if relative.startswith("..") or not Path(file).is_absolute() else relative
