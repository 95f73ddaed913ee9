"""Lines over orders of magnitude, drawn as SVG that reads well on light and on dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 250, 24, 52
COLOURS = ("#0969da", "#bc4c00", "#1a7f37")
DASHES = ("", "7 4", "2 4")


@dataclass(frozen=True, slots=True)
class Line:
    """Points of (x, y), both above zero. Lines of one group have one colour."""

    title: str
    points: tuple[tuple[float, float], ...]
    group: str


@dataclass(frozen=True, slots=True)
class Axes:
    """Both logarithmic, from one power of ten to another."""

    x: tuple[int, int]
    y: tuple[int, int]

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (log10(x) - self.x[0]) / (self.x[1] - self.x[0])
        up = (log10(y) - self.y[0]) / (self.y[1] - self.y[0])
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM),
        )


def drawn(lines: Sequence[Line], x_title: str, y_title: str) -> str:
    """The lines as an SVG document."""
    axes = Axes(
        _range([x for line in lines for x, _ in line.points]),
        _range([y for line in lines for _, y in line.points]),
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">',
        "<style>text{fill:#57606a}.grid{stroke:#8c959f;stroke-opacity:.35}"
        "@media (prefers-color-scheme:dark){text{fill:#c9d1d9}}</style>",
        f"<title>{escape(y_title)} by {escape(x_title)}</title>",
        *_grid(axes, x_title, y_title),
        *_lines(lines, axes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _range(values: Sequence[float]) -> tuple[int, int]:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _grid(axes: Axes, x_title: str, y_title: str) -> Iterator[str]:
    for power in range(axes.x[0], axes.x[1] + 1):
        x, bottom = axes.at(10.0**power, 10.0 ** axes.y[0])
        yield f'<line class="grid" x1="{x:.0f}" x2="{x:.0f}" y1="{TOP}" y2="{bottom:.0f}"/>'
        label = f"{10**power:,}"
        yield f'<text x="{x:.0f}" y="{bottom + 18:.0f}" text-anchor="middle">{label}</text>'
    for power in range(axes.y[0], axes.y[1] + 1):
        left, y = axes.at(10.0 ** axes.x[0], 10.0**power)
        right = WIDTH - RIGHT
        yield f'<line class="grid" x1="{left:.0f}" x2="{right}" y1="{y:.0f}" y2="{y:.0f}"/>'
        label = f"{10.0**power:g}"
        yield f'<text x="{left - 8:.0f}" y="{y + 4:.0f}" text-anchor="end">{label}</text>'
    middle = (LEFT + WIDTH - RIGHT) // 2
    yield f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_title)}</text>'
    yield f'<text x="{LEFT - 40}" y="{TOP - 8}">{escape(y_title)}</text>'


def _lines(lines: Sequence[Line], axes: Axes) -> Iterator[str]:
    groups = list(dict.fromkeys(line.group for line in lines))
    seen = dict.fromkeys(groups, 0)
    for place, line in enumerate(lines):
        colour = COLOURS[groups.index(line.group) % len(COLOURS)]
        dash = DASHES[seen[line.group] % len(DASHES)]
        seen[line.group] += 1
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (axes.at(*at) for at in line.points))
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        yield f'<polyline points="{points}" {style}/>'
        for x, y in (axes.at(*at) for at in line.points):
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        top = TOP + 10 + 34 * place
        left = WIDTH - RIGHT + 16
        yield f'<line x1="{left}" x2="{left + 28}" y1="{top}" y2="{top}" {style}/>'
        what, _, where = line.title.rpartition(", ")
        yield f'<text x="{left + 36}" y="{top - 2}">{escape(where)}</text>'
        yield f'<text x="{left + 36}" y="{top + 12}" font-size="10">{escape(what)}</text>'
